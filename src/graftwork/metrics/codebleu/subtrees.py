"""The syntax part of CodeBLEU: which subtrees of the reference the prediction has too."""

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tree_sitter import Node

__all__ = ["Shapes", "subtrees"]

Shapes = dict[Any, int]
"""Numbers of the shapes seen so far; trees that were counted with the same numbers can be compared."""


def subtrees(root: "Node", shapes: Shapes) -> Counter[int]:
    """Return how often each shape of subtree stands in a tree.

    A subtree is a node with all that is below it, down to the leaves; its shape is the types of its named nodes and the
    fields they fill. Names, literals and operators have no part in it, comments are not seen, and a leaf alone is no
    subtree. The numbers of its children stand for them in a node's shape, so a tree costs one look-up a node.
    """
    nodes = _nodes(root)
    found: Counter[int] = Counter()
    below: list[list[tuple[str | None, int]]] = [[] for _ in nodes]
    # Parents stand before their children, so backwards a node comes when all below it is known.
    for index in reversed(range(len(nodes))):
        node, field, parent = nodes[index]
        number = shapes.setdefault((node.type, tuple(below[index])), len(shapes))
        below[parent].append((field, number))
        if node.child_count:
            found[number] += 1
    return found


def _nodes(root: "Node") -> list[tuple["Node", str | None, int]]:
    """Named nodes with the field they fill and the index of their parent; parents before children, the root its own."""
    nodes: list[tuple[Node, str | None, int]] = []
    # No recursion: what a model generates may nest deeper than Python's stack.
    waiting: list[tuple[Node, str | None, int]] = [(root, None, 0)]
    while waiting:
        entry = waiting.pop()
        for position, child in enumerate(entry[0].children):
            if child.is_named and not child.type.endswith("comment"):
                waiting.append((child, entry[0].field_name_for_child(position), len(nodes)))
        nodes.append(entry)
    return nodes
