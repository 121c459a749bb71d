"""Python: the documentation is a string, the first statement of the body."""

import inspect
from collections.abc import Iterator

from tree_sitter import Node

from graftwork.languages.data_flow import DataFlow
from graftwork.languages.language import Captures, DocumentedFunction, Language, dedent, words

__all__ = ["PYTHON"]


def _grammar() -> object:
    import tree_sitter_python

    return tree_sitter_python.language()


def _docstring(function: Node) -> Node | None:
    """The documentation string of a function; formatted strings and bytes document nothing."""
    body = function.child_by_field_name("body")
    statement = next((child for child in body.named_children if child.type != "comment"), None) if body else None
    if statement is None or statement.type != "expression_statement" or statement.named_child_count != 1:
        return None
    string = statement.named_children[0]
    prefix = (string.children[0].text or b"").rstrip(b"'\"").lower() if string.children else b""
    return string if string.type == "string" and prefix in (b"", b"r", b"u") else None


def _cut(function: Node, docstring: Node, source: bytes) -> tuple[int, int, bytes]:
    """Where the docstring starts and ends with the space around it, and what has to stand there instead."""
    body = function.child_by_field_name("body")
    assert body is not None
    statements = [child for child in body.named_children if child.type != "comment"]
    if len(statements) == 1:
        return docstring.start_byte, docstring.end_byte, b"pass"
    line_start = source.rfind(b"\n", 0, docstring.start_byte) + 1
    rest = source[docstring.end_byte : source.find(b"\n", docstring.end_byte) % (len(source) + 1)]
    alone = not source[line_start : docstring.start_byte].strip() and not rest.strip()
    if not alone:  # "text"; statement
        return docstring.start_byte, statements[1].start_byte, b""
    end = docstring.end_byte + len(rest) + 1
    while (newline := source.find(b"\n", end)) >= 0 and not source[end:newline].strip():
        end = newline + 1
    return line_start, end, b""


def _document(captures: Captures, source: bytes) -> Iterator[DocumentedFunction]:
    for function in captures["function"]:
        docstring = _docstring(function)
        if docstring is None:
            continue
        content = source[docstring.children[0].end_byte : docstring.children[-1].start_byte]
        documentation = inspect.cleandoc(content.decode("utf-8", "replace"))
        if not documentation.strip():
            continue
        start, end, instead = _cut(function, docstring, source)
        shortened = source[:start] + instead + source[end:]
        code = dedent(shortened, function.start_byte, function.end_byte - len(source) + len(shortened))
        name = function.child_by_field_name("name")
        spelled = (name.text or b"").decode("utf-8", "replace") if name else ""
        line = function.start_point.row + 1
        yield DocumentedFunction(spelled, documentation, code, _signature(function, source), line)


def _signature(function: Node, source: bytes) -> str:
    colon = next(child for child in reversed(function.children) if child.type == ":")
    return dedent(source, function.start_byte, colon.end_byte)


def _without_docstring(captures: Captures, source: bytes, start: int) -> bytes:
    for function in captures["function"][:1]:
        docstring = _docstring(function)
        if docstring is not None:
            cut, end, instead = _cut(function, docstring, source)
            return source[start:cut] + instead + source[end:]
    return source[start:]


PYTHON = Language(
    name="python",
    extensions=(".py",),
    distribution="tree-sitter-python",
    grammar=_grammar,
    query="(function_definition) @function",
    document=_document,
    undocument=_without_docstring,
    decisions="""[
        (if_statement) (elif_clause) (conditional_expression) (for_statement) (while_statement) (except_clause)
        (if_clause) (for_in_clause) (assert_statement) "and" "or"
    ] @decision
    (case_clause (case_pattern (_))) @decision""",
    keywords=words(
        """
        False None True and as assert async await break case class continue def del elif else except finally for
        from global if import in is lambda match nonlocal not or pass raise return try type while with yield
        """
    ),
    data_flow=DataFlow(
        defines=dict.fromkeys(("default_parameter", "typed_default_parameter"), ("name", "value")),
        assigns={
            **dict.fromkeys(
                ("assignment", "augmented_assignment", "for_statement", "for_in_clause"), ("left", "right")
            ),
            "named_expression": ("name", "value"),
        },
        branches=frozenset({"if_statement"}),
        loops=frozenset({"for_statement", "while_statement"}),
        first=frozenset({"for_in_clause"}),
        lists=frozenset({"expression_list", "list", "list_pattern", "pattern_list", "tuple", "tuple_pattern"}),
        strings=frozenset({"string"}),
    ),
)
