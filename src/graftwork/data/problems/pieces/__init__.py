"""What loops with state and recursive functions are made of: pieces that change, skip, collect or combine values.

A piece is given twice: ``apply`` says what it does, and is the definition every program is held to; ``code`` is how
Python writes it, in the few words of Python that ``translators`` write in the other languages.
"""

from graftwork.data.problems.pieces.items import CHANGES, GUARDS, REMEMBERING
from graftwork.data.problems.pieces.loops import OUTPUTS, RULES, TALLIES, WALKS
from graftwork.data.problems.pieces.piece import SKIP, STOP, Memory, Piece
from graftwork.data.problems.pieces.recursions import BASES, COMBINATIONS, DESCENTS

__all__ = [
    "BASES",
    "CHANGES",
    "COMBINATIONS",
    "DESCENTS",
    "GUARDS",
    "OUTPUTS",
    "REMEMBERING",
    "RULES",
    "SKIP",
    "STOP",
    "TALLIES",
    "WALKS",
    "Memory",
    "Piece",
]
