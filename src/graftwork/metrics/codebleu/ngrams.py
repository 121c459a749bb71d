"""The two n-gram parts of CodeBLEU: BLEU's precision, and a recall in which keywords weigh five times as much."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence, Set

__all__ = [
    "KEYWORD_WEIGHT",
    "ORDERS",
    "SMOOTHING",
    "Share",
    "brevity_penalty",
    "geometric_mean",
    "ngram_shares",
    "weighted_shares",
]

Share = tuple[float, float]
"""How much matched, of how much there was."""

ORDERS = (1, 2, 3, 4)
KEYWORD_WEIGHT = 5
"""How much more a keyword weighs than another token."""
SMOOTHING = 0.1
"""Counts as matched where no n-gram of an order did, so that the product is not 0 (Chen and Cherry 2014, method 1)."""


def ngram_shares(prediction: Sequence[str], reference: Sequence[str]) -> tuple[Share, ...]:
    """Return for each order how many of the prediction's n-grams the reference has too, of how many."""
    shares = []
    for order in ORDERS:
        predicted, wanted = _ngrams(prediction, order), _ngrams(reference, order)
        shares.append((float((predicted & wanted).total()), float(predicted.total())))
    return tuple(shares)


def weighted_shares(prediction: Sequence[str], reference: Sequence[str], keywords: Set[str]) -> tuple[Share, ...]:
    """Return for each order how many of the reference's n-grams the prediction has too, of how many.

    Single tokens have weights: `KEYWORD_WEIGHT` for keywords, 1 for others.
    """
    shares = []
    for order in ORDERS:
        predicted, wanted = _ngrams(prediction, order), _ngrams(reference, order)
        heavy = keywords if order == 1 else frozenset[str]()
        shares.append((_weight(predicted & wanted, heavy), _weight(wanted, heavy)))
    return tuple(shares)


def geometric_mean(shares: Iterable[Share]) -> float:
    """Return the geometric mean of shares by order (0 to 1); 0 where there is none, or not one token matched."""
    shares = list(shares)
    if not shares or shares[0][0] == 0:
        return 0.0
    logarithms = [math.log((matched or SMOOTHING) / max(total, 1.0)) for matched, total in shares]
    return math.exp(math.fsum(logarithms) / len(logarithms))


def brevity_penalty(predicted_length: int, reference_length: int) -> float:
    """Return BLEU's factor for predictions that are shorter than what was wanted (0 to 1), by numbers of tokens."""
    if predicted_length == 0:
        return 0.0
    return math.exp(min(0.0, 1 - reference_length / predicted_length))


def _ngrams(tokens: Sequence[str], order: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(tokens[start:] for start in range(order)), strict=False))


def _weight(ngrams: Counter[tuple[str, ...]], heavy: Set[str]) -> float:
    return float(sum(count * (KEYWORD_WEIGHT if ngram[0] in heavy else 1) for ngram, count in ngrams.items()))
