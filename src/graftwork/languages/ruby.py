"""Ruby: comment lines right above ``def``."""

import re

from graftwork.languages.comments import comment_documenter, without_leading_comments
from graftwork.languages.language import Language, words

__all__ = ["RUBY"]

# Orders to tools, RDoc's switches and separator lines.
ORDERS = re.compile(
    r"#\s*(rubocop:|frozen_string_literal:|-\*-|coding:|:(nodoc|stopdoc|startdoc|doc):|sig\b)|##+\s*$|#(--|\+\+)$"
)


def _grammar() -> object:
    import tree_sitter_ruby

    return tree_sitter_ruby.language()


RUBY = Language(
    name="ruby",
    extensions=(".rb",),
    distribution="tree-sitter-ruby",
    grammar=_grammar,
    query="(comment) @comment [(method) (singleton_method)] @function",
    document=comment_documenter("#", ignored=ORDERS),
    undocument=without_leading_comments,
    decisions="""[
        (if) (elsif) (unless) (if_modifier) (unless_modifier) (conditional) (while) (until) (while_modifier)
        (until_modifier) (for) (when) (in_clause) (rescue) (rescue_modifier) "&&" "||" "and" "or"
    ] @decision""",
    keywords=words(
        """
        BEGIN END __ENCODING__ __FILE__ __LINE__ alias and begin break case class def defined? do else elsif end
        ensure false for if in module next nil not or redo rescue retry return self super then true undef unless
        until when while yield
        """
    ),
)
