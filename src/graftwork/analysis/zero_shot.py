"""The zero-shot matrix: what was trained for one task, scored on every task.

It can tell how far what an adapter learned is of use elsewhere, and whether two tasks call for the same. It cannot tell
what a longer training on the other task would do, and a score of 0 does not say that nothing was carried over: the
losses do.
"""

from collections.abc import Sequence

from graftwork.analysis.bench import Bench
from graftwork.analysis.versions import Version, acting
from graftwork.results.analysis import ZeroShot

__all__ = ["base_on_all_tasks", "on_all_tasks"]


def base_on_all_tasks(bench: Bench) -> list[ZeroShot]:
    """The untouched base on every task."""
    function = bench.base.fingerprint
    return [row for task in bench.tasks for row in _rows(bench, task, function, ("base", None, None, None))]


def on_all_tasks(bench: Bench, versions: Sequence[Version]) -> list[ZeroShot]:
    """Everything that a cell saved, on every task."""
    rows = []
    for version in versions:
        cell = version.cell
        with acting(version, bench.base):
            for task in bench.tasks:
                what = f"{cell.approach}, seed {cell.seed}: {version.task} on {task}"
                bench.progress.start(what, sum(1 for _ in bench.few[task].examples("test")))
                label = (cell.approach, cell.order, cell.seed, version.task)
                rows += _rows(bench, task, version.fingerprint, label)
    return rows


def _rows(
    bench: Bench, task: str, function: str, label: tuple[str, str | None, int | None, str | None]
) -> list[ZeroShot]:
    approach, order, seed, adapter = label
    return [
        ZeroShot(
            approach=approach,
            order=order,
            seed=seed,
            adapter=adapter,
            task=task,
            subset=subset,
            metric=metric,
            value=value,
            n=bench.items(task, metric)[subset],
        )
        for subset, values in bench.scores(task, function).items()
        for metric, value in values.items()
    ]
