"""PHP: a documentation block above functions and methods."""

from graftwork.languages.comments import comment_documenter, without_leading_comments
from graftwork.languages.language import Language

__all__ = ["PHP"]


def _grammar() -> object:
    import tree_sitter_php

    return tree_sitter_php.language_php()


PHP = Language(
    name="php",
    extensions=(".php",),
    distribution="tree-sitter-php",
    grammar=_grammar,
    query="(comment) @comment [(function_definition) (method_declaration)] @function",
    document=comment_documenter("/**"),
    undocument=without_leading_comments,
    decisions="""[
        (if_statement) (else_if_clause) (conditional_expression) (for_statement) (foreach_statement) (while_statement)
        (do_statement) (case_statement) (catch_clause) (match_conditional_expression)
        "&&" "||" "??" "and" "or"
    ] @decision""",
    opening="<?php",
    contexts=(("", ""), ("class A {\n", "\n}")),
)
