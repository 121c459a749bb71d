"""Decoding by the model's own forward pass and Transformers' caches: what every family can do."""

from collections.abc import Sequence
from typing import final

import torch
from transformers import PreTrainedModel
from transformers.cache_utils import DynamicCache, EncoderDecoderCache

from graftwork.models.anatomy import Decoding
from graftwork.models.packed import PackedForward, packs

__all__ = ["DecoderOnlyDecoding", "EncoderDecoderDecoding"]


@final
class EncoderDecoderDecoding(Decoding):
    """The prompts are encoded once, at the start; no others enter."""

    refills = False

    def __init__(self, model: PreTrainedModel, pack: bool) -> None:
        self._model = model
        self._packed = PackedForward(model.modules(), pack and packs(model))

    def read(self, input_ids: torch.Tensor, mask: torch.Tensor) -> None:
        """See ``Decoding.read``."""
        device = self._model.device
        self._mask = mask.to(device)
        with self._packed.active():
            self._encoded = self._model.get_encoder()(input_ids=input_ids.to(device), attention_mask=self._mask)

    def enter(self, slots: Sequence[int], waiting: Sequence[int]) -> None:
        """See ``Decoding.enter``; all of them, once."""
        assert list(slots) == list(waiting) == list(range(len(self._mask)))
        self._cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
        start = int(self._model.config.decoder_start_token_id)
        self._tokens = torch.full((len(slots), 1), start, device=self._mask.device)

    def step(self) -> torch.Tensor:
        """See ``Decoding.step``."""
        with self._packed.active():
            logits = self._model(
                encoder_outputs=self._encoded,
                attention_mask=self._mask,
                decoder_input_ids=self._tokens,
                past_key_values=self._cache,
                use_cache=True,
            ).logits
        self._tokens = logits[:, -1].argmax(dim=-1, keepdim=True)
        return self._tokens[:, 0]

    def keep(self, slots: Sequence[int]) -> None:
        """See ``Decoding.keep``."""
        rows = torch.tensor(slots, device=self._mask.device)
        self._cache.batch_select_indices(rows)
        self._tokens, self._mask = self._tokens[rows], self._mask[rows]
        self._encoded.last_hidden_state = self._encoded.last_hidden_state[rows]


@final
class DecoderOnlyDecoding(Decoding):
    """The prompts are read with the first token; they are padded on the left, so that all rows write at one place."""

    refills = False

    def __init__(self, model: PreTrainedModel, pack: bool) -> None:
        self._model = model
        self._packed = PackedForward(model.modules(), pack and packs(model))

    def read(self, input_ids: torch.Tensor, mask: torch.Tensor) -> None:
        """See ``Decoding.read``."""
        device = self._model.device
        self._mask = _to_the_right(mask, mask).to(device)
        self._tokens = _to_the_right(input_ids, mask).to(device)

    def enter(self, slots: Sequence[int], waiting: Sequence[int]) -> None:
        """See ``Decoding.enter``; all of them, once."""
        assert list(slots) == list(waiting) == list(range(len(self._mask)))
        self._places = (self._mask.cumsum(dim=1) - 1).clamp(min=0)
        self._cache = DynamicCache(config=self._model.config)

    def step(self) -> torch.Tensor:
        """See ``Decoding.step``."""
        with self._packed.active():
            logits = self._model(
                input_ids=self._tokens,
                attention_mask=self._mask,
                position_ids=self._places,
                past_key_values=self._cache,
                use_cache=True,
                logits_to_keep=1,
            ).logits
        self._tokens = logits[:, -1].argmax(dim=-1, keepdim=True)
        self._mask = torch.cat([self._mask, self._mask.new_ones(len(self._mask), 1)], dim=1)
        self._places = self._places[:, -1:] + 1
        return self._tokens[:, 0]

    def keep(self, slots: Sequence[int]) -> None:
        """See ``Decoding.keep``."""
        rows = torch.tensor(slots, device=self._mask.device)
        self._cache.batch_select_indices(rows)
        self._tokens, self._mask, self._places = self._tokens[rows], self._mask[rows], self._places[rows]


def _to_the_right(rows: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Move what is padded on the right to the right edge; both (rows, length)."""
    length = rows.shape[1]
    shift = length - mask.sum(dim=1, keepdim=True)
    return rows.gather(1, (torch.arange(length) - shift) % length)
