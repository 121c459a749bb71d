"""PHP: every name with its dollar sign."""

import ast
from typing import final

from graftwork.data.problems.translators.braces import BracesTranslator
from graftwork.data.problems.translators.translator import Scope

__all__ = ["PhpTranslator"]


@final
class PhpTranslator(BracesTranslator):
    """PHP."""

    def name(self, name: str) -> str:
        """With its dollar sign."""
        return f"${name}"

    def declare(self, name: str, kind: str, value: ast.expr, scope: Scope) -> list[str]:
        """As any assignment."""
        return self.assign(name, value, scope)

    def walk(self, name: str, values: str, kind: str, body: list[str], scope: Scope) -> list[str]:
        """``foreach``; a text by its places, since older versions split an empty one into one empty letter."""
        if kind == "text":
            head = f"for ($i = 0; $i < strlen({values}); $i++)"
            return self.braced(head, [f"{name} = {values}[$i];", *body])
        return self.braced(f"foreach ({values} as {name})", body)

    def letter(self, letter: str) -> str:
        """A text of one letter."""
        return f'"{letter}"'

    def quotient(self, left: str, right: str) -> str:
        """Of whole numbers."""
        return f"intdiv({left}, {right})"

    def no_numbers(self) -> str:
        """An empty array."""
        return "[]"

    def is_empty(self, values: str) -> str:
        """Empty arrays are false."""
        return f"!{values}"

    def length(self, values: str, kind: str) -> str:
        """Texts and arrays have different words for it."""
        return f"{'strlen' if kind == 'text' else 'count'}({values})"

    def call(self, name: str, arguments: list[str]) -> str:
        """All are functions."""
        return f"{name}({', '.join(arguments)})"

    def item(self, values: str, *, last: bool) -> str:
        """By its index."""
        return f"{values}[count({values}) - 1]" if last else f"{values}[0]"

    def part(self, values: str, kind: str, *, first: bool, last: bool) -> str:
        """A slice."""
        return f"array_slice({values}, {int(first)}{', -1' * last})"

    def append(self, values: str, item: str) -> str:
        """In place."""
        return f"{values}[] = {item}"

    def prepend(self, values: str, item: str) -> str:
        """In place."""
        return f"array_unshift({values}, {item})"
