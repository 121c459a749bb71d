"""Java: Javadoc above methods and constructors; modifiers and annotations stay with the method."""

from graftwork.languages.comments import comment_documenter, without_leading_comments
from graftwork.languages.data_flow import DataFlow
from graftwork.languages.language import Language, words

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
    keywords=words(
        """
        abstract assert boolean break byte case catch char class const continue default do double else enum extends
        final finally float for goto if implements import instanceof int interface long native new non-sealed
        package permits private protected public record return sealed short static strictfp super switch
        synchronized this throw throws transient try var void volatile when while yield
        """
    ),
    data_flow=DataFlow(
        defines=dict.fromkeys(("resource", "variable_declarator"), ("name", "value")),
        assigns={"assignment_expression": ("left", "right"), "enhanced_for_statement": ("name", "value")},
        updates=frozenset({"update_expression"}),
        branches=frozenset({"if_statement"}),
        loops=frozenset({"do_statement", "enhanced_for_statement", "for_statement", "while_statement"}),
        initializers=frozenset({"init"}),
        strings=frozenset({"character_literal", "string_literal"}),
    ),
)
