"""Files that appear whole or not at all, and digests of what is in them.

Whatever is kept is written, synced, renamed and removed here, and ``DISK`` is told before each of these; a test listens
there to end the process at any such point, or to let the disk be full.
"""

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Literal, final

from graftwork.errors import InputError, NoSpaceError

__all__ = [
    "DISK",
    "Disk",
    "Operation",
    "append_json_line",
    "check_place",
    "cut_file",
    "digest",
    "file_sha256",
    "is_whole",
    "json_text",
    "read_json",
    "read_json_lines",
    "remove_file",
    "remove_folder",
    "rename_folder",
    "sweep_parts",
    "whole_file",
    "write_json",
    "write_whole",
]

Operation = Literal["write", "write the rest", "fsync", "rename", "remove"]


@final
class Disk:
    """Told of every operation that changes what is kept, right before it: what it is, and the path."""

    def __init__(self) -> None:
        self.before: Callable[[Operation, Path], None] = lambda operation, path: None
        """Does nothing, unless a test wants something to happen there."""


DISK = Disk()

FREE_SPACE = "free some space and run the same command again"
UNWRITABLE = {
    errno.ENOSPC: FREE_SPACE,
    errno.EDQUOT: FREE_SPACE,
    errno.EROFS: None,
    errno.EACCES: None,
    errno.EPERM: None,
    errno.ENOTDIR: None,
    errno.EEXIST: None,  # the parent is a file
    errno.EISDIR: None,
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "the machine has too many files open; close something",
}
"""Errors that say a place cannot be written, with what would help."""


def digest(*parts: bytes | str) -> str:
    """Return the SHA-256 of the parts, in hexadecimal; parts are length-prefixed, so their borders count."""
    state = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        state.update(len(data).to_bytes(8, "little"))
        state.update(data)
    return state.hexdigest()


def is_whole(text: str) -> bool:
    """Whether a text can be encoded: JSON's escapes can spell half a character (a lone surrogate), no file holds it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path beside ``path`` to write to; on success it is fsynced and put in place at once.

    Raises:
        NoSpaceError: the disk is full, or the place cannot be written.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            DISK.before("write", path)
            yield aside
            _sync(aside)
            DISK.before("rename", path)
            aside.replace(path)
            _sync(path.parent)
        finally:
            aside.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Have the system write a file, or the names in a folder, to the disk."""
    DISK.before("fsync", path)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(file: BinaryIO, content: bytes, path: Path) -> None:
    """Write in two halves, between which a kill finds a torn file, as it may within any longer write."""
    half = len(content) // 2
    file.write(content[:half])
    file.flush()
    DISK.before("write the rest", path)
    file.write(content[half:])
    file.flush()


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Say in one line why a place cannot be written."""
    try:
        yield
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        right = UNWRITABLE[error.errno]
        raise NoSpaceError(f"cannot be written ({error.strerror})", str(path), right) from None


def check_place(path: Path) -> None:
    """See that files can be made in a folder, or where it is to be, before the work whose outcome shall stand there.

    Raises:
        NoSpaceError: they cannot.
    """
    with _writing(path):
        place = next(one for one in (path, *path.absolute().parents) if one.exists())
        with tempfile.TemporaryFile(dir=place):  # has no name, so that nothing is left of it
            pass


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file so that it appears whole: aside, fsync, replace."""
    with whole_file(path) as aside, aside.open("wb") as file:
        _write(file, content.encode() if isinstance(content, str) else content, path)


def json_text(data: Any) -> str:
    """Plain data as indented JSON, as it stands in files."""
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_json(path: Path, data: Any) -> None:
    """Write plain data as indented JSON, whole."""
    write_whole(path, json_text(data))


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        InputError: it is missing, unreadable or not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("no such file", str(path)) from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", str(path)) from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON ({error})", str(path)) from None


def append_json_line(path: Path, records: Iterable[dict[str, Any]]) -> None:
    """Append records as JSON lines and fsync once.

    Raises:
        NoSpaceError: the disk is full, or the place cannot be written.
    """
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    with _writing(path), path.open("ab") as file:
        DISK.before("write", path)
        _write(file, lines.encode(), path)
        DISK.before("fsync", path)
        os.fsync(file.fileno())


def cut_file(path: Path, size: int) -> None:
    """Keep the first bytes of a file.

    Raises:
        NoSpaceError: the place cannot be written.
    """
    with _writing(path), path.open("r+b") as file:
        DISK.before("write", path)
        file.truncate(size)
        DISK.before("fsync", path)
        os.fsync(file.fileno())


def rename_folder(aside: Path, path: Path) -> None:
    """Put a folder in place at once, names in it and beside it synced.

    Raises:
        NoSpaceError: the place cannot be written.
    """
    with _writing(path):
        _sync(aside)
        DISK.before("rename", path)
        aside.replace(path)
        _sync(path.parent)


def remove_folder(path: Path) -> None:
    """Remove a folder with all that is in it, if it is there.

    Raises:
        NoSpaceError: the place cannot be written.
    """
    with _writing(path):
        if path.exists():
            DISK.before("remove", path)
            shutil.rmtree(path)


def remove_file(path: Path) -> None:
    """Remove a file, if it is there.

    Raises:
        NoSpaceError: the place cannot be written.
    """
    with _writing(path):
        if path.exists():
            DISK.before("remove", path)
            path.unlink()


def sweep_parts(folder: Path) -> None:
    """Remove what writers that were killed left in a folder; nobody may be writing there."""
    for path in folder.glob(".*.part"):
        path.unlink()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_json_lines(path: Path) -> list[dict[str, Any]]:
    """Read our own JSON lines; a torn last line (a kill while writing) is left out.

    Raises:
        InputError: another line is damaged.
    """
    lines = path.read_bytes().split(b"\n")
    try:
        return [json.loads(line) for line in lines[:-1] if line]
    except (ValueError, RecursionError) as error:
        raise InputError(f"is damaged ({error})", str(path)) from None
