"""Checksums: what every file of a folder must hold, so that damage is noticed when the file is next read.

A folder has one list, ``checksums.json``: file -> SHA-256. It is written before what it speaks of takes its place; a
kill between the two leaves the file as it was, so a file that is written again has two digests, the one it had and the
one it gets. The list holds a digest of itself.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, final

from graftwork.config import Config
from graftwork.errors import InputError
from graftwork.files import digest, file_sha256, read_json, write_json, write_whole

__all__ = [
    "CHECKSUMS",
    "Fault",
    "check_file",
    "check_files",
    "fault_in",
    "list_files",
    "listed",
    "text_sha256",
    "write_checksums",
    "write_listed",
]

CHECKSUMS = "checksums.json"
"""The list's name in its folder."""


@final
class _Checksums(Config):
    """The list on disk."""

    version: Literal[1] = 1
    files: dict[str, tuple[str, ...]]
    """Path from the list's folder -> the digests that the file may have."""
    sha256: str
    """Digest of ``files``."""


@final
@dataclass(frozen=True)
class Fault:
    """A file that is not what was written, and what is wrong with it."""

    path: Path
    what: str

    def error(self, right: str | None = None) -> InputError:
        """The fault as an error; ``right`` is what would be right."""
        return InputError(self.what, str(self.path), right)


def listed(folder: Path) -> dict[str, tuple[str, ...]] | None:
    """What a folder's list says: file -> digests it may have; None where there is no list (an older version's folder).

    Raises:
        InputError: the list itself is damaged, or another version's.
    """
    path = folder / CHECKSUMS
    if not path.is_file():
        return None
    data = read_json(path)
    version = data.get("version") if isinstance(data, dict) else None
    if version != 1:
        raise InputError(f"its version is {version!r}", str(path), "this version of graftwork reads version 1")
    checksums = _Checksums.read(data, str(path))
    if checksums.sha256 != _seal(checksums.files):
        raise InputError("is not what was written", str(path), "restore it from a copy")
    return checksums.files


def write_checksums(folder: Path, files: Mapping[str, Iterable[str]]) -> None:
    """Write a folder's list, whole."""
    given = {name: tuple(digests) for name, digests in sorted(files.items())}
    write_json(folder / CHECKSUMS, _Checksums(files=given, sha256=_seal(given)).model_dump(mode="json"))


def list_files(folder: Path, paths: Iterable[Path]) -> dict[str, tuple[str, ...]]:
    """The entries of files as they are: path from ``folder`` (they may stand outside it) -> digest."""
    return {_name(folder, path): (file_sha256(path),) for path in paths}


def write_listed(path: Path, text: str, others: Iterable[Path] = ()) -> None:
    """Write a file whole, after its folder's list says what it will be; ``others`` are listed as they are."""
    folder = path.parent
    files = (listed(folder) or {}) | list_files(folder, others)
    before = (file_sha256(path),) if path.is_file() else ()
    kept = tuple(one for one in before if one in files.get(path.name, before))
    write_checksums(folder, {**files, path.name: (*kept, text_sha256(text))})
    write_whole(path, text)


def text_sha256(text: str) -> str:
    """SHA-256 of a file that holds a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def check_files(folder: Path) -> list[Fault]:
    """Every listed file that is missing or is not what was written; none where there is no list.

    Raises:
        InputError: the list itself is damaged.
    """
    files = listed(folder) or {}
    found = (fault_in(folder / name, digests) for name, digests in files.items())
    return [fault for fault in found if fault is not None]


def check_file(folder: Path, path: Path) -> None:
    """See that a file is what a folder's list says; anything is right where it says nothing of it.

    Raises:
        InputError: it is not, or the list itself is damaged.
    """
    digests = (listed(folder) or {}).get(_name(folder, path))
    fault = None if digests is None else fault_in(path, digests)
    if fault is not None:
        raise fault.error("restore it from a copy")


def fault_in(path: Path, digests: Iterable[str]) -> Fault | None:
    """What is wrong with a file that should have one of some digests; None if it has."""
    path = Path(os.path.normpath(path))
    try:
        if path.exists() and not path.is_file():  # a device or a pipe may have no end
            return Fault(path, "is no file")
        found = file_sha256(path)
    except (FileNotFoundError, ValueError):  # no path can hold NUL
        return Fault(path, "is missing")
    except OSError as error:
        return Fault(path, f"cannot be read ({error.strerror})")
    return None if found in tuple(digests) else Fault(path, "is damaged: its SHA-256 is not that of what was written")


def _name(folder: Path, path: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def _seal(files: Mapping[str, tuple[str, ...]]) -> str:
    return digest(json.dumps(files, sort_keys=True))
