"""The section on why: all analyses of a run folder that has them, in the report and in a terminal."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from graftwork.report.analysis.gradients import gradient_part
from graftwork.report.analysis.interpolation import interpolation_part
from graftwork.report.analysis.knock_out import knock_out_part
from graftwork.report.analysis.overlap import overlap_part
from graftwork.report.analysis.part import Part
from graftwork.report.analysis.similarity import similarity_part
from graftwork.report.analysis.updates import update_part
from graftwork.report.analysis.zero_shot import zero_shot_part
from graftwork.report.view import View
from graftwork.report.visible import visible
from graftwork.results.analysis import Analysis
from graftwork.results.analysis_file import ANALYSIS_FILE, read_analysis
from graftwork.results.folder import RunFolder

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Why", "print_analysis", "why"]


@final
@dataclass(frozen=True)
class Why:
    """What was looked at, in a sentence, and the parts."""

    said: str
    parts: tuple[Part, ...]


def why(view: View, folder: RunFolder, *, as_it_is: bool = False) -> Why | None:
    """Return the section of a run folder; None where it has no analysis.

    Args:
        view: its records.
        folder: the run folder.
        as_it_is: take an analysis whose numbers were changed too.

    Raises:
        InputError: its analysis is damaged, or another version of the package wrote it.
    """
    path = folder.path / ANALYSIS_FILE
    return _why(view, read_analysis(path, as_it_is=as_it_is)) if path.is_file() else None


def _why(view: View, analysis: Analysis) -> Why:
    makers = (
        knock_out_part,
        zero_shot_part,
        similarity_part,
        overlap_part,
        update_part,
        gradient_part,
        interpolation_part,
    )
    parts = [part for maker in makers if (part := maker(view, analysis)) is not None]
    settings = analysis.settings
    seeds = ", ".join(map(str, settings.seeds))
    said = (
        f"Made by graftwork analyze from what the run folder has saved: {'seeds' if settings.seeds[1:] else 'seed'} "
        f"{seeds}, at most {settings.items} items of a subset, so scores differ from those above where these rest on "
        "more. Nothing here is tested"
        + ("; ± is half of the 95\u00a0% Student-t interval over seeds." if settings.seeds[1:] else ".")
    )
    lacking = "" if analysis.finished else " It was interrupted and is not whole; the same command goes on with it."
    return Why(said + lacking, tuple(parts))


def print_analysis(folder: RunFolder, console: "Console") -> None:
    """Print what each analysis found, in sentences.

    Raises:
        InputError: the folder's records or its analysis are damaged.
    """
    found = why(View(folder.read_results()), folder)
    for part in found.parts if found else ():
        if part.said:
            console.print(f"\n{part.title}", style="bold", markup=False, highlight=False)
            for sentence in part.said:
                console.print(f"  {visible(sentence)}", markup=False, highlight=False)
