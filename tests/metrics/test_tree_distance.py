from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from graftwork.metrics import tree_distance as module
from graftwork.metrics.tree_distance import LabelledTree, distance_kernel, tree_distance

Nested = tuple[str, tuple[Any, ...]]
"""A tree as (label, children)."""


def tree(nested: Nested) -> LabelledTree:
    labels: list[str] = []
    leftmost: list[int] = []

    def add(node: Nested) -> None:
        first = len(labels)
        for child in node[1]:
            add(child)
        labels.append(node[0])
        leftmost.append(first)

    add(nested)
    return LabelledTree(labels, leftmost)


def node(label: str, *children: Nested) -> Nested:
    return (label, children)


@cache
def forest_distance(first: tuple[Nested, ...], second: tuple[Nested, ...]) -> int:
    """The recursive definition: remove the last root of either forest, or map the one onto the other."""
    if not first or not second:
        return sum(1 + forest_distance(children, ()) for _, children in first + second)
    (label_a, below_a), (label_b, below_b) = first[-1], second[-1]
    return min(
        forest_distance(first[:-1] + below_a, second) + 1,
        forest_distance(first, second[:-1] + below_b) + 1,
        forest_distance(first[:-1], second[:-1]) + forest_distance(below_a, below_b) + (label_a != label_b),
    )


LABELS = st.sampled_from("abc")
TREES = st.recursive(
    LABELS.map(lambda label: (label, ())),
    lambda below: st.tuples(LABELS, st.lists(below, max_size=3).map(tuple)),
    max_leaves=5,
)


def test_equal_trees_are_0_apart() -> None:
    assert tree_distance(tree(node("a", node("b"))), tree(node("a", node("b")))) == 0


def test_a_relabelling_costs_1() -> None:
    assert tree_distance(tree(node("a", node("b"), node("c"))), tree(node("a", node("b"), node("x")))) == 1


def test_an_inserted_inner_node_costs_1() -> None:
    flat = tree(node("a", node("b"), node("c"), node("d")))
    assert tree_distance(flat, tree(node("a", node("x", node("b"), node("c")), node("d")))) == 1


def test_the_order_of_children_counts() -> None:
    assert tree_distance(tree(node("a", node("b"), node("c"))), tree(node("a", node("c"), node("b")))) == 2


def test_the_example_of_zhang_and_shasha() -> None:
    first = node("f", node("d", node("a"), node("c", node("b"))), node("e"))
    second = node("f", node("c", node("d", node("a"), node("b"))), node("e"))
    assert tree_distance(tree(first), tree(second)) == 2


def test_a_chain_and_a_fan_share_two_nodes() -> None:
    chain: Nested = node("a")
    for _ in range(4):
        chain = node("a", chain)
    assert tree_distance(tree(chain), tree(node("a", *[node("a")] * 4))) == 6


@settings(max_examples=300, deadline=None)
@given(TREES, TREES)
def test_equal_to_the_recursive_definition(first: Nested, second: Nested) -> None:
    assert tree_distance(tree(first), tree(second)) == forest_distance((first,), (second,))


@settings(max_examples=50, deadline=None)
@given(TREES, TREES)
def test_the_kernel_gives_the_same_in_plain_python(first: Nested, second: Nested) -> None:
    numbers: dict[str, int] = {}
    arrays = module._arrays(tree(first), numbers), module._arrays(tree(second), numbers)
    assert distance_kernel(*arrays) == tree_distance(tree(first), tree(second))


@settings(deadline=None)
@given(TREES, TREES, TREES)
def test_the_distance_is_a_metric(first: Nested, second: Nested, third: Nested) -> None:
    a, b, c = tree(first), tree(second), tree(third)
    assert tree_distance(a, b) == tree_distance(b, a)
    assert (tree_distance(a, b) == 0) == (first == second)
    assert tree_distance(a, c) <= tree_distance(a, b) + tree_distance(b, c)


def mirror(nested: Nested) -> Nested:
    return (nested[0], tuple(mirror(child) for child in reversed(nested[1])))


@given(TREES)
def test_mirrored_turns_the_children_of_every_node_around(nested: Nested) -> None:
    assert tree(nested).mirrored() == tree(mirror(nested))


@given(TREES)
def test_keyroots_are_the_root_and_the_nodes_with_a_left_sibling(nested: Nested) -> None:
    def with_left_sibling(node: Nested) -> int:
        return max(0, len(node[1]) - 1) + sum(map(with_left_sibling, node[1]))

    assert len(tree(nested).keyroots()) == 1 + with_left_sibling(nested)
