"""How far the study came: what lacks is named, never left to be noticed."""

from dataclasses import dataclass
from typing import Literal, final

from graftwork.report.isolation import isolation_proofs
from graftwork.report.tables import Column, Table
from graftwork.report.view import View, arrow

__all__ = ["Notice", "lacking_table", "notices"]

_FEW_SEEDS = 3


@final
@dataclass(frozen=True)
class Notice:
    """Something that a reader must know before the numbers."""

    kind: Literal["info", "warning"]
    text: str


def lacking_table(view: View) -> Table | None:
    """Every planned cell that is not done, with its state; None where nothing lacks."""
    study, states = view.results.study, view.results.cells
    known = {(cell.approach, cell.order, cell.seed): cell for cell in states}
    rows = []
    for approach in study.approaches:
        for order in study.orders:
            for seed in study.seeds:
                cell = known.get((approach.name, order, seed))
                if cell is None or cell.state != "done":
                    state, reason = (cell.state, cell.reason) if cell else ("not started", None)
                    rows.append((approach.name, arrow(order), str(seed), state, reason or "–"))
    heads = (Column("Approach"), Column("Order"), Column("Seed", "number"), Column("State"), Column("Why"))
    return Table("Runs not done", heads, tuple(rows)) if rows else None


def notices(view: View) -> tuple[Notice, ...]:
    """Return what limits the answer."""
    found = []
    lacking = lacking_table(view)
    study = view.results.study
    planned = len(study.approaches) * len(study.orders) * len(study.seeds)
    if lacking is not None:
        number = len(lacking.rows)
        text = f"{number} of {planned} runs of this study {'is' if number == 1 else 'are'} not done"
        found.append(Notice("warning", f"{text}; see “{lacking.caption}”. What follows shows what is there."))
    broken = [proof.approach for proof in isolation_proofs(view) if proof.isolated and not proof.kept]
    if broken:
        found.append(Notice("warning", f"Isolation is broken in {', '.join(broken)}. Do not trust these results."))
    if len(view.seeds) == 1:
        text = f"One seed ({view.seeds[0]}): every number is one observation, and no difference was tested."
        found.append(Notice("info", f"{text} More seeds: graftwork run … --seeds 10."))
    elif 0 < len(view.seeds) < _FEW_SEEDS:
        found.append(Notice("info", f"{len(view.seeds)} seeds: too few for a test of any difference."))
    return tuple(found)
