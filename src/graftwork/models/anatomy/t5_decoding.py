"""T5's decoder, one token at a time, as its own forward pass computes it and without what that does over again.

What is left out at every token: masks that are known, tables of relative positions, caches that are copied to grow by
one, and most of the Python in between. All rows write at one column of one preallocated cache. T5 looks at distances
only, so a row may begin at any column: the columns before it are masked, and rows enter while others are under way.

The base's modules are called wherever something hangs on them, so components act as they do in a forward pass. Those
that have blocks or heads of their own find this object where a forward pass gives them the cache, and run their parts
through it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
import torch.nn.functional as F
from torch import nn
from transformers import PreTrainedModel

from graftwork.models.anatomy.decoding import Decoding

__all__ = ["T5Decoding", "decodes_lean"]

FIRST_COLUMNS = 64
"""Columns of a new cache; it doubles when they are full."""
_PARTS = ("SelfAttention", "EncDecAttention", "DenseReluDense")


def decodes_lean(model: PreTrainedModel, blocks: Iterable[nn.Module]) -> bool:
    """Whether decoding by ``T5Decoding`` is what the model's own forward pass would do.

    It is not where something hangs on a module that is not called here, where a module was given another forward
    pass, or in float16, whose overflows T5's blocks clamp.
    """
    hooked = {model.lm_head, model.decoder.embed_tokens}
    for block in blocks:
        named = dict(block.named_modules())
        hooked |= {block} | {one for path, one in named.items() if path.rpartition(".")[2] in _PARTS}
        hooked |= {one for one in named.values() if isinstance(one, nn.Linear)}
    modules = [model, model.lm_head, *model.decoder.modules()]
    plain = all(
        not one._forward_pre_hooks and "forward" not in vars(one) and (one in hooked or not one._forward_hooks)
        for one in modules
    )
    return plain and not model.training and model.dtype in (torch.float32, torch.bfloat16)


def _hooked(module: nn.Module, arguments: tuple[Any, ...], keywords: dict[str, Any], output: Any) -> Any:
    """What a module's forward hooks make of its output, as PyTorch calls them."""
    for number, hook in tuple(module._forward_hooks.items()):
        given = (arguments, keywords) if number in module._forward_hooks_with_kwargs else (arguments,)
        changed = hook(module, *given, output)
        output = output if changed is None else changed
    return output


def _span(rows: torch.Tensor | None) -> Any:
    """Rows as an index; neighbours as a slice, which copies nothing."""
    if rows is None:
        return slice(None)
    first, last = int(rows[0]), int(rows[-1])
    return slice(first, last + 1) if last - first + 1 == len(rows) else rows


@final
@dataclass(eq=False)
class _Now:
    """What all parts of the decoder have in common at this token."""

    slots: int
    column: int
    """Where every row writes."""
    first: int
    """The first column that any row began at."""
    bias: torch.Tensor
    """Biases of the positions alone, (1, heads, 1, columns)."""
    starts: torch.Tensor | None
    """Which columns each row has, (slots, 1, 1, columns); None if all have all."""
    length: int
    """Of the longest source."""
    source_mask: torch.Tensor
    """Added to scores of sources: (slots, 1, 1, length)."""

    def self_mask(self, heads: int, rows: Any) -> torch.Tensor:
        """Biases and masks of own columns for as many heads, (rows or 1, heads, 1, columns)."""
        bias = self.bias
        if heads != bias.shape[1]:
            bias = bias[:, [head % bias.shape[1] for head in range(heads)]]
        if self.starts is None:
            return bias
        return torch.where(self.starts[rows], bias, torch.finfo(bias.dtype).min)


class _Attention:
    """An attention of the base or of a component, with its projections and what it remembers."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self.heads, self.size = module.n_heads, module.key_value_proj_dim
        self.memory: torch.Tensor = module.o.weight.new_zeros(2, 0, self.heads, 0, self.size)
        """Keys and values, (2, slots, heads, columns, head size)."""

    def resize(self, slots: int, columns: int, first: int = 0) -> None:
        """Make room; columns before ``first`` are dropped."""
        old = self.memory[:, :slots, :, first:]
        self.memory = old.new_zeros(2, slots, self.heads, columns, self.size)
        self.memory[:, : old.shape[1], :, : old.shape[3]] = old[:, :, :, :columns]

    def select(self, slots: torch.Tensor) -> None:
        self.memory = self.memory.index_select(1, slots)

    def attend(self, queries: torch.Tensor, memory: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Queries (rows, 1, heads · size) to outputs (rows, 1, d_model)."""
        queries = queries.view(-1, 1, self.heads, self.size).transpose(1, 2)
        seen = F.scaled_dot_product_attention(queries, memory[0], memory[1], attn_mask=mask, scale=1.0)
        output: torch.Tensor = self.module.o(seen.transpose(1, 2).reshape(-1, 1, self.heads * self.size))
        return output


