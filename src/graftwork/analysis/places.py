"""Where a parameter of a component acts: in which stack and block, or in a new layer."""

from typing import NamedTuple

from graftwork.models.anatomy import Anatomy

__all__ = ["BASE", "NEW_LAYER", "Place", "place_of", "stack_of_path"]

BASE = "base"
"""The component's name where the base itself is trained."""
NEW_LAYER = "new layer"
"""The stack of what acts in a new block: its own weights, and branches inside it."""


class Place(NamedTuple):
    """A component, and where in the model some of its parameters act; None outside of all blocks."""

    component: str
    stack: str | None
    block: int | None


def place_of(name: str, kind: str, anatomy: Anatomy) -> Place:
    """The place of a trained parameter.

    Args:
        name: ``<component>.<name in it>``, or the base's own name for it.
        kind: the kind of its component; ``base`` where the base itself is trained.
        anatomy: the base's.
    """
    if kind == BASE:
        return Place(BASE, *stack_of_path(name, anatomy))
    component, _, path = name.partition(".")
    if kind == "extra-layer":
        return Place(component, NEW_LAYER, int(path.partition(".")[0]))
    return Place(component, *stack_of_path(path, anatomy))


def stack_of_path(path: str, anatomy: Anatomy) -> tuple[str | None, int | None]:
    """The stack and block that a module or parameter is in; a path in another component is in its new layer."""
    if "/" in path:
        return NEW_LAYER, int(path.partition("/")[2].partition(".")[0])
    for stack, blocks in anatomy.stacks.items():
        for number, block in enumerate(blocks):
            if path == block or path.startswith(f"{block}."):
                return stack, number
    return None, None
