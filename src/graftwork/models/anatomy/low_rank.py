"""What hangs on linear layers, as the matrices that it is made of, for whoever computes the layers in a way of its own.

Called one after another, three layers of one input and their branches are nine products; joined, they are three.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
import torch.nn.functional as F
from torch import nn

from graftwork.models.packed import multiplication

__all__ = [
    "ActsOnModules",
    "Added",
    "JoinedLinears",
    "LowRankPart",
    "Made",
    "acts_on",
    "gathering",
    "owners_of",
    "steps_on",
]


@final
@dataclass(frozen=True, eq=False)
class LowRankPart:
    """y = f(x) + scale · up act(down x), on some rows."""

    down: torch.Tensor
    """Shape (rank, inputs)."""
    up: torch.Tensor
    """Shape (outputs, rank)."""
    scale: float
    places: tuple[int, ...] | None = None
    """The rows, None for all."""
    num_named: int | None = None
    """Of how many rows these are some."""
    activation: Callable[[torch.Tensor], torch.Tensor] | None = None
    """act; None for none."""


class ActsOnModules(ABC):
    """Owner of forward hooks that can tell what they do at the moment."""

    @property
    @abstractmethod
    def acting(self) -> object:
        """Another object whenever something else acts."""

    @abstractmethod
    def acts_on(self, module: nn.Module) -> bool:
        """Whether anything acts on a module now."""

    @abstractmethod
    def low_rank_on(self, module: nn.Module) -> Sequence[LowRankPart] | None:
        """The parts that act on a module of one input and output now; None if some are of another form, or trained."""


def owners_of(modules: Iterable[nn.Module]) -> set[ActsOnModules]:
    """Who hangs on modules, as far as they are known to be."""
    hooks = [hook for module in modules for hook in module._forward_hooks.values()]
    owners = {getattr(hook, "__self__", None) for hook in hooks}
    return {owner for owner in owners if isinstance(owner, ActsOnModules)}


def acts_on(module: nn.Module) -> bool:
    """Whether any forward hook of a module does something now."""
    owners = [getattr(hook, "__self__", None) for hook in module._forward_hooks.values()]
    return any(not isinstance(owner, ActsOnModules) or owner.acts_on(module) for owner in owners)


def _acting_on(module: nn.Module) -> list[LowRankPart] | None:
    """The low-rank parts that act on a module now; None if something else acts too."""
    parts: list[LowRankPart] = []
    for hook in module._forward_hooks.values():
        owner = getattr(hook, "__self__", None)
        own = owner.low_rank_on(module) if isinstance(owner, ActsOnModules) else None
        if own is None:
            return None
        parts += own
    return parts


Tensors = tuple[torch.Tensor, ...]
Computed = Callable[[torch.Tensor], torch.Tensor]


@final
class Made:
    """Tensors that are made of others and may be used again; those not asked for twice in succession go."""

    def __init__(self) -> None:
        self._before: dict[Hashable, tuple[Tensors, object]] = {}
        self._now: dict[Hashable, tuple[Tensors, object]] = {}

    def begin(self) -> None:
        """From now on, what was not asked for since the last time is forgotten."""
        self._before, self._now = self._now, {}

    def get(self, key: Hashable, alive: object, make: Callable[[], Tensors]) -> Tensors:
        """What a key stands for, made if need be.

        Args:
            key: whatever tells it from others; identities of objects among it.
            alive: these objects: as long as they live, their identities are nobody else's.
            make: makes it.
        """
        if key not in self._now:
            self._now[key] = self._before.get(key) or (make(), alive)
        return self._now[key][0]


@final
class JoinedLinears:
    """Linear layers of one input, (rows, inputs) to (rows, all outputs): one product, with what hangs on them.

    Low-rank parts for all rows are two more products. Those of several adapters, each on its own rows, are batched
    products over the adapters. With anything else the layers themselves are called.
    """

    def __init__(self, modules: Sequence[Any], pack: bool = False) -> None:
        self.modules = tuple(modules)
        weights = [module.weight for module in self.modules]
        self.plain = all(type(one) is nn.Linear and one.bias is None for one in self.modules)
        self.weight = weights[0] if len(weights) == 1 else torch.cat(weights)
        """The layers' weights below each other."""
        self.sizes = [len(weight) for weight in weights]
        self._product = multiplication(self.weight, pack=pack)
        self.run: Computed = self._plainly

    def prepare(self, made: Made) -> None:
        """Get ready for what acts now."""
        steps = steps_on(self.modules, self.sizes, self.weight, made) if self.plain else None
        if steps is None:
            self.run = self._called
        else:
            self.run = self._with(steps) if steps else self._plainly

    def _plainly(self, states: torch.Tensor) -> torch.Tensor:
        return self._product(states)

    def _with(self, steps: Sequence["Added"]) -> Computed:
        def run(states: torch.Tensor) -> torch.Tensor:
            if any(step.num_named not in (None, len(states)) for step in steps):
                return self._called(states)
            output = self._product(states)
            for step in steps:
                step.add(states, output)
            return output

        return run

    def _called(self, states: torch.Tensor) -> torch.Tensor:
        """By the layers themselves, which take (rows, 1, inputs) as in a forward pass."""
        outputs = [module(states[:, None])[:, 0] for module in self.modules]
        return outputs[0] if len(outputs) == 1 else torch.cat(outputs, dim=-1)


class Added(ABC):
    """Parts that several modules of one input have, as few products."""

    num_named: int | None = None
    """How many rows there have to be; None for any."""

    @abstractmethod
    def add(self, states: torch.Tensor, output: torch.Tensor) -> None:
        """Add what the parts make of the input to the output, in place."""


