"""Evaluating one trained model again, in other batches and on other threads: how far scores move for no reason."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import torch

from graftwork.continual.runner import Measured
from graftwork.results.names import Cell
from graftwork.results.records import Repeat
from graftwork.statistics.noise import repeat_floor

__all__ = ["repeated"]

Scores = Mapping[str, Mapping[str, float]]


def repeated(cell: Cell, measured: Measured, batch_rows: int, evaluate: Callable[[int], Scores]) -> tuple[Repeat, ...]:
    """Evaluate what serves a task again, in other batches and on one thread, and tell how far each score moved.

    Args:
        cell: whose model it is.
        measured: its scores, as they stand in the records.
        batch_rows: prompts a batch in those.
        evaluate: scores the same model on the same task, with so many prompts a batch.
    """
    found: dict[str, Scores] = {"as recorded": measured.scores, "again": evaluate(batch_rows)}
    smaller = max(1, batch_rows // 4)
    found[f"batches of {smaller}"] = evaluate(smaller)
    if torch.get_num_threads() > 1:
        with _one_thread():
            found["1 thread"] = evaluate(batch_rows)
    return tuple(
        Repeat(
            approach=cell.approach,
            order=cell.order,
            seed=cell.seed,
            task=measured.task,
            fingerprint=measured.fingerprint,
            subset=subset,
            metric=metric,
            conditions=tuple(found),
            values=tuple(scores[subset][metric] for scores in found.values()),
            floor=repeat_floor([scores[subset][metric] for scores in found.values()]),
        )
        for subset, values in measured.scores.items()
        for metric in values
        if all(metric in scores[subset] for scores in found.values())
    )


@contextmanager
def _one_thread() -> Iterator[None]:
    """Compute on one thread in this block; never on more than the user gave."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
