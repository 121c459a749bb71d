"""Archives for mining: zip and tar with members that lie, and archives that are damaged."""

import gzip
import io
import stat
import struct
import warnings
import zipfile
from pathlib import Path

from hypothesis import strategies as st

from graftwork.data.cleaning import CleaningConfig
from graftwork.data.example import write_examples
from graftwork.data.mining import search_files
from graftwork.data.sources.archive import archive_files
from graftwork.languages import get_language
from tests.fuzz.mutations import streams
from tests.fuzz.target import Target
from tests.fuzz.texts import texts

CODE = b'def add(a, b):\n    """Return the sum of two numbers."""\n    total = a + b\n    return total\n'
_TYPES = (b"0", b"0", b"0", b"\0", b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"S", b"L", b"K", b"x", b"g", b"Z")


def _tar_member(name: bytes, content: bytes, kind: bytes, size: int | None) -> bytes:
    """A header as it stands on the disk, so that it may say anything."""
    fields = name[:100].ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2
    number = len(content) if size is None else size
    length = b"%011o\0" % number if 0 <= number < 8**11 else b"\x80" + number.to_bytes(11, "big", signed=True)
    header = fields + length + b"00000000000\0" + b" " * 8 + kind + b"../../x".ljust(100, b"\0") + b"ustar\x0000"
    header = header.ljust(512, b"\0")
    header = header[:148] + b"%06o\0 " % sum(header) + header[156:]
    return header + content + b"\0" * (-len(content) % 512)


def _tar(members: list[tuple[str, bytes, bytes, int | None]]) -> bytes:
    parts = [_tar_member(name.encode("utf-8", "surrogatepass"), *rest) for name, *rest in members]
    return gzip.compress(b"".join(parts) + b"\0" * 1024, 1)


def _zip(members: list[tuple[str, bytes, int, int]]) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(buffer, "w") as archive:  # two of one name
        for name, content, method, mode in members:
            entry = zipfile.ZipInfo("a.py")
            entry.filename = name.encode("utf-8", "replace").decode()
            entry.compress_type = method
            entry.external_attr = mode << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def _deep() -> bytes:
    """A name that is too long for its field, said by a name that is too long for its field, and so on."""
    return gzip.compress(_tar_member(b"././@LongLink", b"a.py\0", b"L", None) * 3000, 1)


def _pax(text: bytes) -> bytes:
    return gzip.compress(_tar_member(b"p", text, b"x", None) + _tar_member(b"a.py", CODE, b"0", None), 1)


def _read(case: tuple[str, bytes], folder: Path) -> None:
    suffix, data = case
    path = folder / f"archive{suffix}"
    path.write_bytes(data)
    files = archive_files(path, get_language("python"), "pypi:x@1")
    found = search_files(files, get_language("python"), CleaningConfig())
    write_examples(folder / "out.jsonl", found.examples)


_zips = st.lists(
    st.tuples(
        texts.map(lambda name: f"{name}.py") | st.just("a.py") | texts,
        st.sampled_from((CODE, b"", b"\0" * 50, b"\xff\xfe", CODE.replace(b"\n", b"\r\n"), b"x" * 3000)),
        st.sampled_from((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)),
        st.sampled_from((0, stat.S_IFREG, stat.S_IFLNK, stat.S_IFCHR, stat.S_IFDIR, stat.S_IFIFO, 0o777)),
    ),
    max_size=4,
).map(_zip)
_tars = st.lists(
    st.tuples(
        texts.map(lambda name: f"{name}.py") | st.just("a.py") | texts,
        st.sampled_from((CODE, b"", b"\xff\xfe", b"19 path=../../x.py\n", b"99999999999999999999 a=b\n", b"-5 a=b\n")),
        st.sampled_from(_TYPES),
        st.sampled_from((None, None, None, 0, 1, 600, 2**33, 2**63, -1, -512, -(2**40))),
    ),
    max_size=4,
).map(_tar)
_WHOLE = (
    _zip([("a.py", CODE, zipfile.ZIP_DEFLATED, 0), ("ü.py", CODE, zipfile.ZIP_STORED, 0)]),
    _zip([("a.py", CODE, zipfile.ZIP_LZMA, 0), ("b.py", CODE, zipfile.ZIP_BZIP2, 0)]),
)
_TAR = _tar_member(b"a.py", CODE, b"0", None) + _tar_member(b"b\xff.py", CODE, b"0", None) + b"\0" * 1024
_SPECIAL = (
    (".tar.gz", _deep()),
    (".tar.gz", _pax(b"30 GNU.sparse.map=1,2,3,x,y,z\n")),
    (".tar.gz", _pax(b"25 GNU.sparse.size=99999\n")),
    (".tar.gz", _pax(b"17 size=-1000000\n")),
    (".tar.gz", _pax(b"13 path=\xff\xfe\n")),
    (".tar.gz", _pax(b"0 a=b\n" * 9)),
    (".tar.gz", gzip.compress(b"\0" * 10**6)),
    (".tar.gz", gzip.compress(_TAR)[:-4] + struct.pack("<I", 5)),
    (".zip", b"PK\x05\x06" + b"\xff" * 18),
    (".zip", b""),
    (".tgz", b"\x1f\x8b"),
)
_suffix = st.sampled_from((".zip", ".whl", ".tar.gz", ".tgz"))

TARGETS = (
    Target("zip", st.tuples(st.just(".zip"), _zips | streams(*_WHOLE)), _read, 0.5),
    Target(
        "tar",
        st.tuples(
            st.just(".tar.gz"),
            _tars | streams(gzip.compress(_TAR)) | streams(_TAR).map(lambda data: gzip.compress(data, 1)),
        )
        | st.sampled_from(_SPECIAL)
        | st.tuples(_suffix, st.binary(max_size=80)),
        _read,
        0.5,
    ),
)
