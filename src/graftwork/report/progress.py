"""How far the study came: what lacks is named, never left to be noticed."""

from dataclasses import dataclass
from typing import Literal, final

from graftwork.report.isolation import isolation_proofs
from graftwork.report.tables import Column, Table
from graftwork.report.view import View, arrow
from graftwork.results.names import Cell
from graftwork.statistics.family import ALPHA
from graftwork.statistics.paired import pairs_to_reach

__all__ = ["Notice", "fewest_seeds", "lacking_table", "notices"]


@final
@dataclass(frozen=True)
class Notice:
    """Something that a reader must know before the numbers."""

    kind: Literal["info", "warning"]
    text: str


def lacking_table(view: View) -> Table | None:
    """What is planned and not done, with its state, seeds in the same state in one row; None where nothing lacks."""
    seeds: dict[tuple[str, str, str, str], list[str]] = {}
    for cell, state, reason in _lacking(view):
        row = (cell.approach, arrow(cell.order), state, reason)
        seeds.setdefault(row, []).append(str(cell.seed))
    rows = tuple((approach, order, ", ".join(own), *why) for (approach, order, *why), own in seeds.items())
    heads = (Column("Approach", facet="approach"), Column("Order"), Column("Seeds"), Column("State"), Column("Why"))
    return Table("Runs not done", heads, rows) if rows else None


def _lacking(view: View) -> list[tuple[Cell, str, str]]:
    """Every planned cell that is not done, with its state and the reason."""
    known = {Cell(row.approach, row.order, row.seed): row for row in view.results.cells}
    found: list[tuple[Cell, str, str]] = []
    for cell in _planned(view):
        row = known.get(cell)
        if row is None or row.state != "done":
            found.append((cell, row.state if row else "not started", (row and row.reason) or "–"))
    return found


def _planned(view: View) -> list[Cell]:
    study = view.results.study
    return [Cell(name, order, seed) for name in view.trained for order in study.orders for seed in study.seeds]


def fewest_seeds(view: View) -> int:
    """The fewest seeds whose paired test can pass Holm's correction; 0 where nothing was tested."""
    family = max((row.family or 0 for row in view.results.comparisons), default=0)
    return pairs_to_reach(ALPHA / family) if family else 0


def notices(view: View) -> tuple[Notice, ...]:
    """Return what limits the answer."""
    found = []
    if number := len(_lacking(view)):
        text = f"{number} of {len(_planned(view))} runs of this study {'is' if number == 1 else 'are'} not done"
        found.append(Notice("warning", f"{text}; see “Runs not done”. What follows shows what is there."))
    broken = [proof.approach for proof in isolation_proofs(view) if proof.isolated and not proof.kept]
    if broken:
        found.append(Notice("warning", f"Isolation is broken in {', '.join(broken)}. Do not trust these results."))
    if len(view.seeds) == 1:
        text = f"One seed ({view.seeds[0]}): every number is one observation, and no difference was tested."
        found.append(Notice("info", f"{text} More seeds: graftwork run … --seeds {fewest_seeds(view) or 10}."))
    elif 0 < len(view.seeds) < (fewest := fewest_seeds(view)):
        text = f"{len(view.seeds)} seeds are too few for the tests made here to tell any difference apart"
        found.append(Notice("info", f"{text}; {fewest} are the fewest that could."))
    return tuple(found)
