"""The opening line of a function, read far enough to call it: its name, its parameters, what it gives back."""

import re
from dataclasses import dataclass
from typing import final

from graftwork.sandbox.compiled.compiler import SourceError

__all__ = ["Declaration", "go_declaration", "typed_declaration", "uncommented"]

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


@final
@dataclass(frozen=True)
class Declaration:
    """A function's opening line.

    Attributes:
        name: of the function.
        result: the type of what it gives back, as written.
        parameters: what stands between the brackets, as written.
        names: of the parameters.
    """

    name: str
    result: str
    parameters: str
    names: tuple[str, ...]


def uncommented(code: str) -> str:
    """Code without its comments; a comment's marks inside a text count as one, which no opening line has."""
    return _COMMENT.sub(" ", code)


def _opening(setup: str, words: str) -> re.Match[str]:
    """The last opening line that nothing but its bracket and comments follow."""
    found = re.search(words, uncommented(setup).rstrip(), re.DOTALL)
    if found is None:
        raise SourceError("the tests' setup does not end in the opening line of a function")
    return found


def typed_declaration(setup: str) -> Declaration:
    """C++ and Java: ``type name(type name, …) {``."""
    found = _opening(setup, r"([\w:<>,.\[\]&* \t]+?)[ \t\n]+(\w+)[ \t]*\(([^()]*)\)[^(){}]*\{$")
    parameters = _split(found[3])
    names = [re.search(r"(\w+)\s*(?:\[\])?$", one) for one in parameters]
    if any(name is None for name in names):
        raise SourceError("a parameter without a name")
    return Declaration(found[2], found[1].strip(), found[3], tuple(name[1] for name in names if name))


def go_declaration(setup: str) -> Declaration:
    """Go: ``func name(name, name type, …) type {``."""
    found = _opening(setup, r"func\s+(\w+)\s*\(([^()]*)\)\s*([^(){}]*(?:interface\{\}[^(){}]*)*)\{$")
    names = tuple(one.split()[0] for one in _split(found[2]))
    return Declaration(found[1], found[3].strip(), found[2], names)


def _split(parameters: str) -> list[str]:
    """What stands between the commas that no bracket holds."""
    parts, depth = [""], 0
    for one in parameters:
        depth += (one in "<[{(") - (one in ">]})")
        if one == "," and not depth:
            parts.append("")
        else:
            parts[-1] += one
    return [part.strip() for part in parts if part.strip()]
