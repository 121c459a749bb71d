"""PHP: a documentation block above functions and methods."""

from graftwork.languages.comments import comment_documenter, without_leading_comments
from graftwork.languages.language import Language, words

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
    keywords=words(
        """
        __halt_compiler abstract and array as break callable case catch class clone const continue declare default
        die do echo else elseif empty enddeclare endfor endforeach endif endswitch endwhile enum eval exit extends
        final finally fn for foreach function global goto if implements include include_once instanceof insteadof
        interface isset list match namespace new or print private protected public readonly require require_once
        return static switch throw trait try unset use var while xor yield
        """
    ),
)
