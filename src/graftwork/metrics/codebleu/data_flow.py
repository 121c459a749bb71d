"""The meaning part of CodeBLEU: where the value of each variable comes from.

Guo et al. 2021, "GraphCodeBERT: Pre-training Code Representations with Data Flow" (https://arxiv.org/abs/2009.08366),
as CodeBLEU (Ren et al. 2020) uses it: each occurrence of a variable or value is a node, and edges lead to it from the
occurrences that its value may come from, its last assignments on every way there, or that it is computed from.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, TypeAlias, final

from tree_sitter import Node

from graftwork.languages.data_flow import DataFlow

__all__ = ["Flow", "data_flow", "normalised"]

Relation = Literal["comes from", "computed from"]
State = dict[str, frozenset[int]]
"""Variable -> the positions at which its present value may have been set."""
Step: TypeAlias = Node | Callable[[], None]


@final
@dataclass
class Flow:
    """Where one occurrence has its value from: the names of its sources, without repetition, as the keys of a dict."""

    name: str
    relation: Relation
    sources: dict[str, None] = field(default_factory=dict)


def data_flow(root: Node, grammar: DataFlow) -> list[Flow]:
    """Return the flows of a tree in the order of the text.

    An occurrence that has no source and is none is left out. Ways that part (``if``) are gone one by one and their
    values joined; ``switch``, ``match`` and ``try`` are read straight through. Loops are gone through twice, so that
    what one round leaves reaches the next; loops in such a second round once, which finds no less, and keeps the
    time from doubling with every level.
    """
    walk = _Walk(grammar)
    walk.go(root)
    return [flow for position, flow in sorted(walk.flows.items()) if flow.sources or position in walk.used]


def normalised(flows: Iterable[Flow]) -> Counter[tuple[int, Relation, tuple[int, ...]]]:
    """Return the flows with numbers for names, in the order in which those appear, and how often there is each."""
    numbers: dict[str, int] = {}
    found: Counter[tuple[int, Relation, tuple[int, ...]]] = Counter()
    for flow in flows:
        sources = tuple(numbers.setdefault(name, len(numbers)) for name in flow.sources)
        found[numbers.setdefault(flow.name, len(numbers)), flow.relation, sources] += 1
    return found


@final
class _Walk:
    """One way through a tree. Steps wait on a stack: what a model generates may nest deeper than Python's."""

    def __init__(self, grammar: DataFlow) -> None:
        self.grammar = grammar
        self.names: dict[int, str] = {}
        self.positions: list[int] = []
        self.flows: dict[int, Flow] = {}
        self.used: set[int] = set()
        self.state: State = {}
        self.forks: list[tuple[State, list[State]]] = []
        self.repeating = False

    def go(self, root: Node) -> None:
        """Go through the tree below a node."""
        self.names = dict(self._names(root))
        self.positions = list(self.names)
        waiting: list[Step] = [root]
        while waiting:
            step = waiting.pop()
            if isinstance(step, Node):
                waiting.extend(reversed(self._steps(step)))
            else:
                step()

    def _steps(self, node: Node) -> Sequence[Step]:
        """What is to be done about a node, in smaller steps."""
        grammar, kind = self.grammar, node.type
        if self._is_token(node):
            self._use(node)
            return ()
        if kind in grammar.loops:
            return self._loop(node)
        if kind in grammar.branches:
            return self._branch(node)
        if kind in grammar.assigns or kind in grammar.defines:
            return self._set(node)
        if kind in grammar.updates:
            self._connect([node], [node], "computed from")
            return ()
        children: list[Node] = node.children
        if any(child.type in grammar.first for child in children):
            children.sort(key=lambda child: child.type not in grammar.first)
        return children

    def _loop(self, node: Node) -> list[Step]:
        first = self._round(node, again=False)
        if self.repeating:
            return first
        return [*first, partial(self._repeat, True), *self._round(node, again=True), partial(self._repeat, False)]

    def _round(self, node: Node, *, again: bool) -> list[Step]:
        """One round of a loop; ``again`` leaves out what is done once."""
        grammar = self.grammar
        if node.type in grammar.assigns:
            return [*self._set(node), *(child for name, child in _fields(node) if name in ("body", "alternative"))]
        parts = [
            part
            for name, child in _fields(node)
            for part in (_fields(child) if child.type in grammar.heads else [(name, child)])
        ]
        return [child for name, child in parts if not (again and name in grammar.initializers)]

    def _repeat(self, repeating: bool) -> None:
        self.repeating = repeating

    def _branch(self, node: Node) -> list[Step]:
        """What all ways begin with, then each way from there, and their values joined."""
        steps: list[Step] = []
        ways = [("", node)]
        for name, child in _fields(node):
            if name in ("consequence", "alternative") and child.is_named:
                steps.append(self._fork if len(ways) == 1 else self._turn)
                ways.append((name, child))
            steps.append(child)
        if len(ways) == 1:
            return steps
        name, last = ways[-1]
        # Without an `else`, one way goes through nothing. A clause with a condition of its own (`elif`) is no `else`,
        # while an `if` after `else` has joined all of its ways already.
        is_else = last.type in self.grammar.branches or last.child_by_field_name("condition") is None
        return [*steps, *([] if name == "alternative" and is_else else [self._turn]), self._join]

    def _fork(self) -> None:
        self.forks.append((dict(self.state), []))

    def _turn(self) -> None:
        start, ends = self.forks[-1]
        ends.append(self.state)
        self.state = dict(start)

    def _join(self) -> None:
        for end in self.forks.pop()[1]:
            for name, positions in end.items():
                self.state[name] = self.state.get(name, frozenset()) | positions

    def _set(self, node: Node) -> list[Step]:
        """Go through the values, then connect the variables to them; lists of one length are taken one by one."""
        computes = node.type in self.grammar.assigns
        names = self.grammar.assigns[node.type] if computes else self.grammar.defines[node.type]
        variables, values = (self._listed(node.children_by_field_name(name)) for name in names)
        pairs = [(variables, values)]
        if len(variables) == len(values):
            pairs = [([variable], [value]) for variable, value in zip(variables, values, strict=True)]
        relation: Relation = "computed from" if computes else "comes from"
        return [*values, *(partial(self._connect, *pair, relation) for pair in pairs)]

    def _listed(self, nodes: list[Node]) -> list[Node]:
        """What the nodes list, if there is but one node and it is a list."""
        named = [node for node in nodes if node.is_named]
        return named[0].named_children if len(named) == 1 and named[0].type in self.grammar.lists else named

    def _connect(self, variables: list[Node], values: list[Node], relation: Relation) -> None:
        """Let every variable have its value from all values."""
        sources = [position for value in values for position in self._within(value)]
        names = dict.fromkeys(self.names[position] for position in sources)
        if variables:
            self.used.update(sources)
        for position in (position for variable in variables for position in self._within(variable)):
            self._flow(position, relation).sources.update(names)
            self.state[self.names[position]] = frozenset((position,))

    def _use(self, token: Node) -> None:
        """Let an occurrence have its value from where its variable was set; a new name is set here."""
        position = token.start_byte
        name = self.names.get(position)
        if name is None or position == token.end_byte:
            return
        flow = self._flow(position, "comes from")
        if name in self.state:
            flow.sources[name] = None
            self.used |= self.state[name]
        elif token.type == "identifier":
            self.state[name] = frozenset((position,))

    def _flow(self, position: int, relation: Relation) -> Flow:
        return self.flows.setdefault(position, Flow(self.names[position], relation))

    def _within(self, node: Node) -> list[int]:
        """The positions of the names and values in a node."""
        return self.positions[bisect_left(self.positions, node.start_byte) : bisect_left(self.positions, node.end_byte)]

    def _names(self, root: Node) -> Iterator[tuple[int, str]]:
        """Position and text of each name and value, in the order of the text; other tokens are what their type says."""
        waiting = [root]
        while waiting:
            node = waiting.pop()
            if not self._is_token(node):
                waiting.extend(reversed(node.children))
            elif node.is_named and not node.type.endswith("comment"):
                text = (node.text or b"").decode("utf-8", "replace")
                if text not in ("", node.type):
                    yield node.start_byte, text

    def _is_token(self, node: Node) -> bool:
        if node.type in self.grammar.strings:
            return not any(child.type.endswith("interpolation") for child in node.children)
        return not node.child_count


def _fields(node: Node) -> list[tuple[str | None, Node]]:
    return [(node.field_name_for_child(position), child) for position, child in enumerate(node.children)]
