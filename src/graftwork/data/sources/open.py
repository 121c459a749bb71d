"""Any source, opened by its configuration or by the short text used on the command line."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, assert_never

from pydantic import Field

from graftwork.data.cleaning import CleaningConfig, Mined
from graftwork.data.mining import Found, Progress, SourceFile, finish, folder_files, search_files
from graftwork.data.sources.folder import FolderSource
from graftwork.data.sources.hub import HubSource, search_hub
from graftwork.data.sources.npm import NpmSource, npm_files
from graftwork.data.sources.package import PackageSource, package_files
from graftwork.data.sources.pypi import PypiSource, pypi_files
from graftwork.data.sources.rows import Columns, FileSource, search_file
from graftwork.data.sources.stdlib import StdlibSource, stdlib_files
from graftwork.errors import InputError, nearest
from graftwork.languages import Language, get_language

__all__ = ["SourceConfig", "parse_source", "read_sources", "source_name"]

SourceConfig = Annotated[
    FolderSource | PackageSource | StdlibSource | PypiSource | NpmSource | FileSource | HubSource,
    Field(discriminator="kind"),
]

PREFIXES = ("package", "pypi", "npm", "hub")


def parse_source(text: str, columns: Columns | None = None) -> SourceConfig:
    """Read the short form of a source.

    ``stdlib``, ``package:NAME``, ``pypi:NAME[==VERSION]``, ``npm:NAME[@VERSION]``, ``hub:NAME[:CONFIG]``, a .jsonl or
    .parquet file, or a folder.

    Raises:
        InputError: it is none of these.
    """
    prefix, colon, rest = text.partition(":")
    if text == "stdlib":
        return StdlibSource()
    if colon and prefix in PREFIXES:
        return _parse_named(prefix, rest, columns, text)
    if Path(text).suffix in (".jsonl", ".json", ".parquet"):
        return FileSource(path=text, columns=columns)
    if _is_folder(text):
        return FolderSource(path=text)
    if colon:
        raise InputError(f"unknown kind of source {prefix!r}", text, nearest(prefix, PREFIXES))
    known = "a folder, a .jsonl or .parquet file, stdlib, package:NAME, pypi:NAME, npm:NAME or hub:NAME"
    raise InputError("no such folder", text, f"a source is {known}")


def _is_folder(text: str) -> bool:
    try:
        return Path(text).is_dir()
    except OSError:  # no name is so long
        return False


def _parse_named(prefix: str, rest: str, columns: Columns | None, text: str) -> SourceConfig:
    match prefix:
        case "package":
            return PackageSource(name=rest)
        case "pypi":
            name, _, version = rest.partition("==")
            return PypiSource.read({"name": name, "version": version or None}, text)
        case "npm":
            start = rest.find("@", 1)
            name, version = (rest, "") if start < 0 else (rest[:start], rest[start + 1 :])
            return NpmSource.read({"name": name, "version": version or None}, text)
        case _:
            name, _, configuration = rest.partition(":")
            return HubSource(name=name, config=configuration or None, columns=columns)


def read_sources(
    sources: Sequence[SourceConfig],
    language: str,
    config: CleaningConfig | None = None,
    progress: Progress | None = None,
) -> Mined:
    """Read sources of one language, clean what they hold, and drop what is double within and between them.

    The outcome is the same on every machine that holds the same sources.

    Raises:
        InputError: the language is unknown, a source cannot be read, or nothing is left.
    """
    config = config or CleaningConfig()
    spoken = get_language(language)
    mined = finish([_search(source, spoken, config, progress) for source in sources], config)
    if not mined.examples:
        reasons = {**mined.report.files_skipped, **mined.report.dropped}
        counts = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
        where = ", ".join(source_name(source) for source in sources)
        what = f"no documented {language} function" if mined.report.found == 0 else "no example is worth keeping"
        raise InputError(f"{what}{f' ({counts})' if counts else ''}", where, "choose another source or language")
    return mined


def _search(source: SourceConfig, language: Language, config: CleaningConfig, progress: Progress | None) -> Found:
    match source:
        case FileSource():
            return search_file(source, language, config)
        case HubSource():
            return search_hub(source, language, config)
        case _:
            return search_files(_files(source, language), language, config, progress)


def _files(
    source: FolderSource | PackageSource | StdlibSource | PypiSource | NpmSource, language: Language
) -> list[SourceFile]:
    match source:
        case FolderSource():
            return folder_files(Path(source.path), language)
        case PackageSource():
            return package_files(source.name, language)
        case StdlibSource():
            return stdlib_files(language)
        case PypiSource():
            return pypi_files(source, language)
        case NpmSource():
            return npm_files(source, language)
        case _:
            assert_never(source)


def source_name(source: SourceConfig) -> str:
    """The short form of a source, for messages."""
    match source:
        case StdlibSource():
            return "stdlib"
        case FolderSource() | FileSource():
            return source.path
        case _:
            return f"{source.kind}:{source.name}"
