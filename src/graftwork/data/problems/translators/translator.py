"""From the syntax tree of a small Python function to the lines of another language.

Known are whole numbers and lists of them; walks over lists, words and the letters of a text; ``=``, ``+=``, ``-=``,
``if`` without ``else``, ``for``, ``while``, ``break``, ``continue``, ``return``, ``append`` and ``insert(0, …)``;
arithmetic, comparisons, ``not list``, ``len``, ``abs``, ``min``, ``max`` and calls of ``solve``; first and last items
and the slices without them. ``//`` and ``%`` are only for numbers that are not negative (or for a remainder compared
with zero), where all languages agree; the arguments of ``abs``, ``min`` and ``max`` are names and numbers.
"""

import ast
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, final

__all__ = ["Scope", "Translator"]

ITEMS = {"numbers": "number", "words": "text", "text": "letter"}
"""What a walk over a value of a type gives."""
PRECEDENCE: dict[type[ast.AST], int] = {
    ast.Compare: 1,
    ast.Add: 2,
    ast.Sub: 2,
    ast.Mult: 3,
    ast.FloorDiv: 3,
    ast.Mod: 3,
}
ATOM = 9
SYMBOLS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Mod: "%",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


@final
@dataclass
class Scope:
    """What is known of the names of a function.

    Attributes:
        types: name -> type, for what has been declared so far.
        result: type of what the function gives back.
        changed: names that are assigned to more than once, or changed in place.
        reassigned_inside: those of them that a block inside the one that declares them assigns to, or changes in place.
    """

    types: dict[str, str]
    result: str
    changed: frozenset[str]
    reassigned_inside: frozenset[str]

    def kind(self, node: ast.expr) -> str:
        """The type of an expression."""
        match node:
            case ast.Name(id=name):
                return self.types[name]
            case ast.List():
                return "numbers"
            case ast.Call(func=ast.Name(id="solve")):
                return self.result
            case ast.Subscript(value=value, slice=ast.Slice()):
                return self.kind(value)
            case ast.Subscript(value=value):
                return ITEMS[self.kind(value)]
        return "number"


