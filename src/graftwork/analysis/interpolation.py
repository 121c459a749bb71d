"""Interpolation between versions of weights that tasks share: the loss on both tasks along the straight line.

It can tell whether the two versions lie in one valley, and whether a mixture would serve both tasks better than either.
It cannot tell that no other path joins them: a hill on the straight line is no proof of two valleys.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise

import torch
from torch import nn

from graftwork.analysis.bench import Bench
from graftwork.analysis.versions import Version
from graftwork.components.attach import Grafts
from graftwork.continual.learners.full import FullFineTuning
from graftwork.models.load import Base
from graftwork.results.analysis import InterpolationPoint

__all__ = ["ALPHAS", "interpolate", "is_shared"]

ALPHAS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Where between the two versions the loss is measured."""


def is_shared(version: Version) -> bool:
    """Whether the tasks of its approach go on training the same weights, all or some."""
    approach = version.approach
    return approach.method.course == "on" or approach.versioned


def interpolate(bench: Bench, versions: Sequence[Version]) -> list[InterpolationPoint]:
    """The losses between every two neighbouring versions of a cell; none where nothing is shared."""
    if not is_shared(versions[0]):
        return []
    return [point for first, second in pairwise(versions) for point in _between(bench, first, second)]


def _between(bench: Bench, first: Version, second: Version) -> Iterator[InterpolationPoint]:
    cell, tasks = first.cell, (first.task, second.task)
    bench.progress.start(f"{cell.approach}, seed {cell.seed}: between {' and '.join(tasks)}", len(ALPHAS))
    with _both(bench.base, first, second) as (shared, grafts):
        for number, alpha in enumerate(ALPHAS):
            for parameter, (before, after) in shared.items():
                parameter.data.copy_(torch.lerp(before, after, alpha))
            for task in tasks:
                if grafts is not None:
                    grafts.use(task)
                counts = bench.loss_items(task)
                for subset, loss in bench.losses(task).items():
                    yield InterpolationPoint(
                        approach=cell.approach,
                        order=cell.order,
                        seed=cell.seed,
                        before=first.task,
                        after=second.task,
                        alpha=alpha,
                        task=task,
                        subset=subset,
                        loss=loss,
                        n=counts[subset],
                    )
            bench.progress.advance(number + 1)


_Ends = Mapping[nn.Parameter, tuple[torch.Tensor, torch.Tensor]]


@contextmanager
def _both(base: Base, first: Version, second: Version) -> Iterator[tuple[_Ends, Grafts | None]]:
    """The shared parameters with their two versions, and the grafts in which each task's adapter goes by its name."""
    if not first.approach.components:
        with _both_bases(base, first, second) as ends:
            yield ends, None
        return
    grafts = Grafts(base)
    try:
        for version in (first, second):
            grafts.load(version.folder, version.task)
        names = first.approach.shared or tuple(first.approach.components)
        yield _ends_of_adapters(grafts, names, first.task, second.task), grafts
    finally:
        grafts.detach()


def _ends_of_adapters(grafts: Grafts, shared: Sequence[str], first: str, second: str) -> _Ends:
    """Both adapters have copies of what is shared; the copies move together."""
    ends: dict[nn.Parameter, tuple[torch.Tensor, torch.Tensor]] = {}
    before, after = grafts.tensors_of(first), grafts.tensors_of(second)
    for name in before:
        if name.partition(".")[0] in shared:
            both = before[name].detach().clone(), after[name].detach().clone()
            ends[before[name]] = ends[after[name]] = both
    return ends


@contextmanager
def _both_bases(base: Base, first: Version, second: Version) -> Iterator[_Ends]:
    learner = FullFineTuning(base)
    try:
        learner.load({first.task: first.folder})
        before = {one: one.detach().clone() for one in base.model.parameters()}
        learner.load({second.task: second.folder})
        yield {one: (earlier, one.detach().clone()) for one, earlier in before.items()}
    finally:
        learner.close()
