from graftwork.languages import get_language
from graftwork.metrics.codebleu.subtrees import Shapes, subtrees


def shared(first: str, second: str, language: str = "python") -> tuple[int, int, int]:
    """Subtrees of the first, of the second, and of both."""
    shapes: Shapes = {}
    one, other = (subtrees(get_language(language).parse(text).root_node, shapes) for text in (first, second))
    return one.total(), other.total(), (one & other).total()


def test_every_node_with_children_is_a_subtree() -> None:
    # module, expression statement, call, argument list
    assert shared("f(a)", "f(a)") == (4, 4, 4)


def test_names_values_and_operators_have_no_part_in_it() -> None:
    assert shared("x = a + 1", "y = b - 2") == (4, 4, 4)


def test_a_leaf_of_another_type_changes_all_that_is_above_it() -> None:
    assert shared("f(a)", "f(1)")[2] == 0


def test_the_field_that_a_node_fills_counts() -> None:
    start, end = "func f() { g(a[b:]) }", "func f() { g(a[:b]) }"
    assert shared(start, end, "go")[2] < shared(start, start, "go")[2]


def test_comments_are_not_seen() -> None:
    assert shared("f(a)  # b", "f(a)") == (4, 4, 4)
    assert shared("f(a, /* b */ c);", "f(a, c);", "javascript") == (4, 4, 4)


def test_deep_nesting_is_no_error() -> None:
    count, _, same = shared("(" * 3000 + "a" + ")" * 3000, "(" * 3000 + "a" + ")" * 3000)
    assert count == same == 3002
