"""What an operation is, the types of the values it works on, and the parameters that operations take."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

__all__ = ["FEW", "INPUT_PHRASES", "LETTERS", "SMALL", "TYPES", "Operation"]

TYPES = ("numbers", "number", "text", "words", "mapping")

INPUT_PHRASES = {
    "numbers": ("a list of numbers", "a list of integers", "some numbers", "an array of whole numbers"),
    "number": ("a number", "an integer", "a whole number"),
    "text": ("a text", "a string", "a piece of text", "a sentence"),
    "words": ("a list of words", "a list of strings", "some words"),
    "mapping": ("a dictionary of counts", "a mapping from names to numbers", "a table of counts by name"),
}


@final
@dataclass(frozen=True)
class Operation:
    """One step of a problem.

    Attributes:
        name: unique name, also the key in every renderer.
        source: type of the value it takes, one of ``TYPES``.
        result: type of the value it gives.
        phrases: English imperatives; ``{k}`` stands for the parameter.
        apply: ``apply(value, k)`` gives the result.
        parameters: the values ``k`` may take; ``(None,)`` for an operation without one.
        other: type of the problem's second input, which ``apply`` then gets in the place of ``k``; empty for none.
    """

    name: str
    source: str
    result: str
    phrases: tuple[str, ...]
    apply: Callable[[Any, Any], Any]
    parameters: tuple[Any, ...] = (None,)
    other: str = ""


SMALL = (2, 3, 4, 5, 6, 7, 8, 9)
FEW = (2, 3, 4)
LETTERS = ("a", "e", "o", "s", "t")
