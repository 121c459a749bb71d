"""What a programming language is here: a grammar, where its documentation stands, and which nodes branch."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import final

import tree_sitter

from graftwork.languages.data_flow import DataFlow

__all__ = ["Captures", "DocumentedFunction", "Language", "dedent", "words"]

Captures = Mapping[str, Sequence[tree_sitter.Node]]
"""What the query of a language found: ``function`` and ``comment`` nodes, each in the order of the source."""


@final
@dataclass(frozen=True)
class DocumentedFunction:
    """A function and its documentation, taken apart.

    Attributes:
        name: its name, with the receiver where the source spells one (``Path.join``).
        documentation: all of its documentation, tags included, comment markers taken off.
        code: the function without its documentation, dedented, no blank lines at the end.
        signature: the function up to its body, such as ``def add(a, b):``.
        line: the line it starts in, counted from 1.
    """

    name: str
    documentation: str
    code: str
    signature: str
    line: int


@final
@dataclass(frozen=True, eq=False)
class Language:
    """A programming language: data and two functions; the methods below are the same for all.

    Attributes:
        name: its name in recipes and tables, such as ``python``.
        extensions: the file name endings of its source.
        distribution: the package that brings its grammar.
        grammar: returns the grammar's pointer, importing the package only then.
        query: a tree-sitter query that captures functions as ``function`` and comments as ``comment``.
        document: takes the captures and the source and yields the documented functions among them.
        decisions: a tree-sitter query that captures each node at which a path may part.
        undocument: takes the captures, the source and where the function starts in it, and returns the function
            without its documentation.
        opening: what a file must start with to be code at all (PHP's tag); snippets may leave it out.
        contexts: text before and after, within which a snippet is tried: a method needs a class around it.
        keywords: the words that its reference calls keywords, contextual ones that code uses included.
        data_flow: how values move in it; None where that is not described.
    """

    name: str
    extensions: tuple[str, ...]
    distribution: str
    grammar: Callable[[], object]
    query: str
    document: Callable[[Captures, bytes], Iterator[DocumentedFunction]]
    decisions: str
    undocument: Callable[[Captures, bytes, int], bytes]
    opening: str = ""
    contexts: tuple[tuple[str, str], ...] = (("", ""),)
    keywords: frozenset[str] = frozenset()
    data_flow: DataFlow | None = None

    @property
    def grammar_version(self) -> str:
        """Name and version of the grammar; scores that rest on trees move with it."""
        return f"{self.distribution} {version(self.distribution)}"

    @cached_property
    def _tree_sitter(self) -> tree_sitter.Language:
        return tree_sitter.Language(self.grammar())

    @cached_property
    def _functions(self) -> tree_sitter.Query:
        return tree_sitter.Query(self._tree_sitter, self.query)

    @cached_property
    def _decisions(self) -> tree_sitter.Query:
        return tree_sitter.Query(self._tree_sitter, self.decisions)

    def _parse(self, source: bytes) -> tree_sitter.Tree:
        return tree_sitter.Parser(self._tree_sitter).parse(source)

    def parse(self, code: str) -> tree_sitter.Tree:
        """Parse a snippet, in the first context in which it has no error, else as it stands."""
        start, code = self._opened(code)
        first: tree_sitter.Tree | None = None
        for before, after in self.contexts:
            tree = self._parse(_encode(start + before + code + after))
            if not tree.root_node.has_error:
                return tree
            first = first or tree
        assert first is not None
        return first

    def parses(self, code: str) -> bool:
        """Whether the code is not blank and its tree, in one of the contexts, has no error and no missing node."""
        return bool(code.strip()) and not self.parse(code).root_node.has_error

    def cyclomatic_complexity(self, code: str) -> int:
        """1 + the number of decisions (McCabe 1976), counted on syntax nodes."""
        return 1 + len(_matched(self._decisions, self.parse(code)).get("decision", []))

    def documented_functions(self, source: str) -> Iterator[DocumentedFunction]:
        """Yield the functions of a file that carry documentation, in the order of the file."""
        data = _encode(source.replace("\r\n", "\n"))
        yield from self.document(self._captures(self._parse(data)), data)

    def without_documentation(self, code: str) -> str:
        """Return a function without the documentation that still stands in it or right before it."""
        start, code = self._opened(code.replace("\r\n", "\n"))
        data = _encode(start + code)
        return self.undocument(self._captures(self._parse(data)), data, len(start)).decode("utf-8", "replace").rstrip()

    def _opened(self, code: str) -> tuple[str, str]:
        """What has to stand before a snippet, and the snippet without it."""
        return (f"{self.opening}\n", code.lstrip().removeprefix(self.opening)) if self.opening else ("", code)

    def _captures(self, tree: tree_sitter.Tree) -> Captures:
        found = _matched(self._functions, tree)
        return {name: found.get(name, []) for name in ("function", "comment")}


def _matched(query: tree_sitter.Query, tree: tree_sitter.Tree) -> dict[str, list[tree_sitter.Node]]:
    """The nodes of each capture, each once, in the order of the source, outer before inner.

    By matches: ``QueryCursor.captures`` also gives nodes of patterns that fail further on.
    """
    found: dict[str, dict[int, tree_sitter.Node]] = {}
    for _, captures in tree_sitter.QueryCursor(query).matches(tree.root_node):
        for name, nodes in captures.items():
            found.setdefault(name, {}).update((node.id, node) for node in nodes)
    return {
        name: sorted(nodes.values(), key=lambda node: (node.start_byte, -node.end_byte))
        for name, nodes in found.items()
    }


def _encode(text: str) -> bytes:
    """Bytes for the parser; a lone surrogate, which no encoding has, becomes a question mark."""
    return text.encode("utf-8", "replace")


def words(text: str) -> frozenset[str]:
    """Return the words of a text, for lists that are easier read as one."""
    return frozenset(text.split())


def dedent(source: bytes, start: int, end: int) -> str:
    """Return a piece of the source with the indentation of its first line taken off all lines.

    Lines that are indented less (inside long strings) lose what they have.
    """
    line_start = source.rfind(b"\n", 0, start) + 1
    line = source[line_start:start]
    depth = len(line) - len(line.lstrip())
    first, *rest = source[start:end].decode("utf-8", "replace").split("\n")
    return "\n".join([first, *(text[min(depth, len(text) - len(text.lstrip())) :] for text in rest)]).rstrip()
