"""Branches of several adapters on one module, each on its own rows of the batch, in one pass over the batch.

One after the other, each would copy the module's whole output to add its part. Together they take their rows from the
input once and give one sum back; low-rank branches of like shapes are one batched product. Blocks and heads are handed
to the anatomy together, which may run them so.
"""

from collections.abc import Sequence
from typing import Any, final

import torch

from graftwork.components.component import AdditiveBranch, Branch, JointBranch
from graftwork.components.ffn_expansion import FFNBranch
from graftwork.components.linear_expansion import ParallelBranch
from graftwork.components.lora import LowRankBranch
from graftwork.components.rows import Rows
from graftwork.models.anatomy import LowRankPart, input_of, products_by_row, thin

__all__ = ["BranchesByRow", "JointByRow", "joined", "low_rank_parts"]

FEW_PLACES = 4096
"""Up to so many places (rows × length) a batched product is faster than a product for each adapter."""
FEW_PLACES_A_THREAD = 256
"""One thread multiplies rows where they lie; several are faster with batched products from so many places each."""

Step = tuple[Branch, Rows | None]


def joined(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The same steps, with those of one form that act on rows of their own made into one.

    Steps on other rows do not see each other, so one may be moved before them.
    """
    groups: list[list[Step]] = []
    for branch, rows in steps:
        place = len(groups)
        for number in reversed(range(len(groups))):
            if not all(_apart(rows, other) for _, other in groups[number]):
                break
            if _form(branch) is not None and _form(branch) is _form(groups[number][0][0]):
                place = number
        if place == len(groups):
            groups.append([])
        groups[place].append((branch, rows))
    return tuple(_one(group) for group in groups)


def _apart(some: Rows | None, others: Rows | None) -> bool:
    """Whether no row of the same batch is among both."""
    if some is None or others is None or some.num_named != others.num_named:
        return False
    return set(some.places).isdisjoint(others.places)


def _form(branch: Branch) -> type[Branch] | None:
    """What branches have in common that may be made into one; None for none."""
    if isinstance(branch, JointBranch):
        return type(branch)
    return AdditiveBranch if isinstance(branch, AdditiveBranch) else None


def low_rank_parts(steps: Sequence[Step]) -> list[LowRankPart] | None:
    """The same steps as matrices; None if some are of another form, or drop some of their inputs."""
    parts: list[LowRankPart] = []
    for branch, rows in steps:
        if isinstance(branch, BranchesByRow):
            own = low_rank_parts(branch.group)
            if own is None:
                return None
            parts += own
            continue
        places, num_named = (None, None) if rows is None else (tuple(rows.places), rows.num_named)
        if isinstance(branch, LowRankBranch) and not (branch.training and branch.dropout > 0):
            parts.append(LowRankPart(branch.down, branch.up, branch.scale, places, num_named))
        elif isinstance(branch, ParallelBranch):
            parts.append(LowRankPart(branch.down, branch.up, branch.scale, places, num_named, branch.activate))
        elif isinstance(branch, FFNBranch) and branch.w_gate is None:
            parts.append(
                LowRankPart(branch.w_in, branch.w_out, branch.scale, places, num_named, branch.place.activation)
            )
        else:
            return None
    return parts


def _one(group: Sequence[Step]) -> Step:
    if not group[1:]:
        return group[0]
    by_row = JointByRow if isinstance(group[0][0], JointBranch) else BranchesByRow
    return by_row(group), None  # type: ignore[arg-type]  # they are of one form


@final
class JointByRow(Branch):
    """Branches on one module that may be computed as one, no two of them on one row; some rows may have none."""

    def __init__(self, group: Sequence[tuple[JointBranch, Rows]]) -> None:
        super().__init__()
        self.group = tuple(sorted(group, key=lambda step: id(step[0])))  # so, whatever rows come first
        """The branches with their rows; not submodules, since they belong to their components."""
        self._branches = tuple(branch for branch, _ in self.group)

    def graft(
        self, arguments: tuple[Any, ...], keywords: dict[str, Any], output: Any, rows: torch.Tensor | None
    ) -> Any:
        """See ``Branch.graft``; the rows are its own matter."""
        first = output[0] if isinstance(output, tuple) else output
        own = [own.of_batch(first.shape[0], first.device) for _, own in self.group]
        return self._branches[0].graft_all(self._branches, arguments, keywords, output, own)


@final
class BranchesByRow(Branch):
    """Additive branches on one module, no two of them on one row; some rows may have none."""

    def __init__(self, group: Sequence[tuple[AdditiveBranch, Rows]]) -> None:
        super().__init__()
        self.group = tuple(group)
        """The branches with their rows; not submodules, since they belong to their components."""
        self._branches = tuple(branch for branch, _ in group)
        self._sizes = [len(rows.places) for _, rows in group]
        self._order = Rows([place for _, rows in group for place in rows.places], group[0][1].num_named, ordered=True)
        self._owned: dict[torch.Size, torch.Tensor] = {}

    def graft(
        self, arguments: tuple[Any, ...], keywords: dict[str, Any], output: Any, rows: torch.Tensor | None
    ) -> Any:
        """See ``Branch.graft``; the rows are its own matter."""
        batch, inputs = output.shape[0], input_of(arguments, keywords)
        order = self._order.of_batch(batch, output.device)
        copies = batch // self._order.num_named
        parts = low_rank_parts(self.group)
        as_one = parts if parts is not None and thin(parts) else None
        if as_one is not None and _best_where_they_lie(as_one, inputs, output):
            products = products_by_row(as_one, self._owned_places(inputs.shape[:-1], copies))
            output = output.detach().clone(memory_format=torch.contiguous_format)
            products.add(inputs.detach().flatten(0, -2).contiguous(), output.flatten(0, -2))
            return output
        inputs = inputs.index_select(0, order)
        deltas = self._deltas(as_one, inputs, [size * copies for size in self._sizes])
        return output.index_add(0, order, deltas.to(output.dtype))  # under autocast they may differ

    def _owned_places(self, shape: torch.Size, copies: int) -> torch.Tensor:
        """The places of the batch, row by row, with whose they are: (places, 2)."""
        if shape not in self._owned:
            length = shape[1:].numel()
            rows = self._order.of_batch(shape[0], torch.device("cpu"))
            owners = torch.arange(len(self.group)).repeat_interleave(torch.tensor(self._sizes) * copies)
            places = rows[:, None] * length + torch.arange(length)
            self._owned = {shape: torch.stack([places, owners[:, None].expand_as(places)], dim=-1).flatten(0, 1)}
        return self._owned[shape]

    def _deltas(self, as_one: list[LowRankPart] | None, inputs: torch.Tensor, sizes: list[int]) -> torch.Tensor:
        """The branches' parts, scaled, for their rows one branch after the other."""
        few = inputs.shape[:-1].numel() <= FEW_PLACES and len(set(sizes)) == 1
        if few and as_one is not None:
            return _batched(as_one, inputs)
        own = zip(self._branches, torch.split(inputs, sizes), strict=True)
        return torch.cat([branch.scaled(part) for branch, part in own])


def _best_where_they_lie(parts: Sequence[LowRankPart], inputs: torch.Tensor, output: torch.Tensor) -> bool:
    """Whether rows are multiplied one after the other: without a gradient, and by how many threads there are."""
    types = {parts[0].down.dtype, inputs.dtype, output.dtype}
    exact = not torch.is_grad_enabled() and types == {torch.float32} and inputs.device.type == "cpu"
    threads = torch.get_num_threads()
    return exact and (threads == 1 or inputs.shape[:-1].numel() <= threads * FEW_PLACES_A_THREAD)


def _batched(parts: Sequence[LowRankPart], inputs: torch.Tensor) -> torch.Tensor:
    """Low-rank parts of one form, of equally many rows each, in two batched products."""
    down, up = torch.stack([part.down for part in parts]), torch.stack([part.up for part in parts])
    inner = inputs.reshape(len(parts), -1, inputs.shape[-1]) @ down.transpose(1, 2)
    if parts[0].activation is not None:
        inner = parts[0].activation(inner)
    scales = [part.scale for part in parts]
    deltas = inner @ up.transpose(1, 2)
    deltas = deltas * scales[0] if len(set(scales)) == 1 else deltas * deltas.new_tensor(scales)[:, None, None]
    return deltas.reshape(*inputs.shape[:-1], -1)
