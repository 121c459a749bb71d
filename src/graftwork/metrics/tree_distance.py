"""Edit distance of ordered labelled trees.

Zhang and Shasha 1989, "Simple Fast Algorithms for the Editing Distance between Trees and Related Problems": the least
number of insertions, deletions and relabellings of single nodes that turn one tree into the other, each
costing 1. Time O(|A| |B| min(depth, leaves of A) min(depth, leaves of B)), memory O(|A| |B|).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
import numpy.typing as npt

from graftwork.compiled import compiled

__all__ = ["LabelledTree", "distance_kernel", "tree_distance"]

_Integers = npt.NDArray[np.int32]
_Arrays = tuple[_Integers, _Integers, _Integers]


@final
@dataclass(frozen=True)
class LabelledTree:
    """An ordered tree, its nodes in postorder (children from left to right, then the parent).

    Attributes:
        labels: the label of each node.
        leftmost: for each node the index of the leftmost leaf below it; a leaf's own index for a leaf.
    """

    labels: Sequence[str]
    leftmost: Sequence[int]

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self.labels)

    def mirrored(self) -> "LabelledTree":
        """Return the tree with the children of every node in reverse order."""
        size = len(self)
        # Reading a tree's mirror in postorder is reading the tree in preorder, backwards. In preorder a node stands
        # behind its ancestors (which come later in postorder and reach at least as far left) and all nodes to its left.
        preorder = sorted(range(size), key=lambda node: (self.leftmost[node], -node))
        sizes = [node - self.leftmost[node] + 1 for node in reversed(preorder)]
        labels = [self.labels[node] for node in reversed(preorder)]
        return LabelledTree(labels, [node - below + 1 for node, below in enumerate(sizes)])

    def keyroots(self) -> list[int]:
        """Return the root and every node with a left sibling, in postorder: the roots of the subproblems."""
        return sorted({left: node for node, left in enumerate(self.leftmost)}.values())

    def work(self) -> int:
        """Return the number of nodes below all keyroots: this tree's factor in the algorithm's running time."""
        return sum(node - self.leftmost[node] + 1 for node in self.keyroots())


def tree_distance(first: LabelledTree, second: LabelledTree) -> int:
    """Return the edit distance of two trees of at least one node each; 0 if and only if they are equal."""
    mirrored = first.mirrored(), second.mirrored()
    # The distance of the mirrors is the same, and trees that branch to the right are cheaper from that side.
    if mirrored[0].work() * mirrored[1].work() < first.work() * second.work():
        first, second = mirrored
    numbers: dict[str, int] = {}
    return int(compiled(distance_kernel)(_arrays(first, numbers), _arrays(second, numbers)))


def _arrays(tree: LabelledTree, numbers: dict[str, int]) -> _Arrays:
    """Labels as numbers, leftmost leaves and keyroots; equal labels have equal numbers in both trees."""
    labels = [numbers.setdefault(label, len(numbers)) for label in tree.labels]
    return np.array(labels, np.int32), np.array(tree.leftmost, np.int32), np.array(tree.keyroots(), np.int32)


def distance_kernel(first: _Arrays, second: _Arrays) -> int:
    """Return the distance of two trees given as (labels, leftmost, keyroots); plain Python that numba compiles.

    ``trees[x, y]`` is the distance of the subtrees below x and y. For each pair of keyroots, ``forest[i, j]`` is the
    distance of the first i nodes of the one subtree to the first j of the other, each in postorder.
    """
    labels_a, leftmost_a, keyroots_a = first
    labels_b, leftmost_b, keyroots_b = second
    trees = np.zeros((labels_a.size, labels_b.size), np.int32)
    forest = np.zeros((labels_a.size + 1, labels_b.size + 1), np.int32)
    for root_a in keyroots_a:
        start_a = leftmost_a[root_a]
        for root_b in keyroots_b:
            start_b = leftmost_b[root_b]
            for i in range(1, root_a - start_a + 2):
                forest[i, 0] = i
            for j in range(1, root_b - start_b + 2):
                forest[0, j] = j
            for i in range(1, root_a - start_a + 2):
                x = start_a + i - 1
                left_a = leftmost_a[x]
                for j in range(1, root_b - start_b + 2):
                    y = start_b + j - 1
                    left_b = leftmost_b[y]
                    best = min(forest[i - 1, j], forest[i, j - 1]) + 1
                    if left_a == start_a and left_b == start_b:
                        # Both forests are whole trees.
                        best = min(best, forest[i - 1, j - 1] + (labels_a[x] != labels_b[y]))
                        trees[x, y] = best
                    else:
                        best = min(best, forest[left_a - start_a, left_b - start_b] + trees[x, y])
                    forest[i, j] = best
    return int(trees[labels_a.size - 1, labels_b.size - 1])
