"""A program with arguments to call it with, and what must come out."""

from dataclasses import dataclass
from typing import Any, final

__all__ = ["Case"]


@final
@dataclass(frozen=True)
class Case:
    """One program and its tests.

    Attributes:
        program: the text, which defines ``solve``.
        parameters: the types of its arguments, as operations name them.
        result: the type of what it gives back.
        arguments: one tuple of arguments a test.
        expected: one value a test.
    """

    program: str
    parameters: tuple[str, ...]
    result: str
    arguments: tuple[tuple[Any, ...], ...]
    expected: tuple[Any, ...]
