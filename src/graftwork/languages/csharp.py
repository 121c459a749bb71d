"""C#: ``///`` lines of XML above methods and constructors; attributes and modifiers stay with the method."""

from graftwork.languages.comments import comment_documenter, without_leading_comments
from graftwork.languages.language import Language, words

__all__ = ["CSHARP"]


def _grammar() -> object:
    import tree_sitter_c_sharp

    return tree_sitter_c_sharp.language()


CSHARP = Language(
    name="csharp",
    extensions=(".cs",),
    distribution="tree-sitter-c-sharp",
    grammar=_grammar,
    query="""(comment) @comment
    [(method_declaration) (constructor_declaration) (operator_declaration) (local_function_statement)] @function""",
    document=comment_documenter("///", "/**"),
    undocument=without_leading_comments,
    decisions="""[
        (if_statement) (conditional_expression) (for_statement) (foreach_statement) (while_statement) (do_statement)
        (catch_clause) "&&" "||" "??"
    ] @decision
    (switch_section "case" @decision)
    (switch_expression_arm [(constant_pattern) (declaration_pattern) (relational_pattern) (recursive_pattern)
        (or_pattern) (and_pattern) (type_pattern) (var_pattern) (negated_pattern)]) @decision""",
    contexts=(("", ""), ("class A {\n", "\n}")),
    keywords=words(
        """
        abstract and as async await base bool break byte case catch char checked class const continue decimal
        default delegate do double dynamic else enum event explicit extern false finally fixed float for foreach
        from get goto if implicit in init int interface internal into is join let lock long nameof namespace new
        nint not null nuint object operator or orderby out override params partial private protected public readonly
        record ref required return sbyte scoped sealed select set short sizeof stackalloc static string struct
        switch this throw true try typeof uint ulong unchecked unsafe ushort using value var virtual void volatile
        when where while with yield
        """
    ),
)
