"""A package of the Python index: its wheel by ``pip download`` or its source archive; no code of it is run."""

import re
import sys
import tempfile
from pathlib import Path
from typing import Literal, final

from packaging.utils import parse_sdist_filename, parse_wheel_filename
from pydantic import field_validator

from graftwork.config import Config
from graftwork.data.mining import SourceFile
from graftwork.data.sources.archive import archive_files
from graftwork.data.sources.command import run_client
from graftwork.data.sources.index import fetch_source_archive
from graftwork.errors import InputError
from graftwork.languages import Language

__all__ = ["PypiSource", "pypi_files"]

# pip would also take folders, addresses and options.
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.!+_-]*")


@final
class PypiSource(Config):
    """A package by its name in the index that pip is configured for.

    Attributes:
        name: such as ``networkx``.
        version: such as ``3.4``; the newest if null.
    """

    kind: Literal["pypi"] = "pypi"
    name: str
    version: str | None = None

    @field_validator("name")
    @classmethod
    def _is_name(cls, value: str) -> str:
        if not NAME.fullmatch(value):
            raise ValueError("not the name of a package in an index")
        return value

    @field_validator("version")
    @classmethod
    def _is_version(cls, value: str | None) -> str | None:
        if value is not None and not VERSION.fullmatch(value):
            raise ValueError("not a version")
        return value


def pypi_files(source: PypiSource, language: Language) -> list[SourceFile]:
    """Fetch the package and list its files of a language, from the source archive where no wheel holds any.

    A wheel is only unpacked when it is installed, so pip may fetch it. To fetch a source archive pip would run the
    package's build script; the archive is therefore taken from the index directly.

    Raises:
        InputError: the index has no such package, it cannot be reached, or the archive is not sound.
    """
    where = f"pypi:{source.name}"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        refused = "the wheel holds none"
        try:
            files = _files(_fetch_wheel(source, folder, where), language, where)
        except InputError as error:
            files, refused = [], error.what
        if files:
            return files
        try:
            return _files(fetch_source_archive(source.name, source.version, folder), language, where)
        except InputError as error:
            raise InputError(f"{refused}, and no source archive ({error.what})", where) from None


def _files(archive: Path, language: Language, where: str) -> list[SourceFile]:
    return archive_files(archive, language, f"{where}@{_version(archive.name)}")


def _fetch_wheel(source: PypiSource, folder: Path, where: str) -> Path:
    wanted = source.name if source.version is None else f"{source.name}=={source.version}"
    client = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input", "--quiet"]
    run_client([*client, "--dest", str(folder), wanted], folder, where)
    return next(iter(sorted(folder.glob("*.whl"))))


def _version(archive: str) -> str:
    if archive.endswith(".whl"):
        return str(parse_wheel_filename(archive)[1])
    return str(parse_sdist_filename(archive)[1])
