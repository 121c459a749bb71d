"""Similarity of two pieces of code by the edit distance of their syntax trees.

A tree-sitter tree becomes a labelled tree so: every named node but comments is a node, and so is every token
that fills a field of the grammar (the operator of ``a + b``, the ``let`` of ``let x``); brackets, commas and
keywords, which the node types imply, are not. The label of an inner node is its type, that of a leaf its
type and text. So ``a + b`` and ``a - b`` differ by one node of four, and so do ``a + b`` and ``a + c``.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from graftwork.metrics.tree_distance import LabelledTree, tree_distance

if TYPE_CHECKING:
    from tree_sitter import Node

__all__ = ["NODE_CAP", "ast_similarity", "ast_similarity_signature", "labelled_tree"]

NODE_CAP = 1_000
"""Trees with more nodes are not compared: time grows with the product of the sizes, and then some."""


def ast_similarity(prediction: LabelledTree, reference: LabelledTree) -> float | None:
    """Return max(0, 1 - tree edit distance / nodes of the larger tree) (0 to 1); None if a tree is over `NODE_CAP`.

    The distance is Zhang and Shasha's with unit costs. It can exceed the size of the larger tree where the shapes
    have nothing in common (a chain and a fan), hence the bound at 0.
    """
    larger = max(len(prediction), len(reference))
    if larger > NODE_CAP:
        return None
    return max(0.0, 1.0 - tree_distance(prediction, reference) / larger)


def labelled_tree(root: "Node") -> LabelledTree:
    """Return the labelled tree of a tree-sitter node; trees with ERROR nodes, as of broken code, are trees too."""
    labels: list[str] = []
    leftmost: list[int] = []
    # No recursion: what a model generates may nest deeper than Python's stack.
    path = [(root, _children(root), 0)]
    while path:
        node, children, first_below = path[-1]
        child = next(children, None)
        if child is not None:
            path.append((child, _children(child), len(labels)))
            continue
        path.pop()
        is_leaf = first_below == len(labels)
        labels.append(_leaf_label(node) if is_leaf else node.type)
        leftmost.append(first_below)
    return LabelledTree(labels, leftmost)


def _children(node: "Node") -> "Iterator[Node]":
    for position, child in enumerate(node.children):
        if child.is_named:
            if not child.type.endswith("comment"):
                yield child
        elif node.field_name_for_child(position) is not None:
            yield child


def _leaf_label(node: "Node") -> str:
    # The text of a leaf made of several tokens, such as `{ }`, is taken without the space between them.
    parts = [child for child in node.children if not child.type.endswith("comment")] or [node]
    text = b" ".join(part.text or b"" for part in parts)
    return f"{node.type} {text.decode('utf-8', 'replace')}"


def ast_similarity_signature(grammar_version: str) -> str:
    """Return the algorithm, what is a node and a label, the norm, the cap and the grammar."""
    return (
        "AST|distance:zhang-shasha|nodes:named+field-tokens|labels:type+leaf-text|comments:no"
        f"|norm:max-nodes|cap:{NODE_CAP}|grammar:{grammar_version}"
    )
