"""``analysis.json`` in a run folder: written whole and sealed, read with its version and its seal checked."""

from pathlib import Path

from graftwork.errors import InputError
from graftwork.files import digest, read_json, write_whole
from graftwork.results.analysis import ANALYSIS_VERSION, Analysis

__all__ = ["ANALYSIS_FILE", "is_as_written", "read_analysis", "write_analysis"]

ANALYSIS_FILE = "analysis.json"
"""Its name in the run folder."""


def read_analysis(path: Path, *, as_it_is: bool = False) -> Analysis:
    """Read an analysis.

    Args:
        path: its file.
        as_it_is: whatever its seal says, for those who name what is wrong with it.

    Raises:
        InputError: it is missing, damaged, or another version of the package wrote it.
    """
    data = read_json(path)
    version = data.get("analysis_version") if isinstance(data, dict) else None
    if version != ANALYSIS_VERSION:
        right = f"this version of graftwork reads version {ANALYSIS_VERSION}; remove it and run graftwork analyze"
        raise InputError(f"its analysis_version is {version!r}", str(path), right)
    analysis = Analysis.read(data, str(path))
    if not as_it_is and is_as_written(analysis) is False:
        right = "restore it from a copy, or remove it and run graftwork analyze"
        raise InputError("is damaged: its numbers are not those that were written", str(path), right)
    return analysis


def write_analysis(path: Path, analysis: Analysis) -> Analysis:
    """Write an analysis, whole, and return it with the seal that it got."""
    sealed = analysis.model_copy(update={"sha256": _seal(analysis)})
    write_whole(path, sealed.model_dump_json(indent=1) + "\n")
    return sealed


def is_as_written(analysis: Analysis) -> bool | None:
    """Whether an analysis is what was written, by its seal; None where it has none."""
    return None if analysis.sha256 is None else analysis.sha256 == _seal(analysis)


def _seal(analysis: Analysis) -> str:
    return digest(analysis.model_dump_json(exclude={"sha256"}))
