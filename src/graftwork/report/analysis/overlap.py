"""Whether updates of tasks, and of seeds, go the same ways."""

import re
from statistics import fmean

from graftwork.report.analysis.part import Grid, Part, by_key, grid_of
from graftwork.report.tables import Column, Table
from graftwork.report.view import View
from graftwork.results.analysis import Analysis, Overlap

__all__ = ["overlap_part"]


def overlap_part(view: View, analysis: Analysis) -> Part | None:
    """Return the part on overlaps; None where there is none."""
    rows = [row for row in analysis.overlaps if row.approach in view.approaches]
    if not rows:
        return None
    groups = by_key(rows, lambda row: (row.approach, row.component, row.between, row.kind))
    return Part(
        id="overlap",
        title="Whether updates go the same ways",
        said=tuple(_sentence(group) for group in groups.values() if group[0].between == "tasks"),
        can="whether two tasks, or two seeds of one task, changed the same directions. For LoRA it is φ of the column "
        "spaces of B A by layer (Hu et al. 2021, section 7.2), 0 to 1; for other weights the cosine of the two update "
        "vectors, -1 to 1.",
        cannot="whether the tasks disturb each other there: that hangs on which inputs meet these directions, and with "
        "which sign. φ of random spaces is their rank by the layer's width, and not 0.",
        tables=(_table(list(groups.values())),),
        grids=_grids(view, rows),
    )


def _sentence(rows: list[Overlap]) -> str:
    first, mean = rows[0], fmean(row.value for row in rows)
    who = f"{first.approach}, {first.component}, between tasks"
    if first.kind == "cosine":
        return f"{who}: cosine {mean:+.2f} on average.".replace("-", "−")
    chance = fmean(row.chance for row in rows)
    return f"{who}: φ {mean:.2f} on average over layers, where chance gives {chance:.2f}."


def _table(groups: list[list[Overlap]]) -> Table:
    cells = []
    for rows in groups:
        first, values = rows[0], [row.value for row in rows]
        strongest = [row.first for row in rows if row.first is not None]
        pairs = len({(row.a, row.b) for row in rows})
        measured = "φ" if first.kind == "subspace" else "cosine"
        cells.append(
            (
                first.approach,
                first.component,
                first.between,
                measured,
                f"{fmean(values):.3f}".replace("-", "−"),
                f"{min(values):.2f} to {max(values):.2f}".replace("-", "−"),
                f"{fmean(strongest):.3f}" if strongest else "–",
                f"{fmean(row.chance for row in rows):.3f}",
                str(pairs),
            )
        )
    columns = (
        Column("Approach", facet="approach"),
        Column("Component"),
        Column("Between"),
        Column("Measure"),
        Column("Mean", "number"),
        Column("Lowest to highest", "number"),
        Column("Strongest directions alone", "number"),
        Column("By chance", "number"),
        Column("Pairs", "number"),
    )
    note = "Of LoRA, means are over the layers that it is on and over pairs; of all else, over pairs."
    return Table("Overlap of updates", columns, tuple(cells), note)


def _grids(view: View, rows: list[Overlap]) -> tuple[tuple[str, tuple[Grid, ...]], ...]:
    """φ by layer: modules in rows, blocks in columns."""
    layered = [row for row in rows if row.kind == "subspace" and row.place is not None]
    found = []
    for between in ("tasks", "seeds"):
        own = [row for row in layered if row.between == between]
        if own:
            highest = max(row.value for row in own)
            groups = by_key(own, lambda row: (row.approach, row.component))
            grids = tuple(_grid(approach, component, group, highest) for (approach, component), group in groups.items())
            found.append((f"φ between {between}, by layer", grids))
    return tuple(found)


def _grid(approach: str, component: str, rows: list[Overlap], highest: float) -> Grid:
    values = {key: fmean(row.value for row in group) for key, group in by_key(rows, _layer).items()}
    columns = tuple(dict.fromkeys(block for block, _ in values))
    modules = dict.fromkeys(module for _, module in values)
    lines = [(module, [values.get((block, module)) for block in columns]) for module in modules]
    caption = f"{approach}, {component}"
    return grid_of(caption, columns, lines, lambda value: f"{value:.2f}", (0.0, highest), approach)


_BLOCK = re.compile(r"(?:^|\.)(\d+)\.")


def _layer(row: Overlap) -> tuple[str, str]:
    """Block and module of a layer, short: ``decoder 1`` and ``SelfAttention.q``."""
    _, slash, path = (row.place or "").rpartition("/")
    found = _BLOCK.search(path)
    number = int(found[1]) + 1 if found else 0
    stack = "new layer" if slash else path.partition(".")[0]
    parts = [part for part in path[found.end() :].split(".") if not part.isdigit()] if found else [path]
    return f"{stack} {number}", ".".join(part for part in parts if part != "layer")
