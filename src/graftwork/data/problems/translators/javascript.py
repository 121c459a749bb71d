"""JavaScript: ``const`` for what stays, ``let`` for what changes."""

import ast
from typing import ClassVar, final

from graftwork.data.problems.translators.braces import BracesTranslator
from graftwork.data.problems.translators.translator import Scope

__all__ = ["JavaScriptTranslator", "ScriptTranslator"]


class ScriptTranslator(BracesTranslator):
    """What JavaScript and TypeScript share."""

    indent: ClassVar[str] = "  "
    equality = {"==": "===", "!=": "!=="}

    def declare(self, name: str, kind: str, value: ast.expr, scope: Scope) -> list[str]:
        """``let`` or ``const``."""
        word = "let" if name in scope.changed else "const"
        return [f"{word} {name}{self.annotation(value)} = {self.expression(value, scope)};"]

    def annotation(self, value: ast.expr) -> str:
        """The type that a declaration spells out."""
        return ""

    def walk(self, name: str, values: str, kind: str, body: list[str], scope: Scope) -> list[str]:
        """``for … of``."""
        word = "let" if name in scope.changed else "const"
        return self.braced(f"for ({word} {name} of {values})", body)

    def letter(self, letter: str) -> str:
        """A text of one letter."""
        return f'"{letter}"'

    def quotient(self, left: str, right: str) -> str:
        """Rounded down."""
        return f"Math.floor({left} / {right})"

    def no_numbers(self) -> str:
        """An empty array."""
        return "[]"

    def is_empty(self, values: str) -> str:
        """By its length."""
        return f"{values}.length === 0"

    def length(self, values: str, kind: str) -> str:
        """Its length."""
        return f"{values}.length"

    def call(self, name: str, arguments: list[str]) -> str:
        """Of ``Math``, or ``solve``."""
        return f"{'' if name == 'solve' else 'Math.'}{name}({', '.join(arguments)})"

    def item(self, values: str, *, last: bool) -> str:
        """By its index."""
        return f"{values}[{values}.length - 1]" if last else f"{values}[0]"

    def part(self, values: str, kind: str, *, first: bool, last: bool) -> str:
        """A slice."""
        return f"{values}.slice({int(first)}{', -1' * last})"

    def append(self, values: str, item: str) -> str:
        """In place."""
        return f"{values}.push({item})"

    def prepend(self, values: str, item: str) -> str:
        """In place."""
        return f"{values}.unshift({item})"


@final
class JavaScriptTranslator(ScriptTranslator):
    """JavaScript."""
