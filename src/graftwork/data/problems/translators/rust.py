"""Rust: a name that is given anew in its own block is a new one; ``mut`` is for what inner blocks change."""

import ast
from typing import ClassVar, final

from graftwork.data.problems.renderers.rust import TYPES
from graftwork.data.problems.translators.braces import BracesTranslator
from graftwork.data.problems.translators.translator import Scope

__all__ = ["RustTranslator"]


@final
class RustTranslator(BracesTranslator):
    """Rust."""

    condition: ClassVar[str] = "{}"

    def last(self, node: ast.stmt, scope: Scope) -> list[str]:
        """The last expression is the result."""
        if isinstance(node, ast.Return) and node.value is not None:
            return [self.expression(node.value, scope)]
        return self.statement(node, scope)

    def declare(self, name: str, kind: str, value: ast.expr, scope: Scope) -> list[str]:
        """``let``, with the type where it is not seen."""
        mut = "mut " if name in scope.reassigned_inside else ""
        spelled = isinstance(value, ast.Constant | ast.List | ast.UnaryOp)
        return [f"let {mut}{name}{f': {TYPES[kind]}' * spelled} = {self.expression(value, scope)};"]

    def assign(self, name: str, value: ast.expr, scope: Scope) -> list[str]:
        """An assignment, or a new ``let`` of the same name."""
        let = "" if name in scope.reassigned_inside else "let "
        return [f"{let}{name} = {self.expression(value, scope)};"]

    def compare(self, left: ast.expr, symbol: str, right: str, scope: Scope) -> str:
        """Lengths are compared as they are."""
        return f"{self.expression(left, scope).removesuffix(' as i64')} {symbol} {right}"

    def walk(self, name: str, values: str, kind: str, body: list[str], scope: Scope) -> list[str]:
        """A ``for`` over a borrowed list, or over the letters of a text."""
        head = {
            "numbers": f"&{name} in {values}",
            "words": f"{name} in {values}",
            "text": f"{name} in {values}.chars()",
        }
        return self.braced(f"for {head[kind]}", body)

    def no_numbers(self) -> str:
        """An empty vector."""
        return "Vec::new()"

    def is_empty(self, values: str) -> str:
        """Asked of itself."""
        return f"{values}.is_empty()"

    def length(self, values: str, kind: str) -> str:
        """As a number like the others."""
        return f"{values}.len() as i64"

    def call(self, name: str, arguments: list[str]) -> str:
        """A method, but for ``solve``."""
        first, *rest = arguments
        return f"solve({first})" if name == "solve" else f"{first}.{name}({', '.join(rest)})"

    def item(self, values: str, *, last: bool) -> str:
        """By its index."""
        return f"{values}[{values}.len() - 1]" if last else f"{values}[0]"

    def part(self, values: str, kind: str, *, first: bool, last: bool) -> str:
        """A slice."""
        return f"&{values}[{'1' * first}..{f'{values}.len() - 1' * last}]"

    def append(self, values: str, item: str) -> str:
        """In place."""
        return f"{values}.push({item})"

    def prepend(self, values: str, item: str) -> str:
        """In place."""
        return f"{values}.insert(0, {item})"