@final
class _SelfAttention(_Attention):
    def __init__(self, module: Any) -> None:
        super().__init__(module)
        self.linears = (module.q, module.k, module.v)
        self.fused = torch.cat([linear.weight for linear in self.linears])
        """Their weights below each other: one product where nothing hangs on them."""

    def run(self, states: torch.Tensor, now: _Now, rows: torch.Tensor | None, mask: torch.Tensor) -> torch.Tensor:
        """(rows, 1, d_model) to the same; keys and values are remembered."""
        span = _span(rows)
        if any(linear._forward_hooks for linear in self.linears):  # adapters may come while rows are decoded
            queries, *new = [linear(states) for linear in self.linears]
        else:
            queries, *new = F.linear(states, self.fused).chunk(3, dim=-1)
        for memory, part in zip(self.memory, new, strict=True):
            memory[span, :, now.column] = part.view(-1, self.heads, self.size)
        return self.attend(queries, self.memory[:, span, :, now.first : now.column + 1], mask)


@final
class _CrossAttention(_Attention):
    stale = True
    """Whether keys and values of some slots have still to be computed."""

    def project(self, sources: torch.Tensor) -> torch.Tensor:
        """Encoded sources (rows, length, d_model) to keys and values, (2, rows, heads, length, head size)."""
        parts = [self.module.k(sources), self.module.v(sources)]
        return torch.stack([part.unflatten(-1, (self.heads, self.size)).transpose(1, 2) for part in parts])

    def run(self, states: torch.Tensor, now: _Now, rows: torch.Tensor | None) -> torch.Tensor:
        """(rows, 1, d_model) to the same."""
        span = _span(rows)
        return self.attend(self.module.q(states), self.memory[:, span, :, : now.length], now.source_mask[span])


@final
class _Block:
    """A block of the base or of a component."""

    def __init__(self, block: Any) -> None:
        self.block = block
        self.norms = [layer.layer_norm for layer in block.layer]
        self.own = _SelfAttention(block.layer[0].SelfAttention)
        self.cross = _CrossAttention(block.layer[1].EncDecAttention)
        self.feed_forward = block.layer[2].DenseReluDense
        self.parts = tuple(self.feed_forward.modules())
        self.plain = hasattr(self.feed_forward, "wi") and self.feed_forward.wo.weight.dtype == self.dtype

    @property
    def dtype(self) -> torch.dtype:
        dtype: torch.dtype = self.norms[0].weight.dtype
        return dtype

    def normed(self, part: int, states: torch.Tensor) -> torch.Tensor:
        norm = self.norms[part]
        return F.rms_norm(states, norm.weight.shape, norm.weight, norm.variance_epsilon)

    def feed(self, states: torch.Tensor) -> torch.Tensor:
        part = self.feed_forward
        if self.plain and not any(one._forward_hooks for one in self.parts):
            return F.linear(part.act(F.linear(states, part.wi.weight)), part.wo.weight)
        output: torch.Tensor = part(states)
        return output


@final
@dataclass(frozen=True, eq=False)
class _Read:
    """Prompts that were read and wait for a slot: (prompts, …) each."""

    sources: torch.Tensor
    lengths: list[int]
    mask: torch.Tensor
    memories: list[torch.Tensor]
    """Keys and values by block of the base, (2, prompts, heads, length, head size)."""


