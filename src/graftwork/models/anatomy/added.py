"""Low-rank parts that hang on modules of one input, added to their outputs side by side in few products."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import final

import torch
import torch.nn.functional as F
from torch import nn

from graftwork.models.anatomy.low_rank import LowRankPart, alike, parts_on
from graftwork.models.anatomy.made import Made, Tensors
from graftwork.models.anatomy.row_products import AT_ONCE, RowProducts, owned_rows

__all__ = ["Added", "gathering", "products_by_row", "steps_on", "thin"]

FEW_RANKS = 64
"""Products of so many ranks, of all layers together, are thin: several adapters' are better computed as one."""


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
    found = [parts_on(module) for module in modules]
    parts = [own for own in found if own is not None]
    if len(parts) < len(found) or not all(_fits(part, like) for own in parts for part in own):
        return None
    everywhere = [[part for part in own if part.places is None] for own in parts]
    by_row = [[part for part in own if part.places is not None] for own in parts]
    if len({part.activation for own in parts for part in own}) > 1 or (any(by_row) and not _can_be_joined(by_row)):
        return None
    steps: list[Added] = [_Everywhere(sizes, everywhere, made)] if any(everywhere) else []
    return [*steps, _by_row(by_row, made)] if any(by_row) else steps


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
class _Batched(Added):
    """Parts of several adapters, each on rows of its own, as batched products over the adapters."""

    def __init__(self, parts: Sequence[Sequence[LowRankPart]], made: Made) -> None:
        key = ("batched", *_identity(parts))
        self.down, self.up = made.get(key, parts, lambda: _stacked(parts))
        self.layers, self.rank = len(parts), parts[0][0].down.shape[0]
        self.num_named, self.activation = parts[0][0].num_named, parts[0][0].activation
        places = _places(parts[0])
        self.taken, self.back, self.given = made.get(places, (), lambda: gathering(places, self.down.device))

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


@final
class _RowAfterRow(Added):
    """The same, each row where it lies."""

    def __init__(self, parts: Sequence[Sequence[LowRankPart]], made: Made) -> None:
        key = ("row after row", *_identity(parts))
        down, up = made.get(key, parts, lambda: _laid_out(parts))
        places = _places(parts[0])
        (rows,) = made.get(("owned", places), (), lambda: (owned_rows(places),))
        self.num_named = parts[0][0].num_named
        self._products = RowProducts(down, up, rows, parts[0][0].activation)

    def add(self, states: torch.Tensor, output: torch.Tensor) -> None:
        self._products.add(states, output)


def _by_row(parts: Sequence[Sequence[LowRankPart]], made: Made) -> Added:
    """Parts by layer, of adapters each on rows of its own, which ``_can_be_joined`` said can be."""
    order = sorted(range(len(parts[0])), key=lambda number: id(parts[0][number].down))  # so, whatever rows come first
    ordered = [[own[number] for number in order] for own in parts]
    return _RowAfterRow(ordered, made) if _have_few_ranks(parts) else _Batched(ordered, made)


def thin(parts: Sequence[LowRankPart]) -> bool:
    """Whether parts of several adapters on one module are of one form and of so few ranks as to be computed as one."""
    return alike(parts) and parts[0].down.shape[0] <= FEW_RANKS


def products_by_row(parts: Sequence[LowRankPart], rows: torch.Tensor) -> RowProducts:
    """Parts of several adapters on one module as products of one row after the other, in float32 on a CPU.

    Args:
        parts: thin ones, one an adapter; on which rows they are does not count.
        rows: of each, as ``owned_rows`` tells them.
    """
    return RowProducts(*_laid_out([parts]), rows, parts[0].activation)


def _have_few_ranks(parts: Sequence[Sequence[LowRankPart]]) -> bool:
    down = parts[0][0].down
    return len(parts) * down.shape[0] <= FEW_RANKS and down.dtype == torch.float32 and down.device.type == "cpu"


def _can_be_joined(parts: Sequence[Sequence[LowRankPart]]) -> bool:
    """Whether every adapter has rows of its own, and the same rows and shapes at all layers."""
    rows = [_places(own) for own in parts]
    shapes = {(part.down.shape, part.up.shape) for own in parts for part in own}
    flat = [place for places in rows[0] for place in places]
    return len(set(rows)) == 1 and len(shapes) == 1 and len(flat) == len(set(flat))


def _places(parts: Sequence[LowRankPart]) -> tuple[tuple[int, ...], ...]:
    return tuple(part.places or () for part in parts)


def _identity(parts: Sequence[Sequence[LowRankPart]]) -> tuple[tuple[int, int, float], ...]:
    return tuple((id(part.down), id(part.up), part.scale) for own in parts for part in own)


def _stacked(parts: Sequence[Sequence[LowRankPart]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Parts by layer and adapter to (adapters, inputs, layers · rank) and (adapters · layers, rank, outputs)."""
    adapters = list(zip(*parts, strict=True))
    down = torch.stack([torch.cat([part.down for part in own]).t() for own in adapters])
    return down, torch.stack([(part.scale * part.up).t() for own in adapters for part in own])


def _laid_out(parts: Sequence[Sequence[LowRankPart]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Parts by layer and adapter to what ``row_products`` takes; ranks are filled up with rows of zeros."""
    flat = [part for own in zip(*parts, strict=True) for part in own]  # adapter by adapter
    down = torch.stack([part.down for part in flat])
    up = torch.stack([part.up for part in flat]).mul_(down.new_tensor([part.scale for part in flat])[:, None, None])
    up = up.transpose(1, 2).contiguous()
    if missing := -down.shape[1] % AT_ONCE:
        down, up = F.pad(down, (0, 0, 0, missing)), F.pad(up, (0, 0, 0, missing))
    shape = (len(parts[0]), len(parts))
    return down.view(*shape, *down.shape[1:]).flatten(1, 2), up.view(*shape, *up.shape[1:])


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
