"""Go: comment lines right above ``func``."""

import re

from graftwork.languages.comments import comment_documenter, without_leading_comments
from graftwork.languages.language import Language

__all__ = ["GO"]


def _grammar() -> object:
    import tree_sitter_go

    return tree_sitter_go.language()


GO = Language(
    name="go",
    extensions=(".go",),
    distribution="tree-sitter-go",
    grammar=_grammar,
    query="(comment) @comment [(function_declaration) (method_declaration)] @function",
    document=comment_documenter("//", ignored=re.compile(r"//(go:|line |export |nolint|\s*\+build)")),
    undocument=without_leading_comments,
    decisions="""[
        (if_statement) (for_statement) (expression_case) (type_case) (communication_case) "&&" "||"
    ] @decision""",
)
