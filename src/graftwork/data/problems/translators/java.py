"""Java: lists of ``Integer``, variables of ``int``."""

import ast
from typing import final

from graftwork.data.problems.renderers.java import TYPES
from graftwork.data.problems.translators.braces import BracesTranslator
from graftwork.data.problems.translators.translator import Scope

__all__ = ["JavaTranslator"]

ITEMS = {"numbers": "int", "words": "String", "text": "char"}


@final
class JavaTranslator(BracesTranslator):
    """Java."""

    def declare(self, name: str, kind: str, value: ast.expr, scope: Scope) -> list[str]:
        """With its type."""
        return [f"{TYPES[kind]} {name} = {self.expression(value, scope)};"]

    def walk(self, name: str, values: str, kind: str, body: list[str], scope: Scope) -> list[str]:
        """A ``for`` over a list, or over the letters of a text."""
        return self.braced(f"for ({ITEMS[kind]} {name} : {values}{'.toCharArray()' * (kind == 'text')})", body)

    def no_numbers(self) -> str:
        """A list that can grow."""
        return "new ArrayList<>()"

    def is_empty(self, values: str) -> str:
        """Asked of itself."""
        return f"{values}.isEmpty()"

    def length(self, values: str, kind: str) -> str:
        """Texts and lists have different words for it."""
        return f"{values}.{'length' if kind == 'text' else 'size'}()"

    def call(self, name: str, arguments: list[str]) -> str:
        """Of ``Math``, or ``solve``."""
        return f"{'' if name == 'solve' else 'Math.'}{name}({', '.join(arguments)})"

    def item(self, values: str, *, last: bool) -> str:
        """By its index."""
        return f"{values}.get({f'{values}.size() - 1' if last else 0})"

    def part(self, values: str, kind: str, *, first: bool, last: bool) -> str:
        """A view of the list."""
        return f"{values}.subList({int(first)}, {values}.size(){' - 1' * last})"

    def append(self, values: str, item: str) -> str:
        """In place."""
        return f"{values}.add({item})"

    def prepend(self, values: str, item: str) -> str:
        """In place."""
        return f"{values}.add(0, {item})"