def steps_on(modules: Sequence[nn.Module], sizes: Sequence[int], like: torch.Tensor, made: Made) -> list[Added] | None:
    """What acts on modules of one input now, to be added to their outputs side by side.

    Args:
        modules: the modules.
        sizes: of their outputs.
        like: a tensor of the type and on the device of what they return.
        made: where tensors are kept.

    Returns:
        Nothing where nothing acts; None where something acts that is of another form.
    """
    found = [_acting_on(module) for module in modules]
    parts = [own for own in found if own is not None]
    if len(parts) < len(found) or not all(_fits(part, like) for own in parts for part in own):
        return None
    everywhere = [[part for part in own if part.places is None] for own in parts]
    by_row = [[part for part in own if part.places is not None] for own in parts]
    if len({part.activation for own in parts for part in own}) > 1 or (any(by_row) and not _ByRow.fits(by_row)):
        return None
    steps: list[Added] = [_Everywhere(sizes, everywhere, made)] if any(everywhere) else []
    return [*steps, _ByRow(by_row, made)] if any(by_row) else steps


def _fits(part: LowRankPart, like: torch.Tensor) -> bool:
    return part.down.dtype == part.up.dtype == like.dtype and part.down.device == like.device


@final
class _Everywhere(Added):
    """Parts on all rows: their inner rows below each other, and one matrix from these to all outputs."""

    def __init__(self, sizes: Sequence[int], parts: Sequence[Sequence[LowRankPart]], made: Made) -> None:
        flat = [part for own in parts for part in own]

        def make() -> Tensors:
            outer = [
                torch.cat([part.scale * part.up for part in own], dim=1) if own else flat[0].up.new_zeros(size, 0)
                for size, own in zip(sizes, parts, strict=True)
            ]
            return torch.cat([part.down for part in flat]), torch.block_diag(*outer).t().contiguous()  # type: ignore[no-untyped-call]

        key = ("everywhere", *((id(part.down), id(part.up), part.scale) for part in flat))
        self.down, self.up = made.get(key, flat, make)
        self.activation = flat[0].activation

    def add(self, states: torch.Tensor, output: torch.Tensor) -> None:
        inner = F.linear(states, self.down)
        output.addmm_(inner if self.activation is None else self.activation(inner), self.up)


@final
class _ByRow(Added):
    """Parts of several adapters, each on rows of its own; the same rows and ranks at all of the joined layers."""

    def __init__(self, parts: Sequence[Sequence[LowRankPart]], made: Made) -> None:
        order = sorted(range(len(parts[0])), key=lambda number: id(parts[0][number].down))
        ordered = [[own[number] for number in order] for own in parts]
        key = ("by row", *((id(part.down), id(part.up), part.scale) for own in ordered for part in own))
        self.down, self.up = made.get(key, ordered, lambda: _stacked(ordered))
        self.layers, self.rank = len(parts), parts[0][0].down.shape[0]
        self.num_named, self.activation = parts[0][0].num_named, parts[0][0].activation
        places = tuple(part.places or () for part in ordered[0])
        self.taken, self.back, self.given = made.get(places, (), lambda: gathering(places, self.down.device))

    @staticmethod
    def fits(parts: Sequence[Sequence[LowRankPart]]) -> bool:
        """Whether they can be batched: every adapter on rows of its own, and alike at all layers."""
        rows = [tuple(part.places or () for part in own) for own in parts]
        shapes = {(part.down.shape, part.up.shape) for own in parts for part in own}
        flat = [place for places in rows[0] for place in places]
        return len(set(rows)) == 1 and len(shapes) == 1 and len(flat) == len(set(flat))

    def add(self, states: torch.Tensor, output: torch.Tensor) -> None:
        adapters = len(self.down)
        inner = torch.bmm(states.index_select(0, self.taken).view(adapters, -1, states.shape[1]), self.down)
        if self.activation is not None:
            inner = self.activation(inner)
        if self.layers > 1:
            inner = inner.view(*inner.shape[:2], self.layers, self.rank).transpose(1, 2).flatten(0, 1)
        deltas = torch.bmm(inner, self.up)
        if self.layers > 1:
            deltas = deltas.view(adapters, self.layers, *deltas.shape[1:]).transpose(1, 2)
        deltas = deltas.reshape(-1, output.shape[1])
        deltas = deltas.index_select(0, self.back)
        if len(deltas) == len(output):
            output.add_(deltas)
        else:
            output.index_add_(0, self.given, deltas)


def _stacked(parts: Sequence[Sequence[LowRankPart]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Parts by layer and adapter to (adapters, inputs, layers · rank) and (adapters · layers, rank, outputs)."""
    adapters = list(zip(*parts, strict=True))
    down = torch.stack([torch.cat([part.down for part in own]).t() for own in adapters])
    return down, torch.stack([(part.scale * part.up).t() for own in adapters for part in own])


def gathering(places: Sequence[Sequence[int]], device: torch.device) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Where equally many rows for each adapter are taken from, and where among these each row is found again.

    Returns:
        The rows to take, (adapters · most rows of one); the place among them of each row that has an adapter; and which
        rows these are, ascending.
    """
    most = max(map(len, places))
    taken = [row for own in places for row in (*own, *[own[0]] * (most - len(own)))]
    found = {row: number * most + place for number, own in enumerate(places) for place, row in enumerate(own)}
    given = sorted(found)
    back = [found[row] for row in given]
    return torch.tensor(taken, device=device), torch.tensor(back, device=device), torch.tensor(given, device=device)
