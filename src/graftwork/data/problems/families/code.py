"""From lines of Python to the whole program in a language."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graftwork.data.problems.pieces import Piece
from graftwork.data.problems.renderers import RENDERERS
from graftwork.data.problems.translators import TRANSLATORS

__all__ = ["filled", "function", "look_at_item"]


def filled(lines: Sequence[str], words: Mapping[str, Any]) -> list[str]:
    """Lines with their blanks (words in capitals, such as ``K``) filled in."""
    return [re.sub(r"\b[A-Z]+\b", lambda blank: str(words[blank.group()]), line) for line in lines]


def look_at_item(pieces: Iterable[Piece]) -> bool:
    """Whether any of the pieces does more with the item, ``n``, than assign to it."""
    lines = [re.sub(r"^\s*n = ", "", line) for piece in pieces for line in piece.code]
    return any(re.search(r"\bn\b", line) for line in lines)


def function(body: Sequence[str], source: str, result: str, language: str) -> str:
    """The function ``solve`` of an input of a type, which is called by the name of its type."""
    parameters = {source: source}
    lines = body if language == "python" else TRANSLATORS[language].lines(body, parameters, result)
    return RENDERERS[language].frame(list(parameters.items()), result, list(lines))
