"""Java: Javadoc above methods and constructors; modifiers and annotations stay with the method."""

from graftwork.languages.comments import comment_documenter, without_leading_comments
from graftwork.languages.language import Language

__all__ = ["JAVA"]


def _grammar() -> object:
    import tree_sitter_java

    return tree_sitter_java.language()


JAVA = Language(
    name="java",
    extensions=(".java",),
    distribution="tree-sitter-java",
    grammar=_grammar,
    query="""[(line_comment) (block_comment)] @comment
    [(method_declaration) (constructor_declaration) (compact_constructor_declaration)] @function""",
    document=comment_documenter("/**"),
    undocument=without_leading_comments,
    decisions="""[
        (if_statement) (ternary_expression) (for_statement) (enhanced_for_statement) (while_statement) (do_statement)
        (catch_clause) "&&" "||"
    ] @decision
    (switch_label (_)) @decision""",
    contexts=(("", ""), ("class A {\n", "\n}")),
)
