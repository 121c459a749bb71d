"""Documented functions out of source files."""

import os
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import final

from graftwork.data.cleaning import CleaningConfig, Mined, MiningReport, distinct, file_problem, worthwhile
from graftwork.data.example import Example, make_example
from graftwork.data.summaries import summary_of
from graftwork.errors import InputError
from graftwork.languages import DocumentedFunction, Language

__all__ = [
    "Found",
    "Progress",
    "SourceFile",
    "finish",
    "folder_files",
    "mine_files",
    "mine_folder",
    "mine_source",
    "search_files",
]

MAX_FILE_BYTES = 2_000_000
Progress = Callable[[int, int], None]
"""Told after each file: how many are done, of how many."""


@final
@dataclass(frozen=True)
class SourceFile:
    """A file to read, when its turn comes.

    Attributes:
        origin: its name for people and for splits, the same on every machine: ``package:path/in/it.py``.
        size: bytes.
        read: returns the content; may raise OSError.
    """

    origin: str
    size: int
    read: Callable[[], bytes]


@final
@dataclass(frozen=True)
class Found:
    """What one source holds, cleaned example by example; duplicates are still in it.

    Attributes: those of MiningReport, and the examples that were worth keeping.
    """

    examples: list[Example]
    total: int
    files_read: int
    files_skipped: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    remarks: tuple[str, ...] = ()


def mine_source(text: str, language: Language) -> list[DocumentedFunction]:
    """Return the documented functions of one file, in its order."""
    return list(language.documented_functions(text))


def folder_files(folder: Path, language: Language, name: str = "", without: Container[str] = ()) -> list[SourceFile]:
    """List a folder's files of a language, sorted by path; links are not followed.

    Args:
        folder: where to look, at any depth.
        language: gives the file name endings.
        name: what origins start with, before a colon.
        without: folders to leave out, by name, at any depth.

    Raises:
        InputError: it is no folder, or cannot be listed.
    """
    if not folder.is_dir():
        raise InputError("no such folder", str(folder))
    prefix = f"{name}:" if name else ""
    try:
        paths = sorted((path.relative_to(folder).as_posix(), path) for path in _walk(folder, language, without))
        return [SourceFile(prefix + relative, path.stat().st_size, path.read_bytes) for relative, path in paths]
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", str(error.filename or folder)) from None


def _walk(folder: Path, language: Language, without: Container[str]) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in without:
                    yield from _walk(Path(entry.path), language, without)
            elif entry.name.endswith(language.extensions) and entry.is_file(follow_symlinks=False):
                yield Path(entry.path)


def search_files(
    files: Iterable[SourceFile], language: Language, config: CleaningConfig, progress: Progress | None = None
) -> Found:
    """Read files and take the documented functions worth keeping out of them."""
    files = list(files)
    functions: list[Example] = []
    skipped: Counter[str] = Counter()
    for number, file in enumerate(files, start=1):
        text, reason = _read(file, config)
        if reason:
            skipped[reason] += 1
        functions.extend(_example(function, file.origin, language) for function in mine_source(text, language))
        if progress is not None:
            progress(number, len(files))
    kept, dropped = worthwhile(functions, config)
    return Found(kept, len(functions), len(files) - skipped.total(), skipped, dropped)


def finish(found: Iterable[Found], config: CleaningConfig) -> Mined:
    """Put what several sources hold together and drop duplicates, the first of each staying."""
    parts = list(found)
    kept, duplicates = distinct((example for part in parts for example in part.examples), config.near_duplicates)
    report = MiningReport(
        files_read=sum(part.files_read for part in parts),
        files_skipped=dict(sum((part.files_skipped for part in parts), Counter())),
        found=sum(part.total for part in parts),
        kept=len(kept),
        dropped=dict(sum((part.dropped for part in parts), duplicates)),
        remarks=tuple(remark for part in parts for remark in part.remarks),
    )
    return Mined(tuple(kept), report)


def mine_files(
    files: Iterable[SourceFile],
    language: Language,
    config: CleaningConfig | None = None,
    progress: Progress | None = None,
) -> Mined:
    """Read files, take their documented functions out and clean them."""
    config = config or CleaningConfig()
    return finish([search_files(files, language, config, progress)], config)


def mine_folder(
    folder: Path, language: Language, config: CleaningConfig | None = None, progress: Progress | None = None
) -> Mined:
    """Mine the files of a folder; origins are paths within it.

    Raises:
        InputError: it is no folder.
    """
    return mine_files(folder_files(folder, language), language, config, progress)


def _read(file: SourceFile, config: CleaningConfig) -> tuple[str, str]:
    """The text of a file and an empty reason, or no text and the reason why it is not read."""
    if file.size > MAX_FILE_BYTES:
        return "", "file too large"
    try:
        content = file.read()
        reason = file_problem(file.origin, content, config)
        text = content.decode("utf-8-sig") if reason is None else ""
    except OSError:
        return "", "unreadable file"
    except UnicodeDecodeError:
        return "", "not UTF-8"
    if reason is not None:
        return "", reason
    return ("", "binary file") if "\0" in text else (text, "")


def _example(function: DocumentedFunction, origin: str, language: Language) -> Example:
    return make_example(
        language.name,
        summary_of(function.documentation),
        function.code,
        signature=function.signature,
        origin=origin,
        name=function.name,
    )
