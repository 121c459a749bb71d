"""Source files inside zip and tar archives: read, never unpacked and never executed."""

import gzip
import io
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import final

from graftwork.data.mining import MAX_FILE_BYTES, SourceFile
from graftwork.errors import InputError
from graftwork.languages import Language

__all__ = ["archive_files"]

MAX_MEMBERS = 100_000
MAX_TOTAL_BYTES = 500_000_000
MAX_READS_AFTER_END = 100
MAX_RATIO = 100  # source code shrinks to a tenth, seldom to a thirtieth
FREE_BYTES = 10_000_000  # small archives of little but repetition do no harm


def archive_files(path: Path, language: Language, name: str) -> list[SourceFile]:
    """Return the files of a language in an archive (.zip, .whl, .tar.gz, .tgz), sorted by path.

    Links, devices and folders are left out. Nothing is written to the disk.

    Raises:
        InputError: it is no such archive, is damaged, a path in it leaves it, or it holds more than 100,000 members,
            unpacks to more than 500 MB, or to more than 100 times its size.
    """
    read = _read_zip if path.suffix in (".zip", ".whl") else _read_tar
    try:
        contents = read(path, language.extensions)
    except (
        OSError,
        EOFError,
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        lzma.LZMAError,
        struct.error,
        ValueError,
        OverflowError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise InputError(f"cannot be read as an archive ({error})", path.name) from None
    return [
        SourceFile(f"{name}:{_readable(member)}", len(content), _returning(content))
        for member, content in sorted(contents.items())
    ]


def _readable(member: str) -> str:
    """A member's path; bytes in it that are no UTF-8 become U+FFFD, since no file of ours could hold them."""
    return member.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _returning(content: bytes) -> Callable[[], bytes]:
    return lambda: content


def _read_zip(path: Path, extensions: tuple[str, ...]) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        _check_count(len(members), path)
        _check_size(sum(member.file_size for member in members), path)
        for member in members:
            _check_path(member.filename, path)
            is_regular = stat.S_IFMT(member.external_attr >> 16) in (0, stat.S_IFREG)
            if is_regular and member.filename.endswith(extensions) and member.file_size <= MAX_FILE_BYTES:
                with archive.open(member) as file:  # never more than was declared, and so was checked
                    contents[member.filename] = file.read(member.file_size)
    return contents


def _read_tar(path: Path, extensions: tuple[str, ...]) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    with gzip.open(path) as unpacked, tarfile.open(fileobj=_Metered(unpacked, path), mode="r|") as archive:
        for count, member in enumerate(archive, start=1):
            _check_count(count, path)
            _check_path(member.name, path)
            if member.isreg() and member.name.endswith(extensions) and member.size <= MAX_FILE_BYTES:
                file = archive.extractfile(member)
                assert file is not None
                contents[PurePosixPath(member.name).as_posix()] = file.read()
    return contents


@final
class _Metered(io.BufferedIOBase):
    """Passes reads on and stops when too much has come out; headers and skipped members count too.

    It stops as well when it is asked on and on after the end: tarfile would skip a member that says it has 2^63 bytes
    block by block.
    """

    def __init__(self, file: gzip.GzipFile, path: Path) -> None:
        self.file, self.path, self.total, self.empty = file, path, 0, 0

    def read(self, size: int | None = -1) -> bytes:
        data = self.file.read(size)
        self.total += len(data)
        self.empty += not data
        if self.empty > MAX_READS_AFTER_END:
            raise EOFError("a member is longer than the archive")
        _check_size(self.total, self.path)
        return data


def _check_count(members: int, path: Path) -> None:
    if members > MAX_MEMBERS:
        raise InputError(f"more than {MAX_MEMBERS} members", path.name, "this is no source archive")


def _check_size(unpacked: int, path: Path) -> None:
    if unpacked > MAX_TOTAL_BYTES or unpacked > max(FREE_BYTES, MAX_RATIO * path.stat().st_size):
        raise InputError(f"unpacks to {unpacked} bytes or more", path.name, "this is no source archive")


def _check_path(member: str, path: Path) -> None:
    parts = PurePosixPath(member.replace("\\", "/")).parts
    if ".." in parts or member.startswith(("/", "\\")) or "\0" in member or (parts and parts[0].endswith(":")):
        raise InputError(f"the path {member!r} leaves the archive", path.name, "this is no source archive")
