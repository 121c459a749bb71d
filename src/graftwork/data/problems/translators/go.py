"""Go: ``abs``, ``min`` and ``max`` of whole numbers are an ``if`` there (before Go 1.21 there is no other way)."""

import ast
from typing import ClassVar, final

from graftwork.data.problems.renderers.go import TYPES
from graftwork.data.problems.translators.braces import BracesTranslator
from graftwork.data.problems.translators.translator import Scope

__all__ = ["GoTranslator"]


@final
class GoTranslator(BracesTranslator):
    """Go."""

    indent: ClassVar[str] = "\t"
    condition: ClassVar[str] = "{}"

    def ended(self, statement: str) -> str:
        """By the line's end, with the short words for one more and one less."""
        return statement.replace(" += 1", "++").replace(" -= 1", "--") if statement.endswith("= 1") else statement

    def inner(self, text: str) -> str:
        """Without spaces, as its formatter has it."""
        return text.replace(" ", "")

    def declare(self, name: str, kind: str, value: ast.expr, scope: Scope) -> list[str]:
        """By ``:=``."""
        return self._set(name, ":=", value, scope)

    def assign(self, name: str, value: ast.expr, scope: Scope) -> list[str]:
        """By ``=``."""
        return self._set(name, "=", value, scope)

    def give_back(self, value: ast.expr, scope: Scope) -> list[str]:
        """A return, of a number that an ``if`` has chosen where needed."""
        match value:
            case ast.Call(func=ast.Name(id="abs"), args=[ast.Name(id=name)]):
                return [*self._absolute(name), f"return {name}"]
            case ast.Call(func=ast.Name(id="min" | "max" as which), args=[one, ast.Name(id=name)]):
                other = self.expression(one, scope)
                return [*self.branch(f"{name} {_sign(which)} {other}", [f"return {other}"]), f"return {name}"]
        return super().give_back(value, scope)

    def _set(self, name: str, sign: str, value: ast.expr, scope: Scope) -> list[str]:
        match value:
            case ast.Call(func=ast.Name(id="abs"), args=[ast.Name(id=of)]) if of == name:
                return self._absolute(name)
            case ast.Call(func=ast.Name(id="min" | "max" as which), args=[ast.Name(id=of), one]) if of == name:
                other = self.expression(one, scope)
                return self.branch(f"{name} {_sign(which)} {other}", [f"{name} = {other}"])
        return [self.ended(f"{name} {sign} {self.expression(value, scope)}")]

    def _absolute(self, name: str) -> list[str]:
        return self.branch(f"{name} < 0", [f"{name} = -{name}"])

    def repeat(self, condition: str, body: list[str]) -> list[str]:
        """``for`` with a condition."""
        return self.braced(f"for {condition}", body)

    def walk(self, name: str, values: str, kind: str, body: list[str], scope: Scope) -> list[str]:
        """``for … range``."""
        return self.braced(f"for _, {name} := range {values}", body)

    def no_numbers(self) -> str:
        """An empty slice."""
        return f"{TYPES['numbers']}{{}}"

    def is_empty(self, values: str) -> str:
        """By its length."""
        return f"len({values}) == 0"

    def length(self, values: str, kind: str) -> str:
        """Its length."""
        return f"len({values})"

    def call(self, name: str, arguments: list[str]) -> str:
        """Of ``solve``.

        Raises:
            ValueError: of anything else; ``abs``, ``min`` and ``max`` are statements.
        """
        if name != "solve":
            raise ValueError(f"no expression {name} in Go")
        return f"solve({arguments[0]})"

    def item(self, values: str, *, last: bool) -> str:
        """By its index."""
        return f"{values}[len({values})-1]" if last else f"{values}[0]"

    def part(self, values: str, kind: str, *, first: bool, last: bool) -> str:
        """A slice."""
        if first and last:
            return f"{values}[1 : len({values})-1]"
        return f"{values}[1:]" if first else f"{values}[:len({values})-1]"

    def append(self, values: str, item: str) -> str:
        """By a new slice."""
        return f"{values} = append({values}, {item})"

    def prepend(self, values: str, item: str) -> str:
        """By a new slice."""
        return f"{values} = append([]int{{{item}}}, {values}...)"


def _sign(which: str) -> str:
    """How a number stands to the other one that takes its place."""
    return "<" if which == "max" else ">"
