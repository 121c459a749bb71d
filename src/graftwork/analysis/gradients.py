"""Gradient norms by component and stack: a replay of the first steps of a training, and the trained end.

Studies do not record gradients. A training can be replayed from its seed, the data and what the tasks before it saved;
that the losses are those recorded shows how true the replay is. It can tell which component the loss pulled at, and
whether that had died down at the end. It cannot tell what lies between, unless all steps are replayed, and a norm says
nothing of direction.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple, Self, final

import torch
from torch import nn
from torch.utils.hooks import RemovableHandle

from graftwork.analysis.bench import Bench
from graftwork.analysis.versions import Start, Version, acting, at_start, saved_parameters
from graftwork.continual.method import TaskTraining
from graftwork.models.load import Base
from graftwork.results.analysis import Gradients, Replay
from graftwork.study.moments import Moments
from graftwork.training.batches import LENGTH_STEP, Encoded, collate_for, inputs_of, target_losses
from graftwork.training.loop import StepRecord, TrainingConfig, batches_of, precision, train

__all__ = ["replay_gradients"]

TRAINED_BATCHES = 8
"""At the trained weights, the gradient is taken on so many batches."""

Group = tuple[str, str | None]
"""A component and a stack."""


class _EnoughError(Exception):
    """As many steps as were asked for have been replayed."""


class _Replayed(NamedTuple):
    groups: Mapping[Group, Sequence[str]]
    norms: Mapping[Group, list[float]]
    sizes: Mapping[Group, int]
    losses: list[float]
    plan: Sequence[Sequence[int]]
    examples: Sequence[Encoded]


@final
class _Tally:
    """Takes the norms of the gradients of groups of parameters as they come, in a ``with`` block."""

    def __init__(self, groups: Mapping[Group, Iterable[nn.Parameter]]) -> None:
        self._groups = {group: list(parameters) for group, parameters in groups.items()}
        self._sums = dict.fromkeys(self._groups, 0.0)
        self._handles: list[RemovableHandle] = []
        self.norms: dict[Group, list[float]] = {group: [] for group in self._groups}

    def __enter__(self) -> Self:
        for group, parameters in self._groups.items():
            for parameter in parameters:

                def take(one: torch.Tensor, group: Group = group) -> None:
                    if one.grad is not None:
                        self._sums[group] += float(one.grad.double().square().sum())

                handle = parameter.register_post_accumulate_grad_hook(take)  # type: ignore[no-untyped-call]  # it is not
                self._handles.append(handle)
        return self

    def __exit__(self, *raised: object) -> None:
        for handle in self._handles:
            handle.remove()

    def step(self) -> None:
        """A step is over."""
        for group, total in self._sums.items():
            self.norms[group].append(total**0.5)
        self._sums = dict.fromkeys(self._groups, 0.0)


def replay_gradients(
    bench: Bench, versions: Sequence[Version], steps: int | None
) -> tuple[list[Gradients], list[Replay]]:
    """Gradient norms of every task that a cell trained, and how true their replays were.

    Args:
        bench: the study's material.
        versions: what the cell saved.
        steps: how many steps to replay; None for all.
    """
    gradients: list[Gradients] = []
    replays: list[Replay] = []
    for version in versions:
        replayed = _replay(bench, version, steps)
        gradients += _records(version, replayed, _at_the_end(bench, version, replayed))
        replays.append(_truth(version, replayed))
    return gradients, replays


def _records(version: Version, replayed: _Replayed, trained: Mapping[Group, list[float]]) -> list[Gradients]:
    cell = version.cell
    return [
        Gradients(
            approach=cell.approach,
            order=cell.order,
            seed=cell.seed,
            task=version.task,
            component=component,
            stack=stack,
            parameters=replayed.sizes[component, stack],
            replayed=tuple(norms),
            trained=tuple(trained[component, stack]),
        )
        for (component, stack), norms in replayed.norms.items()
    ]


def _truth(version: Version, replayed: _Replayed) -> Replay:
    """How far the losses of a replay are from those recorded."""
    recorded = [float(step["loss"]) for step in version.tasks[-1].read_steps()]
    pairs = list(zip(replayed.losses, recorded, strict=False))
    return Replay(
        approach=version.cell.approach,
        order=version.cell.order,
        seed=version.cell.seed,
        task=version.task,
        steps=len(replayed.losses),
        of=len(replayed.plan),
        difference=max((abs(a - b) for a, b in pairs), default=None),
    )


def _replay(bench: Bench, version: Version, steps: int | None) -> _Replayed:
    config, model = bench.config.training_of(version.approach), bench.base.model
    with at_start(version, bench.base) as start:
        moments = Moments(model, bench.encode, config)
        examples = bench.encode(start.method.before_task(_training(bench, version, start, moments)))
        groups, parameters = _groups(start, bench.base), start.parameters
        plan = batches_of(examples, config, version.seed, encoder_decoder=model.config.is_encoder_decoder)
        wanted = min(steps or len(plan), len(plan))
        bench.progress.start(f"{version.cell.approach}, seed {version.cell.seed}: replay {version.task}", wanted)
        losses: list[float] = []
        with _Tally(_members(groups, parameters)) as tally:

            def on_step(step: StepRecord) -> None:
                losses.append(step.loss)
                tally.step()
                bench.progress.advance(step.step)
                if step.step >= wanted:
                    raise _EnoughError

            with suppress(_EnoughError):
                train(
                    model,
                    {kind: list(part.values()) for kind, part in start.kinds.items()},
                    examples,
                    config,
                    version.seed,
                    on_step,
                    lambda batch, output: start.method.penalty(moments.step(batch, output)),
                    start.learner.training,
                )
    sizes = {group: sum(parameters[name].numel() for name in names) for group, names in groups.items()}
    return _Replayed(groups, tally.norms, sizes, losses, plan, examples)


def _training(bench: Bench, version: Version, start: Start, moments: Moments) -> TaskTraining:
    """The training as the study's worker tells a method of it."""
    return TaskTraining(
        task=version.task,
        earlier=version.cell.tasks[: len(version.tasks) - 1],
        seed=version.seed,
        parameters=start.parameters,
        examples=lambda other: tuple(bench.tasks[other].examples("train")),
        log_likelihood=moments.log_likelihood,
    )


