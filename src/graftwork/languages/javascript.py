"""JavaScript: comments, JSDoc or plain, above functions, methods, and whatever holds a function expression."""

import re

from tree_sitter import Node

from graftwork.languages.comments import comment_documenter, without_leading_comments
from graftwork.languages.data_flow import DataFlow
from graftwork.languages.language import Language, words

__all__ = ["DATA_FLOW", "JAVASCRIPT", "document_statements", "statements_query"]

# Orders to linters, coverage tools and compilers.
ORDERS = re.compile(
    r"/[/*]+\s*((?:ox|es)lint|istanbul|c8|v8|jshint|jslint|prettier|standard|globals?\b|@ts-|tslint|TODO|FIXME|XXX|[#@]__|#)"
    r"|//\s*[/*=-]+\s*$"
)

FUNCTIONS = {
    "arrow_function",
    "function_declaration",
    "function_expression",
    "generator_function",
    "generator_function_declaration",
    "method_definition",
}


def _grammar() -> object:
    import tree_sitter_javascript

    return tree_sitter_javascript.language()


def _holder(statement: Node) -> Node:
    """The node that names the function in a statement: a declarator, an assignment, a property or the function."""
    inside = [statement, *statement.named_children]
    inside += [
        declarator for node in inside[1:] if node.type == "lexical_declaration" for declarator in node.named_children
    ]
    return next(node for node in inside if node.type in FUNCTIONS or _value(node) is not None)


def _value(node: Node) -> Node | None:
    value = node.child_by_field_name("right" if node.type == "assignment_expression" else "value")
    return value if value is not None and value.type in FUNCTIONS else None


def _function_of(statement: Node) -> Node:
    holder = _holder(statement)
    return _value(holder) or holder


def _name_of(statement: Node) -> str:
    holder = _holder(statement)
    names = (holder.child_by_field_name(field) for field in ("name", "property", "key", "left"))
    name = next((name for name in names if name is not None), None)
    return (name.text or b"").decode("utf-8", "replace") if name is not None else "default"


document_statements = comment_documenter("/**", "/*", "//", ignored=ORDERS, function_of=_function_of, name_of=_name_of)
"""Finds what is documented in JavaScript and in languages that grew from it."""


def statements_query(field: str) -> str:
    """The query for functions and for what holds a function expression; ``field`` is the grammar's class field."""
    value = "[(arrow_function) (function_expression) (generator_function)]"
    return f"""
    (comment) @comment
    [(function_declaration) (generator_function_declaration) (method_definition)] @function
    (export_statement declaration: [(function_declaration) (generator_function_declaration)]) @function
    (export_statement declaration: (lexical_declaration (variable_declarator value: {value}))) @function
    (export_statement value: {value}) @function
    (lexical_declaration (variable_declarator value: {value})) @function
    (variable_declaration (variable_declarator value: {value})) @function
    (expression_statement (assignment_expression right: {value})) @function
    ({field} value: {value}) @function
    (pair value: {value}) @function
    """


DATA_FLOW = DataFlow(
    defines={"variable_declarator": ("name", "value")},
    assigns=dict.fromkeys(
        (
            "assignment_expression",
            "assignment_pattern",
            "augmented_assignment_expression",
            "for_in_statement",
            "object_assignment_pattern",
        ),
        ("left", "right"),
    ),
    updates=frozenset({"update_expression"}),
    branches=frozenset({"if_statement"}),
    loops=frozenset({"do_statement", "for_in_statement", "for_statement", "while_statement"}),
    initializers=frozenset({"initializer"}),
    lists=frozenset({"array", "array_pattern"}),
    strings=frozenset({"string"}),
)
"""How values move in JavaScript and in languages that grew from it."""

JAVASCRIPT = Language(
    name="javascript",
    extensions=(".js", ".mjs", ".cjs"),
    distribution="tree-sitter-javascript",
    grammar=_grammar,
    query=statements_query("field_definition"),
    document=document_statements,
    undocument=without_leading_comments,
    decisions="""[
        (if_statement) (ternary_expression) (for_statement) (for_in_statement) (while_statement) (do_statement)
        (switch_case) (catch_clause) "&&" "||" "??"
    ] @decision""",
    contexts=(("", ""), ("class A {\n", "\n}"), ("({\n", "\n})")),
    keywords=words(
        """
        as async await break case catch class const continue debugger default delete do else enum export extends
        false finally for from function get if implements import in instanceof interface let new null of package
        private protected public return set static super switch this throw true try typeof var void while with yield
        """
    ),
    data_flow=DATA_FLOW,
)
