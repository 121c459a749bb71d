"""Greedy decoding, lean: prompts of like length together, and rows that are done leave the batch.

Tokens equal those of Transformers' ``generate`` (a test holds them together); the loop only leaves out what greedy
decoding has no use for.
"""

from collections.abc import Callable, Sequence
from typing import final

import torch
from pydantic import Field
from transformers import PreTrainedModel
from transformers.cache_utils import DynamicCache, EncoderDecoderCache

from graftwork.config import Config
from graftwork.training.batches import Encoded, collate, sorted_batches

__all__ = ["DecodingConfig", "generate_greedy"]


@final
class DecodingConfig(Config):
    """How outputs are generated: greedily, so that one model gives one output."""

    max_new_tokens: int = Field(default=160, ge=1)
    """Generation ends here if it has not ended itself."""
    batch_rows: int = Field(default=64, ge=1)
    """Prompts a batch; the outputs do not depend on it."""


def generate_greedy(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    config: DecodingConfig,
    on_batch: Callable[[int], None] = lambda done: None,
    use_rows: Callable[[Sequence[int]], None] | None = None,
) -> list[list[int]]:
    """Continue each prompt greedily until its end token.

    Args:
        model: an encoder-decoder in evaluation mode.
        prompts: token numbers of each prompt, end token included.
        config: limits.
        on_batch: told after each batch how many prompts are done.
        use_rows: told before each batch which prompts are its rows, for adapters by row.

    Returns:
        The new tokens of each prompt, without the start and the end token, in the order of the prompts.
    """
    examples = [Encoded(tuple(prompt), ()) for prompt in prompts]
    outputs: list[list[int]] = [[] for _ in prompts]
    done = 0
    for indices in sorted_batches(examples, config.batch_rows):
        if use_rows is not None:
            use_rows(indices)
        batch = collate(examples, indices, int(model.config.pad_token_id))
        tokens = _decode(
            model, batch.input_ids.to(model.device), batch.attention_mask.to(model.device), config, use_rows is None
        )
        for index, row in zip(indices, tokens, strict=True):
            outputs[index] = row
        done += len(indices)
        on_batch(done)
    return outputs


@torch.inference_mode()
def _decode(
    model: PreTrainedModel, input_ids: torch.Tensor, mask: torch.Tensor, config: DecodingConfig, may_shrink: bool
) -> list[list[int]]:
    """Decode one batch: input_ids and mask are (rows, length)."""
    encoded = model.get_encoder()(input_ids=input_ids, attention_mask=mask)
    cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
    end = int(model.config.eos_token_id)
    rows = len(input_ids)
    outputs: list[list[int]] = [[] for _ in range(rows)]
    places = list(range(rows))  # which output each row of the shrinking batch belongs to
    finished = [False] * rows
    tokens = torch.full((rows, 1), int(model.config.decoder_start_token_id), device=input_ids.device)
    for _ in range(config.max_new_tokens):
        step = model(
            encoder_outputs=encoded,
            attention_mask=mask,
            decoder_input_ids=tokens,
            past_key_values=cache,
            use_cache=True,
        )
        tokens = step.logits[:, -1].argmax(dim=-1, keepdim=True)
        for place, token in zip(places, tokens[:, 0].tolist(), strict=True):
            finished[place] = finished[place] or token == end
            if not finished[place]:
                outputs[place].append(token)
        going = [row for row, place in enumerate(places) if not finished[place]]
        if not going:
            break
        if may_shrink and len(going) <= 0.75 * len(places):
            keep = torch.tensor(going, device=tokens.device)
            cache.reorder_cache(keep)
            tokens, mask = tokens[keep], mask[keep]
            encoded.last_hidden_state = encoded.last_hidden_state[keep]
            places = [places[row] for row in going]
    return outputs
