"""C++: comments, Doxygen's or plain, above functions, methods and templates of them."""

import re

from tree_sitter import Node

from graftwork.languages.comments import comment_documenter, without_leading_comments
from graftwork.languages.language import Language

__all__ = ["CPP"]

# Orders to linters and formatters, and lines that only rule off.
ORDERS = re.compile(r"//\s*(NOLINT|clang-format|cppcheck|IWYU|TODO|FIXME|XXX|HACK)|//\s*[/*=-]+\s*$")


def _grammar() -> object:
    import tree_sitter_cpp

    return tree_sitter_cpp.language()


def _function_of(node: Node) -> Node:
    """The definition inside ``template <...>``, however often templated."""
    while node.type == "template_declaration":
        node = node.named_children[-1]
    return node


def _name_of(node: Node) -> str:
    """What is declared, with its class where the source spells one: ``Stack::push``."""
    inner = _function_of(node).child_by_field_name("declarator")
    while inner is not None and inner.type != "function_declarator":
        inner = inner.child_by_field_name("declarator") or next(iter(inner.named_children), None)
    name = inner.child_by_field_name("declarator") if inner is not None else None
    return (name.text or b"").decode("utf-8", "replace") if name is not None else ""


CPP = Language(
    name="cpp",
    extensions=(".cpp", ".cc", ".cxx", ".hpp", ".hh", ".hxx", ".h"),
    distribution="tree-sitter-cpp",
    grammar=_grammar,
    query="""(comment) @comment
    (function_definition) @function
    (template_declaration (function_definition)) @function""",
    document=comment_documenter("/**", "/*!", "/*", "//", ignored=ORDERS, function_of=_function_of, name_of=_name_of),
    undocument=without_leading_comments,
    decisions="""[
        (if_statement) (conditional_expression) (for_statement) (for_range_loop) (while_statement) (do_statement)
        (case_statement value: (_)) (catch_clause) "&&" "||" "and" "or"
    ] @decision""",
    contexts=(("", ""), ("class A {\n", "\n};")),
)
