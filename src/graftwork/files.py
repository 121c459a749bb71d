"""Files that appear whole or not at all, and digests of what is in them."""

import errno
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from graftwork.errors import InputError, NoSpaceError

__all__ = [
    "append_json_line",
    "digest",
    "is_whole",
    "read_json",
    "read_json_lines",
    "whole_file",
    "write_json",
    "write_whole",
]

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
            yield aside
            descriptor = os.open(aside, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)


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


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file so that it appears whole: aside, fsync, replace."""
    with whole_file(path) as aside:
        aside.write_bytes(content.encode() if isinstance(content, str) else content)


def write_json(path: Path, data: Any) -> None:
    """Write plain data as indented JSON, whole."""
    write_whole(path, json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


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
    except ValueError as error:
        raise InputError(f"not JSON ({error})", str(path)) from None


def append_json_line(path: Path, records: Iterable[dict[str, Any]]) -> None:
    """Append records as JSON lines and fsync once.

    Raises:
        NoSpaceError: the disk is full, or the place cannot be written.
    """
    with _writing(path), path.open("a", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def read_json_lines(path: Path) -> list[dict[str, Any]]:
    """Read our own JSON lines; a torn last line (a kill while writing) is left out."""
    lines = path.read_bytes().split(b"\n")
    return [json.loads(line) for line in lines[:-1] if line]
