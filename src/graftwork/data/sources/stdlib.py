"""The standard library of the interpreter that runs this."""

import sysconfig
from pathlib import Path
from typing import Literal, final

from graftwork.config import Config
from graftwork.data.mining import SourceFile, folder_files
from graftwork.languages import Language

__all__ = ["StdlibSource", "stdlib_files"]

INSTALLED = ("site-packages", "dist-packages")


@final
class StdlibSource(Config):
    """The interpreter's own library, packages installed into it left out."""

    kind: Literal["stdlib"] = "stdlib"


def stdlib_files(language: Language) -> list[SourceFile]:
    """List the library's files; origins such as ``stdlib:json/decoder.py`` hang on the Python version alone."""
    return folder_files(Path(sysconfig.get_path("stdlib")), language, "stdlib", without=INSTALLED)
