"""Inputs of tests, by their type. Text is ASCII: beyond it, languages differ in the length and the order of letters."""

import random
from typing import Any

__all__ = ["SMALLEST", "draw_input"]

WORDS = [
    "apple",
    "banana",
    "seed",
    "tree",
    "note",
    "salt",
    "stone",
    "rose",
    "leaf",
    "boat",
    "toast",
    "ease",
    "sea",
    "a",
    "to",
    "otter",
    "Asia",
    "East",
    "tea",
    "test",
]

SMALLEST: dict[str, Any] = {"numbers": [], "number": 0, "text": "", "words": [], "mapping": {}}


def draw_input(kind: str, generator: random.Random) -> Any:
    """An input of a type."""
    if kind == "numbers":
        return [generator.randint(-9, 20) for _ in range(generator.randint(4, 9))]
    if kind == "number":
        return generator.randint(2, 400)
    words = [generator.choice(WORDS) for _ in range(generator.randint(3, 7))]
    if kind == "words":
        return words
    if kind == "mapping":
        return {word: generator.randint(1, 12) for word in words}
    return generator.choice(("", " ")) + " ".join(words) + generator.choice(("", " "))
