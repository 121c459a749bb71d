"""Base and adapted states, block by block."""

from graftwork.report.analysis.part import Grid, Part, block_label, by_key, grid_of, over_seeds
from graftwork.report.view import View
from graftwork.results.analysis import Analysis

__all__ = ["similarity_part"]


def similarity_part(view: View, analysis: Analysis) -> Part | None:
    """Return the part on representations; None where there is none."""
    rows = [row for row in analysis.similarities if row.approach in view.approaches]
    if not rows:
        return None
    columns = tuple(dict.fromkeys(block_label(row.stack, row.block) for row in rows))
    lowest = min(row.cka for row in rows)
    grids: list[Grid] = []
    said: list[str] = []
    for task, own in by_key(rows, lambda row: row.task).items():
        means = {
            key: over_seeds(group, lambda row: row.cka).mean
            for key, group in by_key(own, lambda row: (row.approach, block_label(row.stack, row.block))).items()
        }
        lines = [
            (approach, [means.get((approach, column)) for column in columns])
            for approach in view.approaches
            if any((approach, column) in means for column in columns)
        ]
        grids.append(grid_of(task, columns, lines, lambda value: f"{value:.2f}", (1.0, lowest)))
        (approach, column), least = min(means.items(), key=lambda item: item[1])
        said.append(
            f"On {task}, the states farthest from the base's are those of {approach} behind {column}: {least:.2f}."
        )
    return Part(
        id="similarity",
        title="Where the model's states change (linear CKA)",
        said=tuple(said),
        can="at which depth an adapter changes what the model makes of the same text: 1 is the same as the base's but "
        "for rotation and scale (Kornblith et al. 2019). States are those behind each of the base's blocks, new layers "
        "that stand there included, at real positions of the task's test items with their references given; stronger "
        "colour is farther from the base.",
        cannot="whether a change is of use. It weighs directions by their variance, so a value near 1 may hide small "
        "changes that decide an output.",
        grids=(("Linear CKA with the base, by task trained and scored", tuple(grids)),),
    )
