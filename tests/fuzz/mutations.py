"""What is right, made wrong in a few places."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.fuzz.texts import texts, values

_PLACES = st.integers(0, 2**20)
_TREE = st.sampled_from(("replace", "replace", "replace", "remove", "add", "rename", "wrap", "double"))
_BYTES = st.sampled_from(("flip", "flip", "set", "insert", "remove", "cut", "double"))
TreeEdit = tuple[int, str, str, Any]
ByteEdit = tuple[int, str, bytes]


def trees(*right: Any, most: int = 3) -> SearchStrategy[Any]:
    """Plain data (dicts, lists, values) with up to ``most`` edits."""
    edits = st.lists(st.tuples(_PLACES, _TREE, texts, values), min_size=1, max_size=most)
    return st.builds(edited, st.sampled_from(right), edits)


def edited(tree: Any, edits: Sequence[TreeEdit]) -> Any:
    """The data with the edits made one after another; what it was made from stays as it is."""
    for edit in edits:
        paths = list(_paths(tree))
        tree = _edit(tree, paths[edit[0] % len(paths)], edit)
    return tree


def _paths(tree: Any, path: tuple[Any, ...] = ()) -> Any:
    yield path
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _paths(value, (*path, key))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from _paths(value, (*path, index))


def _edit(tree: Any, path: tuple[Any, ...], edit: TreeEdit) -> Any:
    _, operation, name, value = edit
    if not path:
        return _changed(tree, operation, name, value)
    head, rest = path[0], path[1:]
    if isinstance(tree, list):
        if operation == "remove" and not rest:
            return [*tree[:head], *tree[head + 1 :]]
        if operation == "double" and not rest:
            return [*tree, tree[head]]
        return [*tree[:head], _edit(tree[head], rest, edit), *tree[head + 1 :]]
    if operation in ("remove", "rename") and not rest:
        return {
            (name if key == head else key): one for key, one in tree.items() if operation == "rename" or key != head
        }
    return {**tree, head: _edit(tree[head], rest, edit)}


def _changed(tree: Any, operation: str, name: str, value: Any) -> Any:
    if operation == "add" and isinstance(tree, dict):
        return {**tree, name: value}
    if operation == "add" and isinstance(tree, list):
        return [*tree, value]
    return [tree] if operation == "wrap" else value


def streams(*right: bytes, most: int = 4) -> SearchStrategy[bytes]:
    """Bytes with up to ``most`` edits."""
    edits = st.lists(st.tuples(_PLACES, _BYTES, st.binary(min_size=1, max_size=8)), min_size=1, max_size=most)
    return st.builds(damaged, st.sampled_from(right), edits)


def damaged(data: bytes, edits: Sequence[ByteEdit]) -> bytes:
    """The bytes with the edits made one after another."""
    for place, operation, new in edits:
        at = place % (len(data) + 1)
        match operation:
            case "flip":
                data = data[:at] + bytes(one ^ (1 << new[0] % 8) for one in data[at : at + 1]) + data[at + 1 :]
            case "set":
                data = data[:at] + new + data[at + len(new) :]
            case "insert":
                data = data[:at] + new + data[at:]
            case "remove":
                data = data[:at] + data[at + new[0] :]
            case "cut":
                data = data[:at]
            case _:
                data = data[:at] + data[at : at + 4 * new[0]] + data[at:]
    return data