@final
class T5Decoding(Decoding):
    """See ``Decoding``; prompts are encoded by the model's own encoder."""

    refills = True

    def __init__(self, model: PreTrainedModel, blocks: Sequence[nn.Module]) -> None:
        self._model, self._decoder = model, model.decoder
        self._blocks = [_Block(block) for block in blocks]
        self._new_blocks: dict[nn.Module, _Block] = {}
        self._new_heads: dict[nn.Module, _SelfAttention | _CrossAttention] = {}
        scaled = getattr(model.config, "scale_decoder_outputs", False)  # mT5's outputs never are
        self._scale = model.model_dim**-0.5 if scaled else None
        self._start = int(model.config.decoder_start_token_id)
        weight = model.decoder.embed_tokens.weight
        self._tokens: torch.Tensor = weight.new_zeros(0, 1, dtype=torch.long)
        self._sources = weight.new_zeros(0, 0, weight.shape[1])
        self._source_mask = weight.new_zeros(0, 1, 1, 0)
        self._lengths: list[int] = []
        self._starts: list[int] = []
        self._column = self._columns = 0
        self._table = weight.new_zeros(0)
        self._waiting: _Read | None = None
        self._now: _Now | None = None
        self._starts_at = self._tokens[:, 0]

    # Rows come and go

    def read(self, input_ids: torch.Tensor, mask: torch.Tensor) -> None:
        """See ``Decoding.read``."""
        device = self._tokens.device
        sources = self._model.encoder(input_ids=input_ids.to(device), attention_mask=mask.to(device)).last_hidden_state
        least = torch.finfo(sources.dtype).min
        added = torch.zeros(mask.shape, dtype=sources.dtype).masked_fill_(mask == 0, least)[:, None, None]
        memories = [block.cross.project(sources) for block in self._blocks]
        self._waiting = _Read(sources, mask.sum(dim=1).tolist(), added.to(device), memories)

    def enter(self, slots: Sequence[int], waiting: Sequence[int]) -> None:
        """See ``Decoding.enter``."""
        assert self._waiting is not None
        read, taken = self._waiting, torch.tensor(waiting, device=self._tokens.device)
        self._make_room(max(len(self._starts), slots[-1] + 1), read.sources.shape[1])
        at = torch.tensor(slots, device=taken.device)
        for block, memory in zip(self._blocks, read.memories, strict=True):
            block.cross.memory[:, at, :, : memory.shape[3]] = memory[:, taken]
        length = read.sources.shape[1]
        self._sources[at, :length] = read.sources[taken]
        self._source_mask[at] = torch.finfo(self._source_mask.dtype).min
        self._source_mask[at, :, :, :length] = read.mask[taken]
        self._tokens[at] = self._start
        for slot, prompt in zip(slots, waiting, strict=True):
            self._lengths[slot], self._starts[slot] = read.lengths[prompt], self._column
        for cross in self._new_crosses():
            cross.stale = True
        self._changed()

    def keep(self, slots: Sequence[int]) -> None:
        """See ``Decoding.keep``."""
        kept = torch.tensor(slots, device=self._tokens.device)
        self._tokens, self._sources = self._tokens[kept], self._sources[kept]
        self._source_mask = self._source_mask[kept]
        self._lengths, self._starts = [self._lengths[slot] for slot in slots], [self._starts[slot] for slot in slots]
        for attention in self._attentions():
            attention.select(kept)
        self._changed()

    def _make_room(self, slots: int, length: int) -> None:
        """Slots, and places for sources, are added; what is there stays."""
        more = slots - len(self._starts)
        length = max(length, self._sources.shape[1])
        if more <= 0 and length == self._sources.shape[1]:
            return
        missing = length - self._sources.shape[1]
        least = torch.finfo(self._source_mask.dtype).min
        self._tokens = F.pad(self._tokens, (0, 0, 0, more))
        self._sources = F.pad(self._sources, (0, 0, 0, missing, 0, more))
        self._source_mask = F.pad(self._source_mask, (0, missing, 0, 0, 0, 0, 0, more), value=least)
        self._lengths, self._starts = self._lengths + [0] * more, self._starts + [self._column] * more
        for attention in self._attentions():
            attention.resize(slots, length if isinstance(attention, _CrossAttention) else self._columns)

    def _changed(self) -> None:
        self._starts_at = torch.tensor(self._starts, device=self._tokens.device).view(-1, 1, 1, 1)

    def _own(self) -> list[_SelfAttention]:
        own = [block.own for block in (*self._blocks, *self._new_blocks.values())]
        return own + [one for one in self._new_heads.values() if isinstance(one, _SelfAttention)]

    def _new_crosses(self) -> list[_CrossAttention]:
        crosses = [block.cross for block in self._new_blocks.values()]
        return crosses + [one for one in self._new_heads.values() if isinstance(one, _CrossAttention)]

    def _attentions(self) -> list[_Attention]:
        return [*self._own(), *(block.cross for block in self._blocks), *self._new_crosses()]

    # One token

    def step(self) -> torch.Tensor:
        """See ``Decoding.step``."""
        now = self._now = self._moment()
        hidden = self._decoder.embed_tokens(self._tokens)
        mask = now.self_mask(now.bias.shape[1], slice(None))
        for block in self._blocks:
            hidden = self._run(block, hidden, now, None, mask)
        norm = self._decoder.final_layer_norm
        hidden = F.rms_norm(hidden, norm.weight.shape, norm.weight, norm.variance_epsilon)
        if self._scale is not None:
            hidden = hidden * self._scale
        logits: torch.Tensor = self._model.lm_head(hidden)
        self._tokens = logits.argmax(dim=-1)
        self._column += 1
        return self._tokens[:, 0]

    def _moment(self) -> _Now:
        first = min(self._starts)
        if self._column == self._columns:
            self._more_columns(first)
            first = min(self._starts)
        width, column = self._column - first + 1, self._column
        starts = None
        if max(self._starts) > first:
            starts = torch.arange(first, column + 1, device=self._tokens.device) >= self._starts_at
        length = max(self._lengths)
        bias = self._table[..., self._columns - width :]
        return _Now(len(self._starts), column, first, bias, starts, length, self._source_mask[..., :length])

    def _more_columns(self, first: int) -> None:
        """Drop the columns that no row has; if few, double them."""
        if first < self._columns / 2 or self._columns == 0:
            self._columns = max(FIRST_COLUMNS, 2 * self._columns)
        for attention in self._own():
            attention.resize(len(self._starts), self._columns, first)
        self._column -= first
        self._starts = [start - first for start in self._starts]
        self._changed()
        table = self._blocks[0].own.module.compute_bias(1, self._columns, past_seen_tokens=self._columns - 1)
        self._table = table.to(self._sources.dtype)

    def _run(
        self, block: _Block, hidden: torch.Tensor, now: _Now, rows: torch.Tensor | None, mask: torch.Tensor
    ) -> torch.Tensor:
        """A block on the hidden states of its rows, (rows, 1, d_model); then what hangs on it."""
        given = hidden
        normed = block.normed(0, hidden)
        hidden = hidden + self._attended(block.own, normed, block.own.run(normed, now, rows, mask))
        normed = block.normed(1, hidden)
        hidden = hidden + self._attended(block.cross, normed, block.cross.run(normed, now, rows))
        hidden = hidden + block.feed(block.normed(2, hidden))
        if not block.block._forward_hooks:
            return hidden
        keywords = {"past_key_values": self}
        output: torch.Tensor = _hooked(block.block, (given,), keywords, (hidden, None, None))[0]
        return output

    def _attended(self, attention: _Attention, normed: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
        """What hangs on an attention acts on its output."""
        if attention.module._forward_hooks:
            output = _hooked(attention.module, (normed,), {"past_key_values": self}, (output, None, None))[0]
        return output

    # Parts of components

    def run_block(self, block: nn.Module, hidden: torch.Tensor, rows: torch.Tensor | None) -> torch.Tensor:
        """Run a component's block on the hidden states of its rows, (slots, 1, d_model) to (rows, 1, d_model)."""
        assert self._now is not None
        now = self._now
        if block not in self._new_blocks:
            own = self._new_blocks[block] = _Block(block)
            own.own.resize(now.slots, self._columns)
        own = self._new_blocks[block]
        self._project(own.cross, rows)
        states = hidden if rows is None else hidden.index_select(0, rows)
        return self._run(own, states, now, rows, now.self_mask(now.bias.shape[1], _span(rows)))

    def run_heads(self, heads: nn.Module, states: torch.Tensor, rows: torch.Tensor | None, own: bool) -> torch.Tensor:
        """Run a component's heads on what an attention was given, (slots, 1, d_model) to (rows, 1, d_model).

        Args:
            heads: an attention of the base's class.
            states: the attention's input.
            rows: the rows to run on, ascending; None for all.
            own: whether they attend to the decoder's own states, else to the source.
        """
        assert self._now is not None
        now = self._now
        if heads not in self._new_heads:
            self._new_heads[heads] = _SelfAttention(heads) if own else _CrossAttention(heads)
            if own:
                self._new_heads[heads].resize(now.slots, self._columns)
        states = states if rows is None else states.index_select(0, rows)
        attention = self._new_heads[heads]
        if isinstance(attention, _SelfAttention):
            return attention.run(states, now, rows, now.self_mask(attention.heads, _span(rows)))
        self._project(attention, rows)
        return attention.run(states, now, rows)

    def _project(self, cross: _CrossAttention, rows: torch.Tensor | None) -> None:
        """Keys and values of the sources, for all rows that a component's part has now, if some are new to it."""
        if not cross.stale:
            return
        span = _span(rows)
        cross.resize(len(self._starts), self._sources.shape[1])
        cross.memory[:, span] = cross.project(self._sources[span])
        cross.stale = False
