"""Learning curves: from every training step to as many points as a reader can use."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from graftwork.results.names import Cell
from graftwork.results.records import CurvePoint, SubsetLoss

__all__ = ["thin_curve"]


def thin_curve(steps: Sequence[Mapping[str, Any]], cell: Cell, task: str, most: int = 100) -> tuple[CurvePoint, ...]:
    """Join steps into at most about ``most`` points; a point's loss is the mean over the steps it stands for.

    Every finite loss counts in a mean; a point without any has none. A step with validation losses always ends a point,
    so that none is lost.

    Args:
        steps: plain data with ``step`` (optimizer steps done), ``tokens`` (real tokens so far), ``loss`` (nats a target
            token, or None) and, where measured, ``validation``: a list of ``{task, subset, loss}``.
        cell: the cell that the steps belong to.
        task: the task being trained.
        most: points wanted.
    """
    width = max(1, -(-len(steps) // most))
    points: list[CurvePoint] = []
    losses: list[float] = []
    for number, step in enumerate(steps, start=1):
        if step["loss"] is not None and math.isfinite(step["loss"]):
            losses.append(step["loss"])
        validation = step.get("validation") or ()
        if not validation and number % width and number < len(steps):
            continue
        points.append(
            CurvePoint(
                approach=cell.approach,
                order=cell.order,
                seed=cell.seed,
                task=task,
                step=step["step"],
                tokens=step["tokens"],
                loss=sum(losses) / len(losses) if losses else None,
                validation=tuple(SubsetLoss.model_validate(entry) for entry in validation),
            )
        )
        losses = []
    return tuple(points)
