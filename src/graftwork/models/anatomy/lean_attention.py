"""T5's attention for one query a row, with keys and values laid out for it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import torch
import torch.nn.functional as F

from graftwork.models.anatomy.row_attention import Spans, attend_own_columns
from graftwork.models.anatomy.stacked import Linears, Shares, linears_of_all

__all__ = ["Attention", "CrossAttention", "Moment", "SelfAttention", "Slots", "span_of"]


def span_of(rows: torch.Tensor | None) -> Any:
    """Rows as an index; neighbours as a slice, which copies nothing."""
    if rows is None:
        return slice(None)
    first, last = int(rows[0]), int(rows[-1])
    return slice(first, last + 1) if last - first + 1 == len(rows) else rows


@final
@dataclass(frozen=True, eq=False)
class Slots:
    """Where each slot begins and how long its source is; as long as no row comes or goes and no column is dropped."""

    starts: torch.Tensor
    """The column that each began at, (slots,)."""
    lengths: torch.Tensor
    """Places of each source, (slots,)."""
    source_mask: torch.Tensor
    """Added to scores of sources: (slots, 1, 1, length)."""

    @cached_property
    def first(self) -> int:
        """The first column that any row began at."""
        return int(self.starts.min())

    @cached_property
    def exact(self) -> bool:
        """Whether attention in float32 can be computed row by row, each over its own columns, on this device."""
        return self.source_mask.dtype == torch.float32 and self.source_mask.device.type == "cpu"

    @cached_property
    def share_of_sources(self) -> float:
        """How much of the sources' places up to the longest one is theirs."""
        return float(self.lengths.sum() / (len(self.lengths) * self.lengths.max()))

    @cached_property
    def source_spans(self) -> Spans:
        """The places of each source."""
        return Spans.of(torch.zeros_like(self.lengths), self.lengths)

    @cached_property
    def mean_start(self) -> float:
        """The mean of the columns begun at."""
        return float(self.starts.double().mean())


@final
class Moment:
    """What all parts of the decoder have in common at one token; masks are made once for all that ask for them."""

    def __init__(self, column: int, table: torch.Tensor, slots: Slots, before: "Moment | None" = None) -> None:
        """Get ready.

        Args:
            column: where every row writes.
            table: biases of the positions, the last that of the distance 0: (1, heads, 1, distances).
            slots: those under way.
            before: at the token before, if the slots are the same.
        """
        self.column, self.slots = column, slots
        self.columns = slice(slots.first, column + 1)
        """Those that any row has."""
        self.bias = table[..., table.shape[-1] - (column - slots.first + 1) :]
        """Biases of the positions alone, (1, heads, 1, columns)."""
        self.num_slots, self.length = slots.source_mask.shape[0], slots.source_mask.shape[-1]
        self._masks: dict[tuple[str, int], torch.Tensor] = {}
        if before is not None:
            self._masks = {key: mask for key, mask in before._masks.items() if key[0] == "cross"}
        threads = torch.get_num_threads()
        share = (column + 1 - slots.mean_start) / (column + 1 - slots.first)
        # By rows it is one thread that computes, so what is left out has to be worth more than the other threads.
        self.own_by_rows = slots.exact and share * threads <= 1.0
        self.cross_by_rows = slots.exact and slots.share_of_sources * threads <= 1.0

    @cached_property
    def own_spans(self) -> Spans:
        """The columns of each slot, with the biases of their positions."""
        starts = self.slots.starts
        return Spans.of(starts, torch.full_like(starts, self.column + 1), self.bias[0, :, 0])

    def own_mask(self, heads: int, rows: torch.Tensor | None) -> torch.Tensor:
        """Biases and masks of own columns for as many heads, (rows, heads, 1, columns)."""
        if rows is not None:
            return self._own_mask(heads, span_of(rows), len(rows))
        if ("own", heads) not in self._masks:
            self._masks["own", heads] = self._own_mask(heads, slice(None), self.num_slots).contiguous()
        return self._masks["own", heads]

    def _own_mask(self, heads: int, rows: Any, count: int) -> torch.Tensor:
        bias, starts = self.bias, self.slots.starts
        if heads != bias.shape[1]:
            bias = bias[:, [head % bias.shape[1] for head in range(heads)]]
        if self.slots.mean_start == self.slots.first:
            return bias.expand(count, -1, -1, -1)
        had = torch.arange(self.columns.start, self.columns.stop, device=starts.device) >= starts[rows].view(
            -1, 1, 1, 1
        )
        return torch.where(had, bias, torch.finfo(bias.dtype).min)

    def cross_mask(self, heads: int, rows: torch.Tensor | None) -> torch.Tensor:
        """Masks of the sources for as many heads, (rows, heads, 1, length)."""
        if rows is not None:
            return self.slots.source_mask[span_of(rows)].expand(-1, heads, -1, -1)
        if ("cross", heads) not in self._masks:
            self._masks["cross", heads] = self.slots.source_mask.expand(-1, heads, -1, -1).contiguous()
        return self._masks["cross", heads]


