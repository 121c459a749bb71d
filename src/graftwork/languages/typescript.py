"""TypeScript: as JavaScript, with types; declarations without a body (overloads, ``.d.ts``) are no functions."""

from dataclasses import replace

from graftwork.languages.comments import without_leading_comments
from graftwork.languages.javascript import DATA_FLOW, JAVASCRIPT, document_statements, statements_query
from graftwork.languages.language import Language, words

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
    keywords=JAVASCRIPT.keywords
    | words(
        """
        abstract accessor any asserts bigint boolean constructor declare infer is keyof module namespace never
        number object out override readonly satisfies string symbol type undefined unique unknown
        """
    ),
    data_flow=replace(
        DATA_FLOW,
        defines={
            **DATA_FLOW.defines,
            **dict.fromkeys(("optional_parameter", "required_parameter"), ("pattern", "value")),
        },
    ),
)
