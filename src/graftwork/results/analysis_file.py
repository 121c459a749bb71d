"""``analysis.json`` in a run folder: written whole, read with its version checked."""

from pathlib import Path

from graftwork.errors import InputError
from graftwork.files import read_json, write_whole
from graftwork.results.analysis import ANALYSIS_VERSION, Analysis

__all__ = ["ANALYSIS_FILE", "read_analysis", "write_analysis"]

ANALYSIS_FILE = "analysis.json"
"""Its name in the run folder."""


def read_analysis(path: Path) -> Analysis:
    """Read an analysis.

    Raises:
        InputError: it is missing, damaged, or another version of the package wrote it.
    """
    data = read_json(path)
    version = data.get("analysis_version") if isinstance(data, dict) else None
    if version != ANALYSIS_VERSION:
        right = f"this version of graftwork reads version {ANALYSIS_VERSION}; remove it and run graftwork analyze"
        raise InputError(f"its analysis_version is {version!r}", str(path), right)
    return Analysis.read(data, str(path))


def write_analysis(path: Path, analysis: Analysis) -> None:
    """Write an analysis, whole."""
    write_whole(path, analysis.model_dump_json(indent=1) + "\n")
