"""What a base is pretrained on, as pairs of token numbers: describe, continue and span denoising."""

import random
from collections.abc import Sequence

from graftwork.training.batches import Encoded

__all__ = ["continue_prefix", "corrupt_spans"]

CORRUPTED_SHARE = 0.15
MEAN_SPAN = 3.0


def corrupt_spans(tokens: Sequence[int], sentinels: Sequence[int], end: int, generator: random.Random) -> Encoded:
    """Span denoising of T5 (Raffel et al. 2020, https://arxiv.org/abs/1910.10683): 15 % in spans of 3 on average.

    The source holds one sentinel in place of each span; the target holds each sentinel followed by its span.
    """
    to_hide = max(1, round(len(tokens) * CORRUPTED_SHARE))
    num_spans = max(1, min(len(sentinels), round(to_hide / MEAN_SPAN)))
    lengths = _partition(to_hide, num_spans, generator)
    gaps = _partition(len(tokens) - to_hide + 1, num_spans + 1, generator)
    gaps[0] -= 1  # the text may begin with a span; every other gap keeps two spans apart
    source: list[int] = []
    target: list[int] = []
    place = 0
    for sentinel, gap, length in zip(sentinels, gaps, lengths, strict=False):
        source += [*tokens[place : place + gap], sentinel]
        target += [sentinel, *tokens[place + gap : place + gap + length]]
        place += gap + length
    source += tokens[place:]
    return Encoded((*source, end), (*target, end))


def continue_prefix(tokens: Sequence[int], prefix: Sequence[int], end: int, generator: random.Random) -> Encoded:
    """Prefix language modelling: cut between a fifth and four fifths; the rest is to be written."""
    cut = max(1, round(len(tokens) * generator.uniform(0.2, 0.8)))
    return Encoded((*prefix, *tokens[:cut], end), (*tokens[cut:], end))


def _partition(total: int, parts: int, generator: random.Random) -> list[int]:
    """Cut ``total`` into ``parts`` random lengths of at least 1 (fewer where there is not enough)."""
    parts = min(parts, total)
    cuts = sorted(generator.sample(range(1, total), parts - 1))
    return [end - start for start, end in zip([0, *cuts], [*cuts, total], strict=True)]
