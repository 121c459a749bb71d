"""Greedy decoding, lean: prompts of like length together, and rows that are done leave the batch.

Tokens equal those of Transformers' ``generate`` (a test holds them together); the loop only leaves out what greedy
decoding has no use for.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import final

import torch
from pydantic import Field
from transformers import PreTrainedModel
from transformers.cache_utils import DynamicCache, EncoderDecoderCache

from graftwork.config import Config
from graftwork.training.batches import Batch, Encoded, collate_for, sorted_batches

__all__ = ["DecodingConfig", "generate_greedy"]

SHRINK_TO = 0.75
"""Rows leave the batch once no more than this share of it goes on: taking them out copies the cache of the others."""


@final
class DecodingConfig(Config):
    """How outputs are generated: greedily, so that one model gives one output."""

    max_new_tokens: int = Field(default=160, ge=1)
    """Generation ends here if it has not ended itself."""
    batch_rows: int = Field(default=64, ge=1)
    """Prompts a batch; the outputs do not depend on it."""


@torch.inference_mode()
def generate_greedy(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    config: DecodingConfig,
    on_batch: Callable[[int], None] = lambda done: None,
    use_rows: Callable[[Sequence[int]], None] | None = None,
) -> list[list[int]]:
    """Continue each prompt greedily until its end token.

    Args:
        model: an encoder-decoder or a decoder-only model, in evaluation mode.
        prompts: token numbers of each prompt, ended as ``encode_prompts`` ends them.
        config: limits.
        on_batch: told after each batch how many prompts are done.
        use_rows: told which prompts are the rows of the batch, at its start and when rows have left it, to choose
            adapters by row: ``lambda rows: grafts.use([names[row] for row in rows])``. What it chose last stays chosen.

    Returns:
        The new tokens of each prompt, without the start and the end token, in the order of the prompts.
    """
    examples = [Encoded(tuple(prompt), ()) for prompt in prompts]
    outputs: list[list[int]] = [[] for _ in prompts]
    done = 0
    for indices in sorted_batches(examples, config.batch_rows):
        if use_rows is not None:
            use_rows(indices)
        batch = collate_for(model, examples, indices)
        rows = _EncoderDecoderRows(model, batch) if model.config.is_encoder_decoder else _DecoderRows(model, batch)
        _decode(rows, indices, outputs, config.max_new_tokens, _end_tokens(model), use_rows)
        done += len(indices)
        on_batch(done)
    return outputs


def _end_tokens(model: PreTrainedModel) -> set[int]:
    """The tokens that end an output; a model may have none, one or several."""
    ends = model.generation_config.eos_token_id
    return set(ends) if isinstance(ends, list) else set() if ends is None else {ends}


class _Rows(ABC):
    """The rows of a batch that are still being decoded, with their cache."""

    @abstractmethod
    def next_tokens(self) -> torch.Tensor:
        """Write one more token in every row; return them, (rows,)."""

    @abstractmethod
    def keep(self, rows: torch.Tensor) -> None:
        """Go on with these rows alone, ascending, (rows,)."""


def _decode(
    rows: _Rows,
    indices: Sequence[int],
    outputs: list[list[int]],
    most: int,
    ends: set[int],
    use_rows: Callable[[Sequence[int]], None] | None,
) -> None:
    """Decode one batch; ``indices`` says to which of the outputs each row belongs."""
    finished: set[int] = set()
    for _ in range(most):
        for index, token in zip(indices, rows.next_tokens().tolist(), strict=True):
            if index not in finished and token not in ends:
                outputs[index].append(token)
            else:
                finished.add(index)
        going = [row for row, index in enumerate(indices) if index not in finished]
        if not going:
            return
        if len(going) <= SHRINK_TO * len(indices):
            rows.keep(torch.tensor(going))
            indices = [indices[row] for row in going]
            if use_rows is not None:
                use_rows(indices)


@final
class _EncoderDecoderRows(_Rows):
    """The prompts are encoded once, at the start."""

    def __init__(self, model: PreTrainedModel, batch: Batch) -> None:
        device = model.device
        self._model, self._mask = model, batch.attention_mask.to(device)
        self._encoded = model.get_encoder()(input_ids=batch.input_ids.to(device), attention_mask=self._mask)
        self._cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
        start = int(model.config.decoder_start_token_id)
        self._tokens = torch.full((len(batch.input_ids), 1), start, device=device)

    def next_tokens(self) -> torch.Tensor:
        """See ``_Rows.next_tokens``."""
        logits = self._model(
            encoder_outputs=self._encoded,
            attention_mask=self._mask,
            decoder_input_ids=self._tokens,
            past_key_values=self._cache,
            use_cache=True,
        ).logits
        self._tokens = logits[:, -1].argmax(dim=-1, keepdim=True)
        return self._tokens[:, 0]

    def keep(self, rows: torch.Tensor) -> None:
        """See ``_Rows.keep``."""
        rows = rows.to(self._mask.device)
        self._cache.batch_select_indices(rows)
        self._tokens, self._mask = self._tokens[rows], self._mask[rows]
        self._encoded.last_hidden_state = self._encoded.last_hidden_state[rows]


@final
class _DecoderRows(_Rows):
    """The prompts are read once, at the start; they are padded on the left, so that all rows write at one place."""

    def __init__(self, model: PreTrainedModel, batch: Batch) -> None:
        device = model.device
        self._model = model
        self._mask = _to_the_right(batch.attention_mask, batch.attention_mask).to(device)
        self._tokens = _to_the_right(batch.input_ids, batch.attention_mask).to(device)
        self._places = (self._mask.cumsum(dim=1) - 1).clamp(min=0)
        self._cache = DynamicCache(config=model.config)

    def next_tokens(self) -> torch.Tensor:
        """See ``_Rows.next_tokens``."""
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

    def keep(self, rows: torch.Tensor) -> None:
        """See ``_Rows.keep``."""
        rows = rows.to(self._mask.device)
        self._cache.batch_select_indices(rows)
        self._tokens, self._mask, self._places = self._tokens[rows], self._mask[rows], self._places[rows]


def _to_the_right(rows: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Move what is padded on the right to the right edge; both (rows, length)."""
    length = rows.shape[1]
    shift = length - mask.sum(dim=1, keepdim=True)
    return rows.gather(1, (torch.arange(length) - shift) % length)
