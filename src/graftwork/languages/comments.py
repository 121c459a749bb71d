"""Documentation that stands above a function, as a comment block."""

import re
from collections.abc import Callable, Iterator, Sequence

from tree_sitter import Node

from graftwork.languages.language import Captures, DocumentedFunction, dedent

__all__ = ["comment_documenter", "name_field", "without_leading_comments"]

OPENING = re.compile(r"/\*+!?")
BLANK_LINE = re.compile(rb"[ \t]*\n[ \t]*\n")
BLOCK_EDGE = re.compile(r"^[ \t]*\*[ \t]?|^[ \t]+$")


def name_field(function: Node) -> str:
    """The text of a function's ``name`` field."""
    name = function.child_by_field_name("name")
    return _text(name) if name is not None else ""


def comment_documenter(
    *markers: str,
    ignored: re.Pattern[str] | None = None,
    function_of: Callable[[Node], Node] = lambda node: node,
    name_of: Callable[[Node], str] = name_field,
) -> Callable[[Captures, bytes], Iterator[DocumentedFunction]]:
    """Make the function that finds comments right above functions.

    Args:
        markers: what comments that document start with: ``/**`` and ``/*`` for one block comment, else a line
            comment's marker for a run of them.
        ignored: what may stand between, such as orders to a tool (``//go:noinline``), if it is captured as comment.
        function_of: gives the function inside a captured statement, which has the parameters and the body.
        name_of: gives the name of a captured statement.
    """

    def document(captures: Captures, source: bytes) -> Iterator[DocumentedFunction]:
        comments = _by_last_row(captures["comment"], source)
        done: set[int] = set()
        for node in captures["function"]:
            row = node.start_point.row
            if row in done:  # an export and the function in it start in the same row; the outer one comes first
                continue
            documentation = _above(row, comments, markers, ignored)
            function = function_of(node)
            body = function.child_by_field_name("body")
            if not documentation or body is None:
                continue
            done.add(row)
            code = dedent(source, node.start_byte, node.end_byte)
            yield DocumentedFunction(
                name_of(node), documentation, code, _signature(node, function, body, source), row + 1
            )

    return document


def without_leading_comments(captures: Captures, source: bytes, start: int) -> bytes:
    """Return the source from ``start`` on, without the comments that stand there first."""
    end = start
    for comment in captures["comment"]:
        if source[end : comment.start_byte].strip():
            break
        end = comment.end_byte
    return source[end:].lstrip() if end > start else source[start:]


def _by_last_row(comments: Sequence[Node], source: bytes) -> dict[int, Node]:
    """Comments that have their line to themselves, by the row they end in.

    A documentation block may be followed by a blank line; it then counts as ending there.
    """
    found: dict[int, Node] = {}
    for comment in comments:
        line_start = source.rfind(b"\n", 0, comment.start_byte) + 1
        if not source[line_start : comment.start_byte].strip():
            is_block = source.startswith(b"/**", comment.start_byte)
            blank = is_block and BLANK_LINE.match(source, comment.end_byte) is not None
            found[_last_row(comment) + blank] = comment
    return found


def _last_row(comment: Node) -> int:
    """The row a comment ends in; some grammars count the line break as part of it."""
    return comment.end_point.row - (comment.end_point.column == 0)


def _above(row: int, comments: dict[int, Node], markers: tuple[str, ...], ignored: re.Pattern[str] | None) -> str:
    """The documentation that ends in the row above, markers taken off; empty if there is none."""
    while (last := comments.get(row - 1)) is not None and ignored is not None and ignored.match(_text(last)):
        row = last.start_point.row
    if last is None:
        return ""
    text = _text(last)
    if text.startswith("/*"):
        opening = OPENING.match(text)
        assert opening is not None
        return _block_text(text[opening.end() :]) if opening[0] in markers else ""
    lines: list[str] = []
    while (comment := comments.get(row - 1)) is not None and (text := _text(comment)).startswith(markers):
        if text.startswith("/*"):
            break
        row -= 1
        if ignored is None or not ignored.match(text):
            lines.append(text.lstrip(text[0]).removeprefix("!"))  # Doxygen also takes //!
    return _join(lines[::-1])


def _block_text(inner: str) -> str:
    return _join([BLOCK_EDGE.sub("", line) for line in inner.removesuffix("*/").rstrip("*").split("\n")])


def _join(lines: list[str]) -> str:
    """Lines without their common margin of one space, and without blank lines at the ends."""
    return "\n".join(line.removeprefix(" ").rstrip() for line in lines).strip("\n").strip()


def _signature(node: Node, function: Node, body: Node, source: bytes) -> str:
    """The function up to its body, the opening brace included, comments before the body left out."""
    end = min([body.start_byte, *(child.start_byte for child in function.children if "comment" in child.type)])
    text = dedent(source, node.start_byte, end)
    return f"{text} {{" if source[body.start_byte : body.start_byte + 1] == b"{" else text


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")
