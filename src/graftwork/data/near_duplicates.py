"""Clusters of near duplicates: MinHash (Broder 1997) with locality-sensitive hashing, every pair checked exactly."""

import re
from collections.abc import Sequence
from functools import lru_cache
from zlib import crc32

__all__ = ["clusters_of", "tokens_of"]

TOKEN = re.compile(r"\w+|[^\w\s]")
SHINGLE = 3
BANDS, ROWS = 16, 4  # a pair of similarity 0.85 shares no band, and is missed, less than once in 100,000
SEED = 1


def tokens_of(text: str) -> list[str]:
    """Words and signs of a text: a stand-in for a tokenizer that is the same for every language and model."""
    return TOKEN.findall(text)


def clusters_of(texts: Sequence[str], similarity: float) -> list[int]:
    """Return for each text the index of the first text of its cluster (its own where nothing is near).

    Two texts are near when the Jaccard similarity of their sets of three successive tokens is at least
    ``similarity``; clusters are connected components. The hashing only proposes pairs, so no text is called near
    that is not, and the outcome does not hang on the hash functions.
    """
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS))
    empty = MinHash(num_perm=BANDS * ROWS, seed=SEED, hashfunc=crc32)
    shingles = lru_cache(maxsize=10_000)(lambda number: _shingles(texts[number]))
    first = list(range(len(texts)))
    for number in range(len(texts)):
        own = shingles(number)
        signature = empty.copy()
        signature.update_batch(own)
        for other in sorted(index.query(signature)):
            if _root(first, other) != _root(first, number) and _similarity(own, shingles(other)) >= similarity:
                low, high = sorted((_root(first, other), _root(first, number)))
                first[high] = low
        index.insert(number, signature, check_duplication=False)
    return [_root(first, number) for number in range(len(texts))]


def _shingles(text: str) -> frozenset[bytes]:
    tokens = tokens_of(text)
    width = min(SHINGLE, len(tokens))
    return frozenset(
        " ".join(tokens[start : start + width]).encode("utf-8", "replace") for start in range(len(tokens) - width + 1)
    )


def _similarity(a: frozenset[bytes], b: frozenset[bytes]) -> float:
    shared = len(a & b)
    return shared / (len(a) + len(b) - shared)


def _root(first: list[int], number: int) -> int:
    while first[number] != number:
        number = first[number]
    return number
