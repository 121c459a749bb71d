"""C++: comments, Doxygen's or plain, above functions, methods and templates of them."""

import re

from tree_sitter import Node

from graftwork.languages.comments import comment_documenter, without_leading_comments
from graftwork.languages.language import Language, words

__all__ = ["CPP"]

# Orders to linters and formatters, and lines that only rule off.
ORDERS = re.compile(r"//\s*(NOLINT|clang-format|cppcheck|IWYU|TODO|FIXME|XXX|HACK)|//\s*[/*=-]+\s*$")


def _grammar() -> object:
    import tree_sitter_cpp

    return tree_sitter_cpp.language()


def _function_of(node: Node) -> Node:
    """The definition inside ``template <...>``, however often templated."""
    while node.type == "template_declaration":
        node = node.named_children[-1]
    return node


def _name_of(node: Node) -> str:
    """What is declared, with its class where the source spells one: ``Stack::push``."""
    inner = _function_of(node).child_by_field_name("declarator")
    while inner is not None and inner.type != "function_declarator":
        inner = inner.child_by_field_name("declarator") or next(iter(inner.named_children), None)
    name = inner.child_by_field_name("declarator") if inner is not None else None
    return (name.text or b"").decode("utf-8", "replace") if name is not None else ""


CPP = Language(
    name="cpp",
    extensions=(".cpp", ".cc", ".cxx", ".hpp", ".hh", ".hxx", ".h"),
    distribution="tree-sitter-cpp",
    grammar=_grammar,
    query="""(comment) @comment
    (function_definition) @function
    (template_declaration (function_definition)) @function""",
    document=comment_documenter("/**", "/*!", "/*", "//", ignored=ORDERS, function_of=_function_of, name_of=_name_of),
    undocument=without_leading_comments,
    decisions="""[
        (if_statement) (conditional_expression) (for_statement) (for_range_loop) (while_statement) (do_statement)
        (case_statement value: (_)) (catch_clause) "&&" "||" "and" "or"
    ] @decision""",
    contexts=(("", ""), ("class A {\n", "\n};")),
    keywords=words(
        """
        alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t char8_t class
        co_await co_return co_yield compl concept const const_cast consteval constexpr constinit continue decltype
        default delete do double dynamic_cast else enum explicit export extern false final float for friend goto if
        import inline int long module mutable namespace new noexcept not not_eq nullptr operator or or_eq override
        private protected public register reinterpret_cast requires return short signed sizeof static static_assert
        static_cast struct switch template this thread_local throw true try typedef typeid typename union unsigned
        using virtual void volatile wchar_t while xor xor_eq
        """
    ),
)
