"""C++: vectors of ``int``."""

import ast
from typing import final

from graftwork.data.problems.renderers.cpp import TYPES
from graftwork.data.problems.translators.braces import BracesTranslator
from graftwork.data.problems.translators.translator import Scope

__all__ = ["CppTranslator"]

ITEMS = {"numbers": "int", "words": "const std::string&", "text": "char"}


@final
class CppTranslator(BracesTranslator):
    """C++."""

    def declare(self, name: str, kind: str, value: ast.expr, scope: Scope) -> list[str]:
        """With its type; a container starts from nothing, or from a range of another."""
        match value:
            case ast.List():
                return [f"{TYPES[kind]} {name};"]
            case ast.Subscript(slice=ast.Slice()):
                return [f"{TYPES[kind]} {name}{self.expression(value, scope)};"]
        return [f"{TYPES[kind]} {name} = {self.expression(value, scope)};"]

    def walk(self, name: str, values: str, kind: str, body: list[str], scope: Scope) -> list[str]:
        """A ``for`` over a range."""
        return self.braced(f"for ({ITEMS[kind]} {name} : {values})", body)

    def no_numbers(self) -> str:
        """An empty vector, where its type is known."""
        return "{}"

    def is_empty(self, values: str) -> str:
        """Asked of itself."""
        return f"{values}.empty()"

    def length(self, values: str, kind: str) -> str:
        """Its size."""
        return f"{values}.size()"

    def call(self, name: str, arguments: list[str]) -> str:
        """Of the standard library, or ``solve``."""
        return f"{'' if name == 'solve' else 'std::'}{name}({', '.join(arguments)})"

    def item(self, values: str, *, last: bool) -> str:
        """By its name."""
        return f"{values}.{'back' if last else 'front'}()"

    def part(self, values: str, kind: str, *, first: bool, last: bool) -> str:
        """The range that a new vector is made from."""
        return f"({values}.begin(){' + 1' * first}, {values}.end(){' - 1' * last})"

    def append(self, values: str, item: str) -> str:
        """In place."""
        return f"{values}.push_back({item})"

    def prepend(self, values: str, item: str) -> str:
        """In place."""
        return f"{values}.insert({values}.begin(), {item})"
