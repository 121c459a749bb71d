"""Go: comment lines right above ``func``."""

import re

from graftwork.languages.comments import comment_documenter, without_leading_comments
from graftwork.languages.data_flow import DataFlow
from graftwork.languages.language import Language, words

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
    keywords=words(
        """
        break case chan const continue default defer else fallthrough for func go goto if import interface map
        package range return select struct switch type var
        """
    ),
    data_flow=DataFlow(
        defines=dict.fromkeys(("const_spec", "var_spec"), ("name", "value")),
        assigns=dict.fromkeys(
            ("assignment_statement", "range_clause", "receive_statement", "short_var_declaration"), ("left", "right")
        ),
        updates=frozenset({"dec_statement", "inc_statement"}),
        branches=frozenset({"if_statement"}),
        loops=frozenset({"for_statement"}),
        heads=frozenset({"for_clause"}),
        initializers=frozenset({"initializer"}),
        lists=frozenset({"expression_list"}),
        strings=frozenset({"interpreted_string_literal", "raw_string_literal", "rune_literal"}),
    ),
)
