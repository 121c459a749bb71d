"""T5's attention for one query a row, with keys and values laid out for it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, final

import torch
import torch.nn.functional as F

from graftwork.models.anatomy.stacked import Linears, Shares, linears_of_all

__all__ = ["Attention", "CrossAttention", "Moment", "SelfAttention", "span_of"]


def span_of(rows: torch.Tensor | None) -> Any:
    """Rows as an index; neighbours as a slice, which copies nothing."""
    if rows is None:
        return slice(None)
    first, last = int(rows[0]), int(rows[-1])
    return slice(first, last + 1) if last - first + 1 == len(rows) else rows


@final
class Moment:
    """What all parts of the decoder have in common at one token; masks are made once for all that ask for them."""

    def __init__(
        self, column: int, first: int, bias: torch.Tensor, starts: torch.Tensor | None, source_mask: torch.Tensor
    ) -> None:
        self.column = column
        """Where every row writes."""
        self.first = first
        """The first column that any row began at."""
        self.bias = bias
        """Biases of the positions alone, (1, heads, 1, columns)."""
        self.starts = starts
        """Which columns each row has, (slots, 1, 1, columns); None if all have all."""
        self.source_mask = source_mask
        """Added to scores of sources: (slots, 1, 1, length)."""
        self.slots, self.length = source_mask.shape[0], source_mask.shape[-1]
        self._masks: dict[tuple[str, int], torch.Tensor] = {}

    def own_mask(self, heads: int, rows: torch.Tensor | None) -> torch.Tensor:
        """Biases and masks of own columns for as many heads, (rows, heads, 1, columns)."""
        if rows is not None:
            return self._own_mask(heads, span_of(rows), len(rows))
        if ("own", heads) not in self._masks:
            self._masks["own", heads] = self._own_mask(heads, slice(None), self.slots).contiguous()
        return self._masks["own", heads]

    def _own_mask(self, heads: int, rows: Any, count: int) -> torch.Tensor:
        bias = self.bias
        if heads != bias.shape[1]:
            bias = bias[:, [head % bias.shape[1] for head in range(heads)]]
        if self.starts is None:
            return bias.expand(count, -1, -1, -1)
        return torch.where(self.starts[rows], bias, torch.finfo(bias.dtype).min)

    def cross_mask(self, heads: int, rows: torch.Tensor | None) -> torch.Tensor:
        """Masks of the sources for as many heads, (rows, heads, 1, length)."""
        if rows is not None:
            return self.source_mask[span_of(rows)].expand(-1, heads, -1, -1)
        if ("cross", heads) not in self._masks:
            self._masks["cross", heads] = self.source_mask.expand(-1, heads, -1, -1).contiguous()
        return self._masks["cross", heads]

    def later(self, column: int, first: int, bias: torch.Tensor, starts: torch.Tensor | None) -> "Moment":
        """The next one, of the same rows."""
        later = Moment(column, first, bias, starts, self.source_mask)
        later._masks = {key: mask for key, mask in self._masks.items() if key[0] == "cross"}
        return later


class Attention(ABC):
    """An attention of the base or of a component, or of several adapters, each on rows of its own.

    Attending takes no weights, so the memory of several is one, and only their products are for each adapter.
    """

    def __init__(self, modules: Sequence[Any], names: Sequence[str], shares: Shares | None) -> None:
        self.module = module = modules[0]
        self.modules, self.shares = tuple(modules), shares
        self.heads, self.size = int(module.n_heads), int(module.key_value_proj_dim)
        self.inputs = linears_of_all(modules, names, shares)
        self.output = linears_of_all(modules, ["o"], shares)
        self.memory: torch.Tensor = module.o.weight.new_zeros(2, 0, self.heads, 0, self.size)
        """Keys and values, (2, slots, heads, columns, head size)."""

    @final
    def linears(self) -> list[Linears]:
        """What it multiplies by at every token."""
        return [self.inputs, self.output]

    @abstractmethod
    def run(self, states: torch.Tensor, now: Moment, rows: torch.Tensor | None) -> torch.Tensor:
        """(rows, d_model) to the same; rows are None for all."""

    def resize(self, slots: int, columns: int, first: int = 0) -> None:
        """Make room; columns before ``first`` are dropped, and those from ``columns`` on."""
        old = self.memory[:, :slots, :, first : first + columns]
        self.memory = old.new_zeros(2, slots, self.heads, columns, self.size)
        self.memory[:, : old.shape[1], :, : old.shape[3]] = old

    def select(self, slots: torch.Tensor) -> None:
        """Keep these slots, ascending."""
        self.memory = self.memory.index_select(1, slots)

    def attend(self, queries: torch.Tensor, memory: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Queries (rows, heads · size), memory (2, rows, heads, columns, size) to outputs (rows, d_model)."""
        if queries.dtype == torch.float32 and queries.device.type == "cpu":
            keys, values = memory.flatten(1, 2)
            scores = torch.baddbmm(mask.flatten(0, 1), queries.reshape(-1, 1, self.size), keys.transpose(1, 2))
            seen = torch.bmm(scores.softmax(dim=-1), values)
        else:
            queries = queries.view(-1, self.heads, 1, self.size)
            seen = F.scaled_dot_product_attention(queries, memory[0], memory[1], attn_mask=mask, scale=1.0)
        return self.output.run(seen.view(-1, self.heads * self.size))


@final
class SelfAttention(Attention):
    """A decoder's over what it wrote."""

    def __init__(self, modules: Sequence[Any], shares: Shares | None = None) -> None:
        super().__init__(modules, ["q", "k", "v"], shares)

    def run(self, states: torch.Tensor, now: Moment, rows: torch.Tensor | None) -> torch.Tensor:
        """(rows, d_model) to the same; keys and values are remembered."""
        span = span_of(rows)
        parts = self.inputs.run(states).view(-1, 3, self.heads, self.size)
        self.memory[:, span, :, now.column] = parts[:, 1:].transpose(0, 1)
        memory = self.memory[:, span, :, now.first : now.column + 1]
        return self.attend(parts[:, 0].flatten(1), memory, now.own_mask(self.heads, rows))


@final
class CrossAttention(Attention):
    """A decoder's over the sources."""

    stale = True
    """Whether keys and values of some slots have still to be computed."""

    def __init__(self, modules: Sequence[Any], shares: Shares | None = None) -> None:
        super().__init__(modules, ["q"], shares)

    def project(self, sources: torch.Tensor, number: int = 0) -> torch.Tensor:
        """Encoded sources (rows, length, d_model) to keys and values, (2, rows, heads, length, head size).

        Args:
            sources: those of some rows.
            number: of the module whose rows they are.
        """
        parts = [self.modules[number].k(sources), self.modules[number].v(sources)]
        return torch.stack([part.unflatten(-1, (self.heads, self.size)).transpose(1, 2) for part in parts])

    def run(self, states: torch.Tensor, now: Moment, rows: torch.Tensor | None) -> torch.Tensor:
        """(rows, d_model) to the same."""
        memory = self.memory[:, span_of(rows), :, : now.length]
        return self.attend(self.inputs.run(states), memory, now.cross_mask(self.heads, rows))

    def remember(self, sources: torch.Tensor, rows: Sequence[torch.Tensor | None]) -> None:
        """Keys and values of the rows of each module, of all encoded sources (slots, length, d_model)."""
        for number, own in enumerate(rows):
            span = span_of(own)
            self.memory[:, span] = self.project(sources[span], number)
        self.stale = False