class Attention(ABC):
    """An attention of the base or of a component, or of several adapters, each on rows of its own.

    Attending takes no weights, so the memory of several is one, and only their products are for each adapter.
    """

    def __init__(self, modules: Sequence[Any], names: Sequence[str], shares: Shares | None, pack: bool) -> None:
        self.module = module = modules[0]
        self.modules, self.shares = tuple(modules), shares
        self.heads, self.size = int(module.n_heads), int(module.key_value_proj_dim)
        self.inputs = linears_of_all(modules, names, shares, pack)
        self.output = linears_of_all(modules, ["o"], shares, pack)
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
        """Queries (rows, heads · size), memory (2, rows, heads, columns, size) to the same as the queries."""
        if queries.dtype == torch.float32 and queries.device.type == "cpu":
            keys, values = memory.flatten(1, 2)
            scores = torch.baddbmm(mask.flatten(0, 1), queries.reshape(-1, 1, self.size), keys.transpose(1, 2))
            seen = torch.bmm(scores.softmax(dim=-1), values)
        else:
            queries = queries.view(-1, self.heads, 1, self.size)
            seen = F.scaled_dot_product_attention(queries, memory[0], memory[1], attn_mask=mask, scale=1.0)
        return seen.view(-1, self.heads * self.size)


@final
class SelfAttention(Attention):
    """A decoder's over what it wrote."""

    def __init__(self, modules: Sequence[Any], shares: Shares | None = None, pack: bool = False) -> None:
        super().__init__(modules, ["q", "k", "v"], shares, pack)

    def run(self, states: torch.Tensor, now: Moment, rows: torch.Tensor | None) -> torch.Tensor:
        """(rows, d_model) to the same."""
        span = span_of(rows)
        parts = self.inputs.run(states).view(-1, 3, self.heads, self.size)
        self.memory[:, span, :, now.column] = parts[:, 1:].transpose(0, 1)
        queries = parts[:, 0].flatten(1)
        if now.own_by_rows:
            seen = attend_own_columns(queries, self.memory, now.own_spans.only(rows))
        else:
            seen = self.attend(queries, self.memory[:, span, :, now.columns], now.own_mask(self.heads, rows))
        return self.output.run(seen)


@final
class CrossAttention(Attention):
    """A decoder's over the sources."""

    stale = True
    """Whether keys and values of some slots have still to be computed."""

    def __init__(self, modules: Sequence[Any], shares: Shares | None = None, pack: bool = False) -> None:
        super().__init__(modules, ["q"], shares, pack)

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
        queries = self.inputs.run(states)
        if now.cross_by_rows:
            seen = attend_own_columns(queries, self.memory, now.slots.source_spans.only(rows))
        else:
            memory = self.memory[:, span_of(rows), :, : now.length]
            seen = self.attend(queries, memory, now.cross_mask(self.heads, rows))
        return self.output.run(seen)

    def remember(self, sources: torch.Tensor, rows: Sequence[torch.Tensor | None]) -> None:
        """Keys and values of the rows of each module, of all encoded sources (slots, length, d_model)."""
        for number, own in enumerate(rows):
            span = span_of(own)
            self.memory[:, span] = self.project(sources[span], number)
        self.stale = False
