"""Rust: ``///`` lines or a ``/**`` block above ``fn``, attributes between them left out."""

import re

from graftwork.languages.comments import comment_documenter, without_leading_comments
from graftwork.languages.language import Language, words

__all__ = ["RUST"]


def _grammar() -> object:
    import tree_sitter_rust

    return tree_sitter_rust.language()


RUST = Language(
    name="rust",
    extensions=(".rs",),
    distribution="tree-sitter-rust",
    grammar=_grammar,
    # An attribute such as #[inline] may stand between documentation and function: it is passed over like an order.
    query="[(line_comment) (block_comment) (attribute_item)] @comment (function_item) @function",
    document=comment_documenter("///", "/**", ignored=re.compile(r"#!?\[")),
    undocument=without_leading_comments,
    decisions="""[
        (if_expression) (while_expression) (for_expression) (try_expression)
        (match_arm pattern: (match_pattern (_))) (let_declaration alternative: (block)) "&&" "||"
    ] @decision""",
    contexts=(("", ""), ("impl A {\n", "\n}")),
    keywords=words(
        """
        Self abstract as async await become box break const continue crate do dyn else enum extern false final fn
        for gen if impl in let loop macro match mod move mut override priv pub ref return self static struct super
        trait true try type typeof union unsafe unsized use virtual where while yield
        """
    ),
)
