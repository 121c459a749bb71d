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
from graftwork.models.anatomy.lean_attention import Attention, CrossAttention, Moment, SelfAttention, Slots
from graftwork.models.anatomy.lean_block import Block
from graftwork.models.anatomy.lean_head import LikeliestToken, multiplies_bf16
from graftwork.models.anatomy.lean_parts import BlocksPart, CrossHeadsPart, NewPart, NewParts, OwnHeadsPart
from graftwork.models.anatomy.low_rank import ActsOnModules, acts_on, owners_of
from graftwork.models.anatomy.made import Made
from graftwork.models.packed import PackedForward, packs

__all__ = ["T5Decoding", "decodes_lean"]

MORE_COLUMNS = 32
"""By how many columns a cache grows; a few at a time, so that keys and values lie close together."""
FIRST_BIASES = 128
"""Distances in the first table of biases; it doubles when rows are longer."""
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
        pack = packs(model)
        self._blocks = [Block([block], pack=pack) for block in blocks]
        projections = [one for block in self._blocks for one in (block.cross.module.k, block.cross.module.v)]
        self._reading = PackedForward([*model.encoder.modules(), *projections], pack)
        scaled = getattr(model.config, "scale_decoder_outputs", False)  # mT5's outputs never are
        self._scale = model.model_dim**-0.5 if scaled else None
        self._start = int(model.config.decoder_start_token_id)
        weight = model.decoder.embed_tokens.weight
        head: Any = model.lm_head
        exact = head.weight.dtype == torch.float32 and head.bias is None and multiplies_bf16(head.weight.device)
        self._likeliest = LikeliestToken(head.weight, pack) if exact else None
        self._tokens: torch.Tensor = weight.new_zeros(0, 1, dtype=torch.long)
        self._sources = weight.new_zeros(0, 0, weight.shape[1])
        self._source_mask = weight.new_zeros(0, 1, 1, 0)
        self._lengths: list[int] = []
        self._starts: list[int] = []
        self._column = self._columns = 0
        self._table = weight.new_zeros(0)
        self._waiting: _Read | None = None
        self._now: Moment | None = None
        self._slots: Slots | None = None
        self._made = Made()
        self._new = NewParts(self._made, pack)
        self._acting: dict[ActsOnModules, object] | None = None
        self._likeliest_acted = False

    # Rows come and go

    def read(self, input_ids: torch.Tensor, mask: torch.Tensor) -> None:
        """See ``Decoding.read``."""
        device = self._tokens.device
        with self._reading.active():
            read = self._model.encoder(input_ids=input_ids.to(device), attention_mask=mask.to(device))
            sources = read.last_hidden_state
            memories = [block.cross.project(sources) for block in self._blocks]
        least = torch.finfo(sources.dtype).min
        added = torch.zeros(mask.shape, dtype=sources.dtype).masked_fill_(mask == 0, least)[:, None, None]
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
        for cross in self._new.crosses():
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
            attention.resize(slots, length if isinstance(attention, CrossAttention) else self._columns)

    def _changed(self) -> None:
        """Other rows are there; of what the sources have, no more is kept than the longest needs."""
        length = max(self._lengths)
        if length < 0.75 * self._sources.shape[1]:
            self._sources, self._source_mask = self._sources[:, :length], self._source_mask[..., :length]
            for cross in (block.cross for block in self._blocks):
                cross.resize(len(self._starts), length)
        self._now = self._acting = self._slots = None

    def _own(self) -> list[SelfAttention]:
        return [*(block.own for block in self._blocks), *self._new.own()]

    def _attentions(self) -> list[Attention]:
        return [*self._own(), *(block.cross for block in self._blocks), *self._new.crosses()]

    # One token

    def step(self) -> torch.Tensor:
        """See ``Decoding.step``."""
        if self._acting is None or any(owner.acting is not seen for owner, seen in self._acting.items()):
            self._prepare()
        now = self._now = self._moment()
        hidden = self._decoder.embed_tokens(self._tokens)[:, 0]
        for block in self._blocks:
            hidden = block.run(hidden, now, None, self)
        norm = self._decoder.final_layer_norm
        hidden = F.rms_norm(hidden, norm.weight.shape, norm.weight, norm.variance_epsilon)
        if self._scale is not None:
            hidden = hidden * self._scale
        if self._likeliest is None or self._likeliest_acted:
            tokens: torch.Tensor = self._model.lm_head(hidden[:, None])[:, 0].argmax(dim=-1)
        else:
            tokens = self._likeliest.of(hidden)
        self._tokens = tokens[:, None]
        self._column += 1
        self._new.forget()
        return tokens

    def _prepare(self) -> None:
        """Get ready for what acts now; whoever hangs on the model can change that between two tokens."""
        modules = [*self._decoder.modules(), *(one for part in self._new.modules() for one in part.modules())]
        self._made.begin()
        self._acting = {owner: owner.acting for owner in owners_of([*modules, self._model.lm_head])}
        for block in self._blocks:
            block.prepare(self._made)
        self._new.begin()
        self._likeliest_acted = acts_on(self._model.lm_head)

    def _moment(self) -> Moment:
        if self._column == self._columns:
            self._more_columns(min(self._starts))
        if self._slots is None:
            device = self._tokens.device
            starts, lengths = (torch.tensor(one, device=device) for one in (self._starts, self._lengths))
            self._slots = Slots(starts, lengths, self._source_mask[..., : max(self._lengths)])
        return Moment(self._column, self._table, self._slots, self._now)

    def _more_columns(self, first: int) -> None:
        """Drop the columns that no row has, and add some."""
        self._column -= first
        self._columns = self._column + MORE_COLUMNS
        for attention in self._own():
            attention.resize(len(self._starts), self._columns, first)
        self._starts = [start - first for start in self._starts]
        self._slots = self._now = None
        if self._columns > self._table.shape[-1]:
            distances = max(FIRST_BIASES, 2 * self._columns)
            table = self._blocks[0].own.module.compute_bias(1, distances, past_seen_tokens=distances - 1)
            self._table = table.to(self._sources.dtype)

    # Parts of components

    def together(self, modules: Sequence[nn.Module], rows: Sequence[torch.Tensor]) -> bool:
        """Whether blocks or heads of several adapters, each with rows of its own, are best run as one."""
        return self._new.together(modules, rows)

    def run_blocks(
        self, blocks: Sequence[nn.Module], hidden: torch.Tensor, rows: Sequence[torch.Tensor | None]
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Run a component's block, or those of several adapters, on the hidden states of its rows.

        Args:
            blocks: one, or several that are to be run together.
            hidden: (slots, 1, d_model).
            rows: for each, the rows to run on, ascending; None for all.

        Returns:
            (rows, 1, d_model), and which rows these are, ascending; None for all.
        """
        return self._run(self._new.part(BlocksPart, blocks, rows, self._room()), hidden)

    def run_heads(
        self, heads: Sequence[nn.Module], states: torch.Tensor, rows: Sequence[torch.Tensor | None], own: bool
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Run a component's heads, or those of several adapters, on what an attention was given.

        Args:
            heads: attentions of the base's class.
            states: the attention's input, (slots, 1, d_model).
            rows: as in ``run_blocks``.
            own: whether they attend to the decoder's own states, else to the source.

        Returns:
            As ``run_blocks``.
        """
        kind = OwnHeadsPart if own else CrossHeadsPart
        return self._run(self._new.part(kind, heads, rows, self._room()), states)

    def _run(self, part: NewPart, states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        assert self._now is not None
        for cross in part.crosses:
            if cross.stale:
                cross.resize(len(self._starts), self._sources.shape[1])
                cross.remember(self._sources, part.rows)
        rows = part.given(len(self._starts))
        states = states if rows is None else states.index_select(0, rows)
        return part.run(states[:, 0], self._now, rows, self)[:, None], rows

    def _room(self) -> tuple[int, int]:
        return len(self._starts), self._columns