class Translator(ABC):
    """Writes the statements of a function in one language; each of these methods gives what the language calls it."""

    indent: ClassVar[str] = "    "
    equality: ClassVar[Mapping[str, str]] = {}
    """Other words for symbols, such as ``===``."""

    @final
    def lines(self, body: Sequence[str], parameters: Mapping[str, str], result: str) -> list[str]:
        """Return the lines of the function's body.

        Args:
            body: Python statements, one a line.
            parameters: name -> type of the arguments of ``solve``.
            result: type of what it gives back.

        Raises:
            ValueError: a statement is not among the known ones.
        """
        tree = ast.parse("\n".join(body))
        scope = Scope(dict(parameters), result, *_changes(tree.body))
        *most, last = tree.body
        return [*self._block(most, scope), *self.last(last, scope)]

    def last(self, node: ast.stmt, scope: Scope) -> list[str]:
        """The last statement of the function."""
        return self.statement(node, scope)

    def statement(self, node: ast.stmt, scope: Scope) -> list[str]:
        """The lines of a statement."""
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                new = name not in scope.types
                kind = scope.types.setdefault(name, scope.kind(value))
                return self.declare(name, kind, value, scope) if new else self.assign(name, value, scope)
            case ast.AugAssign(target=ast.Name(id=name), op=op, value=value):
                return [self.ended(f"{self.name(name)} {SYMBOLS[type(op)]}= {self.expression(value, scope)}")]
            case ast.If(test=test, body=body, orelse=[]):
                return self.branch(self.expression(test, scope), self._block(body, scope))
            case ast.For(target=ast.Name(id=name), iter=ast.Name(id=values), body=body):
                return self._walk(name, values, body, scope)
            case ast.While(test=test, body=body):
                return self.repeat(self.expression(test, scope), self._inner(body, scope))
            case ast.Break():
                return [self.ended(self.break_)]
            case ast.Continue():
                return [self.ended(self.continue_)]
            case ast.Return(value=ast.expr() as value):
                return self.give_back(value, scope)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[item])):
                return [self.ended(self.append(self.name(name), self.expression(item, scope)))]
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="insert"), args=[_, item])):
                return [self.ended(self.prepend(self.name(name), self.expression(item, scope)))]
        raise ValueError(f"no translation of {ast.unparse(node)!r}")

    break_: ClassVar[str] = "break"
    continue_: ClassVar[str] = "continue"

    def expression(self, node: ast.expr, scope: Scope) -> str:
        """The text of an expression."""
        match node:
            case ast.Constant(value=int() as number):
                return str(number)
            case ast.Constant(value=str() as letter):
                return self.letter(letter)
            case ast.Name(id=name):
                return self.name(name)
            case ast.List(elts=[]):
                return self.no_numbers()
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return f"-{self._operand(operand, ATOM, scope)}"
            case ast.UnaryOp(op=ast.Not(), operand=ast.Name(id=name)):
                return self.is_empty(self.name(name))
            case ast.BinOp(left=left, op=op, right=right):
                return self._binary(left, op, right, scope)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                symbol = SYMBOLS[type(op)]
                return self.compare(left, self.equality.get(symbol, symbol), self.expression(right, scope), scope)
            case ast.Call(func=ast.Name(id="len"), args=[of]):
                return self.length(self.expression(of, scope), scope.kind(of))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self.call(name, [self.expression(argument, scope) for argument in arguments])
            case ast.Subscript(value=value, slice=ast.Slice(lower=lower, upper=upper)):
                whole = self.expression(value, scope)
                return self.part(whole, scope.kind(value), first=lower is not None, last=upper is not None)
            case ast.Subscript(value=value, slice=place):
                return self.item(self.expression(value, scope), last=not isinstance(place, ast.Constant))
        raise ValueError(f"no translation of {ast.unparse(node)!r}")

    def compare(self, left: ast.expr, symbol: str, right: str, scope: Scope) -> str:
        """A comparison."""
        return f"{self._operand(left, PRECEDENCE[ast.Compare] + 1, scope)} {symbol} {right}"

    def inner(self, text: str) -> str:
        """An operation inside a larger one, which binds more."""
        return text

    def name(self, name: str) -> str:
        """A variable."""
        return name

    def letter(self, letter: str) -> str:
        """One letter, as walks over a text give them."""
        return f"'{letter}'"

    def ended(self, statement: str) -> str:
        """A statement with what ends it."""
        return f"{statement};"

    def assign(self, name: str, value: ast.expr, scope: Scope) -> list[str]:
        """An assignment to a name that has been declared."""
        return [self.ended(f"{self.name(name)} = {self.expression(value, scope)}")]

    def give_back(self, value: ast.expr, scope: Scope) -> list[str]:
        """A return."""
        return [self.ended(f"return {self.expression(value, scope)}")]

    def quotient(self, left: str, right: str) -> str:
        """A quotient of numbers that are not negative, rounded down."""
        return f"{left} / {right}"

    @abstractmethod
    def declare(self, name: str, kind: str, value: ast.expr, scope: Scope) -> list[str]:
        """The first assignment to a name."""

    @abstractmethod
    def branch(self, condition: str, body: list[str]) -> list[str]:
        """An ``if``; the body is indented."""

    @abstractmethod
    def repeat(self, condition: str, body: list[str]) -> list[str]:
        """A ``while``."""

    @abstractmethod
    def walk(self, name: str, values: str, kind: str, body: list[str], scope: Scope) -> list[str]:
        """A ``for`` over a value of a type."""

    @abstractmethod
    def no_numbers(self) -> str:
        """An empty list of numbers."""

    @abstractmethod
    def is_empty(self, values: str) -> str:
        """Whether a list is empty."""

    @abstractmethod
    def length(self, values: str, kind: str) -> str:
        """The length of a list or text."""

    @abstractmethod
    def call(self, name: str, arguments: list[str]) -> str:
        """A call of ``abs``, ``min``, ``max`` or ``solve``."""

    @abstractmethod
    def item(self, values: str, *, last: bool) -> str:
        """The first or last item of a list."""

    @abstractmethod
    def part(self, values: str, kind: str, *, first: bool, last: bool) -> str:
        """A list without its first item, its last one, or both."""

    @abstractmethod
    def append(self, values: str, item: str) -> str:
        """Putting an item behind a list."""

    @abstractmethod
    def prepend(self, values: str, item: str) -> str:
        """Putting an item before a list."""

    def _block(self, body: Sequence[ast.stmt], scope: Scope) -> list[str]:
        return [line for node in body for line in self.statement(node, scope)]

    def _inner(self, body: Sequence[ast.stmt], scope: Scope) -> list[str]:
        """The body of a loop; what it declares is forgotten after it."""
        before = dict(scope.types)
        lines = self._block(body, scope)
        scope.types = before
        return lines

    def _walk(self, name: str, values: str, body: Sequence[ast.stmt], scope: Scope) -> list[str]:
        kind = scope.types[values]
        scope.types[name] = ITEMS[kind]
        lines = self._inner(body, scope)
        return self.walk(self.name(name), self.name(values), kind, lines, scope)

    def _binary(self, left: ast.expr, op: ast.operator, right: ast.expr, scope: Scope) -> str:
        level = PRECEDENCE[type(op)]
        sides = self._operand(left, level, scope), self._operand(right, level + 1, scope)
        return self.quotient(*sides) if isinstance(op, ast.FloorDiv) else f"{sides[0]} {SYMBOLS[type(op)]} {sides[1]}"

    def _operand(self, node: ast.expr, least: int, scope: Scope) -> str:
        """An operand, in brackets where it binds less than its surroundings."""
        text = self.expression(node, scope)
        if not isinstance(node, ast.BinOp):
            return text
        return self.inner(text) if PRECEDENCE[type(node.op)] >= least else f"({text})"


def _changes(body: Sequence[ast.stmt]) -> tuple[frozenset[str], frozenset[str]]:
    """The names that change after their first assignment, and those that change inside an inner block or in place."""
    homes: dict[str, int] = {}
    changed: set[str] = set()
    inside: set[str] = set()

    def visit(statements: Sequence[ast.stmt], block: int) -> None:
        for node in statements:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)]):
                    if name in homes:
                        changed.add(name)
                        inside.update({name} if homes[name] != block else ())
                    homes.setdefault(name, block)
                case ast.AugAssign(target=ast.Name(id=name)):
                    changed.add(name)
                    inside.add(name)
                case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name)))):
                    inside.add(name)
                case ast.For(target=ast.Name(id=name), body=inner):
                    homes.setdefault(name, id(node))
                    visit(inner, id(node))
                case ast.If(body=inner) | ast.While(body=inner):
                    visit(inner, id(node))

    visit(body, 0)
    return frozenset(changed), frozenset(inside)
