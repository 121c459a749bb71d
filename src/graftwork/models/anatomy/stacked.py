"""The same layers of several adapters, each on rows of its own, as one product.

A product of four rows takes half as long as one of 32, so a product for each of eight adapters takes four times as long
as one for all rows. In float32 on a CPU each row is multiplied where it lies instead (``row_products``); else it is a
batched product over the adapters, with the weights on the left for a few rows each.
"""

from collections.abc import Sequence
from typing import Any, final

import torch
import torch.nn.functional as F
from torch import nn

from graftwork.models.anatomy.added import gathering
from graftwork.models.anatomy.joined_linears import JoinedLinears
from graftwork.models.anatomy.low_rank import acts_on
from graftwork.models.anatomy.made import Made
from graftwork.models.anatomy.row_products import AT_ONCE, multiply_rows, owned_rows

__all__ = ["Linears", "Norm", "Shares", "StackedLinears", "linears_of_all", "stackable"]

STACKED_BYTES = 256 * 2**20
"""Stacks are copies of weights; modules of more bytes than this together run one after the other ..."""
PADDED_AT_MOST = 2.0
"""... as do those of batched products whose shares are so unequal that padding makes more than this times the rows."""
SMALL = 1 << 18
"""One thread multiplies rows where they lie; several are faster with batched products of weights that are larger than
this divided by their number."""
FEW_ROWS = 4
"""Up to so many rows each, a batched product is faster with the weights on the left."""


@final
class Shares:
    """Which rows each of several adapters has, in a batch of their rows alone, ascending."""

    def __init__(self, rows: Sequence[torch.Tensor]) -> None:
        self.divide(rows)

    def divide(self, rows: Sequence[torch.Tensor]) -> None:
        """Give each its rows, numbers in the whole batch."""
        self.rows = tuple(rows)
        given = torch.cat(list(rows)).sort().values
        places = [torch.searchsorted(given, own).tolist() for own in rows]
        self.given = given
        """The rows of all, as numbers in the whole batch."""
        self.taken, self.back, _ = gathering(places, given.device)
        self.owners = self.back // (len(self.taken) // len(rows))
        """Whose each of the rows is."""
        self.owned = owned_rows(places)
        """The rows of each one after the other, as places among those of all, with the owner's number."""


@final
class StackedLinears:
    """What ``JoinedLinears`` is for one adapter: layers of one input, and their outputs side by side."""

    def __init__(self, layers: Sequence[Sequence[Any]], shares: Shares) -> None:
        self.shares = shares
        self.weight = torch.stack([torch.cat([layer.weight for layer in own]) for own in layers])
        """Shape (adapters, outputs, inputs)."""
        self._row_after_row = _row_after_row(self.weight)

    def prepare(self, made: Made) -> None:
        """Nothing hangs on these layers."""

    def run(self, states: torch.Tensor) -> torch.Tensor:
        """(rows, inputs) to (rows, all outputs)."""
        if self._row_after_row:
            return multiply_rows(states.contiguous(), self.weight, self.shares.owned)
        adapters, outputs, inputs = self.weight.shape
        shared = states.index_select(0, self.shares.taken).view(adapters, -1, inputs)
        if shared.shape[1] <= FEW_ROWS:
            products = torch.bmm(self.weight, shared.transpose(1, 2)).transpose(1, 2)
        else:
            products = torch.bmm(shared, self.weight.transpose(1, 2))
        return products.reshape(-1, outputs).index_select(0, self.shares.back)


Linears = JoinedLinears | StackedLinears


def linears_of_all(owners: Sequence[Any], names: Sequence[str], shares: Shares | None, pack: bool = False) -> Linears:
    """The linear layers of these names of one owner, or of several that share the rows.

    Those of one are laid out for the processor with ``pack``.
    """
    layers = [[getattr(owner, name) for name in names] for owner in owners]
    return JoinedLinears(layers[0], pack) if shares is None else StackedLinears(layers, shares)


@final
class Norm:
    """T5's norm of one block, or of several that share the rows."""

    def __init__(self, norms: Sequence[Any], shares: Shares | None) -> None:
        self.weight, self.epsilon, self.shares = norms[0].weight, norms[0].variance_epsilon, shares
        self.weights = self.weight if shares is None else torch.stack([norm.weight for norm in norms])

    def run(self, states: torch.Tensor) -> torch.Tensor:
        """(rows, d_model) to the same."""
        if self.shares is None:
            return F.rms_norm(states, self.weight.shape, self.weight, self.epsilon)
        normed = F.rms_norm(states, self.weight.shape, None, self.epsilon)
        return normed * self.weights.index_select(0, self.shares.owners)


def stackable(modules: Sequence[nn.Module], rows: Sequence[torch.Tensor]) -> bool:
    """Whether modules with these rows can and should be batched: alike, nothing hangs on them, and no waste."""
    parts = [list(module.modules()) for module in modules]
    shapes = {tuple((name, one.shape, one.dtype) for name, one in own.named_parameters()) for own in modules}
    if len(shapes) > 1 or len({tuple(map(type, own)) for own in parts}) > 1:
        return False
    flat = [one for own in parts for one in own]
    linears = [one for one in flat if isinstance(one, nn.Linear)]
    if any(type(one) is not nn.Linear or one.bias is not None for one in linears) or any(map(acts_on, flat)):
        return False
    count = sum(one.nbytes for own in modules for one in own.parameters())
    shares = [len(own) for own in rows]
    padded = torch.get_num_threads() > 1 or not all(_row_after_row(one.weight) for one in linears)
    return count <= STACKED_BYTES and not (padded and len(shares) * max(shares) > PADDED_AT_MOST * sum(shares))


def _row_after_row(weight: torch.Tensor) -> bool:
    """Whether products with a weight for each adapter, (..., outputs, inputs), are computed where the rows lie."""
    outputs, inputs = weight.shape[-2:]
    exact = weight.dtype == torch.float32 and weight.device.type == "cpu" and outputs % AT_ONCE == 0
    threads = torch.get_num_threads()
    return exact and (threads == 1 or outputs * inputs * threads <= SMALL)
