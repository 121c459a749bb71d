"""Ruby: ``each`` and ``while``, and what is done ``if`` something holds on one line where there is one thing to do."""

import ast
from typing import ClassVar, final

from graftwork.data.problems.translators.translator import Scope, Translator

__all__ = ["RubyTranslator"]


@final
class RubyTranslator(Translator):
    """Ruby."""

    indent: ClassVar[str] = "  "
    continue_ = "next"

    def last(self, node: ast.stmt, scope: Scope) -> list[str]:
        """The value of the last expression is the result."""
        if isinstance(node, ast.Return) and node.value is not None:
            return [self.expression(node.value, scope)]
        return self.statement(node, scope)

    def ended(self, statement: str) -> str:
        """By the line's end."""
        return statement

    def declare(self, name: str, kind: str, value: ast.expr, scope: Scope) -> list[str]:
        """As any assignment."""
        return self.assign(name, value, scope)

    def branch(self, condition: str, body: list[str]) -> list[str]:
        """An ``if``, behind the statement where there is one."""
        if len(body) == 1:
            return [f"{body[0]} if {condition}"]
        return self._closed(f"if {condition}", body)

    def repeat(self, condition: str, body: list[str]) -> list[str]:
        """A ``while``."""
        return self._closed(f"while {condition}", body)

    def walk(self, name: str, values: str, kind: str, body: list[str], scope: Scope) -> list[str]:
        """``each``, or ``each_char`` for a text."""
        return self._closed(f"{values}.{'each_char' if kind == 'text' else 'each'} do |{name}|", body)

    def _closed(self, head: str, body: list[str]) -> list[str]:
        return [head, *(f"{self.indent}{line}" for line in body), "end"]

    def letter(self, letter: str) -> str:
        """A text of one letter."""
        return f'"{letter}"'

    def no_numbers(self) -> str:
        """An empty array."""
        return "[]"

    def is_empty(self, values: str) -> str:
        """Asked of itself."""
        return f"{values}.empty?"

    def length(self, values: str, kind: str) -> str:
        """Its length."""
        return f"{values}.length"

    def call(self, name: str, arguments: list[str]) -> str:
        """A method, but for ``solve``."""
        if name == "solve":
            return f"solve({arguments[0]})"
        return f"{arguments[0]}.abs" if name == "abs" else f"[{', '.join(arguments)}].{name}"

    def item(self, values: str, *, last: bool) -> str:
        """By its name."""
        return f"{values}.{'last' if last else 'first'}"

    def part(self, values: str, kind: str, *, first: bool, last: bool) -> str:
        """By a range."""
        return f"{values}[{int(first)}...-1]" if last else f"{values}.drop(1)"

    def append(self, values: str, item: str) -> str:
        """In place."""
        return f"{values} << {item}"

    def prepend(self, values: str, item: str) -> str:
        """In place."""
        return f"{values}.unshift({item})"
