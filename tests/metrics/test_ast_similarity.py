import pytest

from graftwork.languages import get_language
from graftwork.metrics.ast_similarity import NODE_CAP, ast_similarity, ast_similarity_signature, labelled_tree
from graftwork.metrics.tree_distance import LabelledTree


def tree(code: str, language: str = "python") -> LabelledTree:
    return labelled_tree(get_language(language).parse(code).root_node)


def similarity(first: str, second: str, language: str = "python") -> float | None:
    return ast_similarity(tree(first, language), tree(second, language))


def test_nodes_are_named_nodes_and_operators() -> None:
    labels = ["identifier a", "+ +", "identifier b", "binary_operator", "expression_statement", "module"]
    assert tree("a + b").labels == labels


def test_equal_code_is_1() -> None:
    assert similarity("def f(x):\n    return x", "def f(x):\n    return x") == 1


def test_another_operator_is_one_node() -> None:
    assert similarity("a + b", "a - b") == pytest.approx(1 - 1 / 6)


def test_another_name_is_one_node() -> None:
    assert similarity("a + b", "a + c") == pytest.approx(1 - 1 / 6)


def test_another_literal_is_one_node() -> None:
    assert similarity("f(1)", "f(2)") == pytest.approx(1 - 1 / len(tree("f(1)")))


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        ("javascript", "let x = 1", "const x = 1"),
        ("javascript", "i++", "i--"),
        ("go", "package a\nvar x = a + b", "package a\nvar x = a * b"),
        ("java", "class A { int f() { return a + b; } }", "class A { int f() { return a - b; } }"),
        ("php", "<?php $a + $b;", "<?php $a . $b;"),
        ("ruby", "a && b", "a || b"),
    ],
)
def test_operators_count_in_every_language(language: str, first: str, second: str) -> None:
    assert similarity(first, second, language) == pytest.approx(1 - 1 / len(tree(first, language)))


def test_comments_and_layout_do_not_count() -> None:
    assert similarity("if a:\n  b()  # why", "if a:\n\n    b()\n") == 1


def test_space_and_comments_inside_an_empty_block_do_not_count() -> None:
    assert similarity("function f() {}", "function f() { /* nothing */ }", "javascript") == 1


def test_broken_code_is_compared_as_far_as_it_goes() -> None:
    value = similarity("def f(x):\n    return (x", "def f(x):\n    return (x)")
    assert value is not None
    assert 0 < value < 1


def test_shapes_with_nothing_in_common_are_0_and_not_less() -> None:
    assert similarity("(" * 8 + "x" + ")" * 8, "[" + "1, " * 30 + "]") == 0


def test_deep_nesting_has_a_tree() -> None:
    assert len(tree("(" * 3000 + "x" + ")" * 3000)) > 3000


def test_trees_over_the_cap_are_not_compared() -> None:
    many = "x\n" * NODE_CAP
    assert similarity(many, "x") is None
    assert similarity("x", many) is None


def test_the_grammar_is_named() -> None:
    assert "grammar:tree-sitter-x 1.2" in ast_similarity_signature("tree-sitter-x 1.2")
