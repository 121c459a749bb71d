"""Evaluating one trained model again, in other batches and on other threads: how far scores move for no reason."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

import torch

from graftwork.continual.runner import Measured
from graftwork.evaluation.evaluate import Evaluation
from graftwork.results.names import Cell
from graftwork.results.records import Repeat
from graftwork.statistics.noise import repeat_floor
from graftwork.study.threads import on_threads

__all__ = ["one_thread", "repeated", "smaller_batches"]

Scores = Mapping[str, Mapping[str, float]]


def repeated(
    cell: Cell, measured: Measured, batch_rows: int, evaluate: Callable[[int], Evaluation], most_threads: int = 1
) -> tuple[Repeat, ...]:
    """Evaluate what serves a task again, in other batches and on other threads, and tell how far each score moved.

    Args:
        cell: whose model it is.
        measured: its scores, as they stand in the records.
        batch_rows: prompts a batch in those.
        evaluate: evaluates the same model on the same task, with so many prompts a batch.
        most_threads: what the user gave; where scores come from one thread, they are compared with these.
    """
    again = evaluate(batch_rows)
    smaller = smaller_batches(batch_rows)
    others = {"again": again, f"batches of {smaller}": evaluate(smaller)}
    now = torch.get_num_threads()
    threads = 1 if now > 1 else most_threads
    if threads != now:
        with on_threads(threads):
            others["1 thread" if threads == 1 else f"{threads} threads"] = evaluate(batch_rows)
    found: dict[str, Scores] = {"as recorded": measured.scores, **{name: one.scores for name, one in others.items()}}
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
            changed_texts=tuple(_changed_texts(again, one, subset) for one in others.values()),
        )
        for subset, values in measured.scores.items()
        for metric in values
        if all(metric in scores[subset] for scores in found.values())
    )


def _changed_texts(one: Evaluation, other: Evaluation, subset: str) -> int:
    pairs = zip(one.items[subset], other.items[subset], strict=True)
    return sum(first.prediction != second.prediction for first, second in pairs)


def smaller_batches(batch_rows: int) -> int:
    """How many prompts a batch the other batches have."""
    return max(1, batch_rows // 4)


def one_thread() -> AbstractContextManager[None]:
    """Compute on one thread in this block; never on more than the user gave."""
    return on_threads(1)