def _groups(start: Start, base: Base) -> dict[Group, tuple[str, ...]]:
    """The names of the parameters by component and stack."""
    groups: dict[Group, tuple[str, ...]] = {}
    for name, place in start.places(base).items():
        group = (place.component, place.stack)
        groups[group] = (*groups.get(group, ()), name)
    return groups


def _members(
    groups: Mapping[Group, Sequence[str]], parameters: Mapping[str, nn.Parameter]
) -> dict[Group, list[nn.Parameter]]:
    return {group: [parameters[name] for name in names] for group, names in groups.items()}


def _at_the_end(bench: Bench, version: Version, replayed: _Replayed) -> Mapping[Group, list[float]]:
    """The norms at the trained weights, on the first batches of the training."""
    config = bench.config.training_of(version.approach)
    with acting(version, bench.base) as grafts:
        saved = saved_parameters(grafts, bench.base)
        with _Tally(_members(replayed.groups, saved)) as tally:
            for indices in replayed.plan[: min(TRAINED_BATCHES, len(replayed.losses))]:
                _gradient(bench, replayed.examples, indices, config)
                tally.step()
                for parameter in saved.values():
                    parameter.grad = None
    return tally.norms


def _gradient(bench: Bench, examples: Sequence[Encoded], indices: Sequence[int], config: TrainingConfig) -> None:
    """Leave the gradient of one batch's mean loss a target token in the parameters."""
    model = bench.base.model
    batch = collate_for(model, examples, indices, LENGTH_STEP)
    with precision(config, model.device):
        logits = model(**inputs_of(model, batch)).logits
    losses = target_losses(logits, batch.labels.to(model.device), model.config.is_encoder_decoder)
    torch.autograd.backward(losses.sum() / sum(len(examples[index].target) for index in indices))
