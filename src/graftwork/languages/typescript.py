"""TypeScript: as JavaScript, with types; declarations without a body (overloads, ``.d.ts``) are no functions."""

from graftwork.languages.comments import without_leading_comments
from graftwork.languages.javascript import JAVASCRIPT, document_statements, statements_query
from graftwork.languages.language import Language

__all__ = ["TYPESCRIPT"]


def _grammar() -> object:
    import tree_sitter_typescript

    return tree_sitter_typescript.language_typescript()


TYPESCRIPT = Language(
    name="typescript",
    extensions=(".ts", ".mts", ".cts"),
    distribution="tree-sitter-typescript",
    grammar=_grammar,
    query=statements_query("public_field_definition"),
    document=document_statements,
    undocument=without_leading_comments,
    decisions=JAVASCRIPT.decisions,
    contexts=JAVASCRIPT.contexts,
)
