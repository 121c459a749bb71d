"""The opening line of a function, read far enough to call it: its name, its parameters, what it gives back."""

import re
from dataclasses import dataclass
from typing import final

from graftwork.sandbox.compiled.compiler import SourceError

__all__ = [
    "Declaration",
    "go_declaration",
    "rust_declaration",
    "rust_function",
    "typed_declaration",
    "uncommented",
]

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
        parameter_types: of the parameters, where the language writes them after the names.
    """

    name: str
    result: str
    parameters: str
    names: tuple[str, ...]
    parameter_types: tuple[str, ...] = ()


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


_RUST = (
    r"\bfn\s+({name})\s*(?:<[^()]*>)?\s*\(((?:[^()]|\([^()]*\))*)\)\s*(?:->\s*([^{{;]+?))?\s*(?:\bwhere\b[^{{]*)?\{{"
)


def rust_declaration(setup: str) -> Declaration:
    """Rust: ``fn name(name: type, …) -> type {``."""
    return _rust(_opening(setup, _RUST.format(name=r"\w+") + "$"))


def rust_function(program: str, name: str) -> Declaration:
    """The opening line of a function in a program."""
    found = re.search(_RUST.format(name=re.escape(name)), uncommented(program))
    if found is None:
        raise SourceError(f"no function {name}")
    return _rust(found)


def _rust(found: re.Match[str]) -> Declaration:
    parts = [part.partition(":") for part in _split(found[2])]
    if any(not colon for _, colon, _ in parts):
        raise SourceError("a parameter without a type")
    names = tuple(name.strip().removeprefix("mut ").strip() for name, _, _ in parts)
    kinds = tuple(kind.strip() for _, _, kind in parts)
    return Declaration(found[1], (found[3] or "()").strip(), found[2], names, kinds)


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
