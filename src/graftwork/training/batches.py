"""Batches of examples of like length, so that little of a batch is padding."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
import torch.nn.functional as F
from transformers import PreTrainedModel

__all__ = [
    "LENGTH_STEP",
    "Batch",
    "Encoded",
    "bucketed_batches",
    "collate",
    "collate_for",
    "inputs_of",
    "sorted_batches",
    "target_losses",
]

IGNORED_LABEL = -100
LENGTH_STEP = 8
"""A training batch is padded to lengths that are multiples of this: the CPU's matrix kernels are prepared, and kept,
for every shape they meet, so few shapes save time and memory (measured: a fifth of the time, 1.1 GB, not 2.0)."""
POOL_BATCHES = 32
"""How many batches' worth of shuffled examples are sorted by length together: more means less padding, less mixing."""


@final
@dataclass(frozen=True)
class Encoded:
    """One example as token numbers: what goes in, and what should come out (with its end token)."""

    source: tuple[int, ...]
    target: tuple[int, ...]


@final
@dataclass(frozen=True)
class Batch:
    """Padded tensors of one batch, and where its rows come from.

    An encoder-decoder reads the sources and writes the targets. A decoder-only model has both in one sequence, the
    source before the target, and its labels are -100 at the source too; place i is predicted from the places before it.

    Attributes:
        input_ids: (rows, source length) token numbers; (rows, length) of source and target for a decoder-only model.
        attention_mask: of the same shape, 1 where there is a token, 0 where there is padding.
        labels: (rows, target length) token numbers, -100 at padding; (rows, length) for a decoder-only model.
        indices: the rows' places in the data they were made from.
        num_tokens: real tokens, source and target together.
    """

    input_ids: torch.Tensor
    attention_mask: torch.Tensor
    labels: torch.Tensor
    indices: tuple[int, ...]
    num_tokens: int


def collate(
    examples: Sequence[Encoded], indices: Sequence[int], pad: int, encoder_decoder: bool, length_step: int = 1
) -> Batch:
    """Pad the chosen examples on the right, to the longest among them.

    Args:
        examples: the data.
        indices: the rows of the batch.
        pad: the token number that padding is filled with.
        encoder_decoder: whether sources and targets are two sequences (True) or one (False).
        length_step: lengths are rounded up to multiples of this.
    """
    rows = [examples[index] for index in indices]
    sources = [row.source if encoder_decoder else row.source + row.target for row in rows]
    targets = [row.target if encoder_decoder else (IGNORED_LABEL,) * len(row.source) + row.target for row in rows]
    return Batch(
        input_ids=_padded(sources, pad, length_step),
        attention_mask=_padded([(1,) * len(source) for source in sources], 0, length_step),
        labels=_padded(targets, IGNORED_LABEL, length_step),
        indices=tuple(indices),
        num_tokens=sum(len(row.source) + len(row.target) for row in rows),
    )


def _padded(rows: Sequence[tuple[int, ...]], filling: int, length_step: int) -> torch.Tensor:
    length = -(-max(map(len, rows)) // length_step) * length_step
    return torch.tensor([row + (filling,) * (length - len(row)) for row in rows])


def collate_for(
    model: PreTrainedModel, examples: Sequence[Encoded], indices: Sequence[int], length_step: int = 1
) -> Batch:
    """``collate`` as a model needs it.

    Many decoder-only models have no padding token; then it is token 0, which the mask and the labels leave out.
    """
    return collate(examples, indices, int(model.config.pad_token_id or 0), model.config.is_encoder_decoder, length_step)


def inputs_of(model: PreTrainedModel, batch: Batch) -> dict[str, torch.Tensor | bool]:
    """What to call a model with for the logits at a batch's labels, without a loss of its own."""
    inputs = {"input_ids": batch.input_ids, "attention_mask": batch.attention_mask}
    if model.config.is_encoder_decoder:
        inputs["decoder_input_ids"] = model.prepare_decoder_input_ids_from_labels(batch.labels)
    return {"use_cache": False, **{name: tensor.to(model.device) for name, tensor in inputs.items()}}


def target_losses(logits: torch.Tensor, labels: torch.Tensor, encoder_decoder: bool) -> torch.Tensor:
    """Cross-entropy of every target token in nats, in float32: (rows, places), 0 where there is no target.

    Args:
        logits: (rows, length, vocabulary), at the places of the labels.
        labels: (rows, length) as in ``Batch``.
        encoder_decoder: whether a place's logits are for its own label (True) or for the next one's (False).
    """
    if not encoder_decoder:
        logits, labels = logits[:, :-1], labels[:, 1:]
    losses = F.cross_entropy(logits.flatten(0, 1).float(), labels.flatten(), reduction="none")
    return losses.view(labels.shape)


def bucketed_batches(
    examples: Sequence[Encoded],
    rows: int,
    generator: random.Random,
    max_tokens: int | None = None,
    *,
    encoder_decoder: bool = True,
) -> list[list[int]]:
    """Return one epoch of batches as lists of indices: shuffled, near-equal lengths together, batches shuffled.

    Args:
        examples: the data.
        rows: how many examples a batch holds.
        generator: the only source of randomness.
        max_tokens: a batch whose padded size would exceed this is cut into smaller ones.
        encoder_decoder: whether sources and targets are padded as two sequences (True) or as one (False).
    """
    lengths = _lengths(examples, encoder_decoder)
    order = list(range(len(examples)))
    generator.shuffle(order)
    pool = rows * POOL_BATCHES
    batches: list[list[int]] = []
    for start in range(0, len(order), pool):
        chunk = sorted(order[start : start + pool], key=lambda index: _length_key(lengths[index]))
        batches.extend(_cut(lengths, chunk, rows, max_tokens))
    generator.shuffle(batches)
    return batches


def sorted_batches(
    examples: Sequence[Encoded], rows: int, max_tokens: int | None = None, *, encoder_decoder: bool = True
) -> list[list[int]]:
    """Return batches for evaluation: longest first, so that a lack of memory shows at once."""
    lengths = _lengths(examples, encoder_decoder)
    order = sorted(range(len(examples)), key=lambda index: (*_length_key(lengths[index]), index), reverse=True)
    return _cut(lengths, order, rows, max_tokens)


def _lengths(examples: Sequence[Encoded], encoder_decoder: bool) -> list[tuple[int, int]]:
    """The lengths that are padded, of the source and of the target; where they are one sequence, all is source."""
    pairs = [(len(example.source), len(example.target)) for example in examples]
    return pairs if encoder_decoder else [(source + target, 0) for source, target in pairs]


def _length_key(lengths: tuple[int, int]) -> tuple[int, int]:
    """Targets alike first, sources alike within; in steps of 16, both waste least (measured: 12 % against 19 %)."""
    source, target = lengths
    return target // 16, source


def _cut(
    lengths: Sequence[tuple[int, int]], order: Sequence[int], rows: int, max_tokens: int | None
) -> list[list[int]]:
    batches: list[list[int]] = []
    batch: list[int] = []
    width = height = 0
    for index in order:
        new_width, new_height = max(width, lengths[index][0]), max(height, lengths[index][1])
        too_large = max_tokens is not None and (new_width + new_height) * (len(batch) + 1) > max_tokens
        if batch and (len(batch) == rows or too_large):
            batches.append(batch)
            batch, (new_width, new_height) = [], lengths[index]
        batch.append(index)
        width, height = new_width, new_height
    return [*batches, batch] if batch else batches
