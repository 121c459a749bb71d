"""Evaluating again what is done: what was saved must load, and score as it did."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from graftwork.continual.learner import Learner, Server
from graftwork.continual.runner import Measured, Pinned, TaskRecord
from graftwork.errors import IsolationError
from graftwork.results.names import Cell
from graftwork.study.worker import ModelWorker

__all__ = ["check_cell", "difference"]


def check_cell(
    cell: Cell, done: TaskRecord, learner: Learner, folders: Mapping[str, Path], worker: ModelWorker
) -> None:
    """Load what a finished cell saved, evaluate it again, and compare with the last row of the score matrix.

    Args:
        cell: the cell.
        done: the record of its last task.
        learner: a fresh learner of its approach; it is closed.
        folders: the adapter of each task.
        worker: measures.

    Raises:
        IsolationError: something came out otherwise.
    """
    try:
        learner.load(folders)
        _measure_again(cell, learner, done.measured, worker)
        _recheck_pinned(cell, learner.pinned(folders), done.pinned, worker)
    finally:
        learner.close()


def _recheck_pinned(cell: Cell, server: Server | None, before: Pinned | None, worker: ModelWorker) -> None:
    if server is None:
        return
    try:
        _measure_again(cell.pinned, server, before.measured if before else (), worker)
    finally:
        server.close()


def _measure_again(cell: Cell, server: Server, measured: Sequence[Measured], worker: ModelWorker) -> None:
    for before in measured:
        again = worker.measure_again(server, before.task)
        if again != before:
            raise IsolationError(f"{cell}: {before.task} {difference(before, again)}")


def difference(before: Measured, again: Measured) -> str:
    """What is otherwise in the second of two measurements that are not equal."""
    if before.fingerprint != again.fingerprint:
        return f"had the fingerprint {before.fingerprint[:12]} and now has {again.fingerprint[:12]}"
    for subset, values in before.scores.items():
        for metric, value in values.items():
            if again.scores[subset].get(metric) != value:
                return f"had {metric} {value} on {subset} and now has {again.scores[subset].get(metric)}"
    return "came out otherwise than before"
