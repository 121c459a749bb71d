"""What a piece is."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, final

__all__ = ["SKIP", "STOP", "Memory", "Piece", "Signal"]


@final
class Signal(Enum):
    """What ``apply`` gives in the place of a value: go on with the next item, or end the walk here."""

    SKIP = "skip"
    STOP = "stop"


SKIP, STOP = Signal.SKIP, Signal.STOP

Memory = dict[str, int]
"""What pieces of a loop remember from one item to the next."""


@final
@dataclass(frozen=True)
class Piece:
    """One piece of a program.

    Attributes:
        name: unique name; which names follow which decides the split of a problem.
        phrases: English; ``{k}`` stands for the parameter.
        code: Python statements in which ``K`` is the parameter and ``SKIP`` and ``STOP`` what goes on or ends.
        apply: what it does; its arguments depend on the role of the piece.
        parameters: the values the parameter may take; ``(None,)`` for a piece without one.
        setup: Python statements before the loop.
        source: for the pieces that take the input, its type.
        result: for the pieces that decide it, the type of what the program gives back.
    """

    name: str
    phrases: tuple[str, ...]
    code: tuple[str, ...]
    apply: Callable[..., Any]
    parameters: tuple[Any, ...] = (None,)
    setup: tuple[str, ...] = ()
    source: str = ""
    result: str = ""
