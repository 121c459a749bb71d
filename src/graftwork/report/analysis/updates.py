"""How far training moved the weights."""

import math
from collections.abc import Sequence

from graftwork.report import numbers
from graftwork.report.analysis.part import Grid, Part, block_label, by_key, grid_of, over_seeds, significant
from graftwork.report.tables import Column, Table
from graftwork.report.view import View
from graftwork.results.analysis import Analysis, UpdateSize

__all__ = ["update_part"]


def update_part(view: View, analysis: Analysis) -> Part | None:
    """Return the part on update sizes; None where there is none."""
    rows = [row for row in analysis.updates if row.approach in view.approaches]
    if not rows:
        return None
    return Part(
        id="update",
        title="How far training moved the weights",
        said=(),
        can="where training changed most, for each weight and in proportion to what stood there at the start.",
        cannot="where it mattered most: a small change may decide an output, and large ones may cancel. LoRA's factors "
        "are no weights of the base; what they add to it is their product, which stands besides.",
        tables=(_table(rows),),
        grids=_grids(view, rows),
    )


def _table(rows: Sequence[UpdateSize]) -> Table:
    cells = []
    for (approach, component, task), group in by_key(rows, lambda row: (row.approach, row.component, row.task)).items():
        runs = list(by_key(group, lambda row: (row.order, row.seed)).values())
        update, start = (_mean_norm(runs, name) for name in ("update", "start"))
        size = sum(row.parameters for row in runs[0])
        added = "–"
        if any(row.added is not None for row in group):
            added = numbers.share(_mean_norm(runs, "added") / _mean_norm(runs, "weights"))
        each = 1000 * update / math.sqrt(size)
        cells.append(
            (
                approach,
                component,
                task,
                numbers.short_count(size),
                significant(update),
                significant(each),
                numbers.share(update / start) if start else "from 0",
                added,
            )
        )
    columns = (
        Column("Approach", facet="approach"),
        Column("Component"),
        Column("Task", facet="task"),
        Column("Weights", "number"),
        Column("Update, norm", "number"),
        Column("For each weight, in thousandths", "number"),
        Column("Of the norm at the start", "number"),
        Column("B A, of the norm of the layers it is on", "number"),
    )
    note = (
        "Norms are Euclidean, over all weights of a component, and means over seeds; for each weight is the root mean "
        "square."
    )
    return Table("Update sizes", columns, tuple(cells), note)


def _mean_norm(runs: Sequence[Sequence[UpdateSize]], name: str) -> float:
    """The norm over all blocks together, mean over runs."""
    return sum(math.sqrt(sum((getattr(row, name) or 0.0) ** 2 for row in run)) for run in runs) / len(runs)


def _grids(view: View, rows: Sequence[UpdateSize]) -> tuple[tuple[str, tuple[Grid, ...]], ...]:
    def each(row: UpdateSize) -> float:
        return 1000 * row.update / math.sqrt(row.parameters)

    means = {
        key: over_seeds(group, each).mean
        for key, group in by_key(
            rows, lambda row: (row.approach, row.component, block_label(row.stack, row.block))
        ).items()
    }
    highest, grids = max(means.values()), []
    for approach in view.approaches:
        own = {key[1:]: value for key, value in means.items() if key[0] == approach}
        if own:
            columns = tuple(sorted({column for _, column in own}, key=_order))
            lines = [
                (component, [own.get((component, column)) for column in columns])
                for component in dict.fromkeys(component for component, _ in own)
            ]
            grids.append(grid_of(approach, columns, lines, significant, (0.0, highest), approach))
    return (("Update for each weight, in thousandths, by block (mean over tasks and seeds)", tuple(grids)),)


def _order(column: str) -> tuple[int, str]:
    """Encoder, decoder, new layer, all else."""
    stacks = ("encoder", "decoder", "new layer")
    return next((place for place, stack in enumerate(stacks) if column.startswith(stack)), len(stacks)), column
