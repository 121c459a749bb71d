"""A folder of source code."""

from typing import Literal, final

from graftwork.config import Config

__all__ = ["FolderSource"]


@final
class FolderSource(Config):
    """All files of the language below a folder; links are not followed.

    Attributes:
        path: the folder.
    """

    kind: Literal["folder"] = "folder"
    path: str
