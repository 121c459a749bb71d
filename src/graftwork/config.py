"""Configuration: frozen records that refuse unknown keys and say what the key might have been."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from graftwork.errors import InputError, nearest

__all__ = ["Config", "override", "parse_yaml", "read_yaml"]

_MOST_BYTES = 1_000_000
_MOST_VALUES = 100_000
_DEEPEST = 50


class Config(BaseModel):
    """A frozen, keyword-only record of settings; parts keep theirs beside what they configure."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    @classmethod
    def read(cls, data: Any, where: str) -> Self:
        """Build the record from plain data.

        Raises:
            InputError: one line that names the first wrong key or value, its place, and what would be right.
        """
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            errors = [dict(one) for one in error.errors(include_url=False)]
            raise _explain(cls, _telling(errors), where) from None


def _telling(errors: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The first error; of a value that may be one word or a list, that of the item where the list is wrong inside."""
    first = errors[0]
    setting = first["loc"][:-1]
    if not _is_form(first["loc"][-1:]):
        return first
    return max((one for one in errors if one["loc"][: len(setting)] == setting), key=lambda one: len(one["loc"]))


def _is_form(path: Sequence[str | int]) -> bool:
    """Whether a path ends in pydantic's word for one of several forms that a value may have."""
    return bool(path) and str(path[-1]).startswith(("literal[", "function-after[", "tuple["))


def _explain(cls: type[BaseModel], error: dict[str, Any], where: str) -> InputError:
    path = [str(part) for part in error["loc"] if not _is_form([part])]
    place = f"{where}: {'.'.join(path)}" if path else where
    if error["type"] == "extra_forbidden":
        place = f"{where}: {'.'.join(path[:-1])}" if path[:-1] else where
        return InputError(f"unknown key {path[-1]!r}", place, nearest(path[-1], _fields_at(cls, error["loc"][:-1])))
    if error["type"] == "union_tag_invalid":
        known = error["ctx"]["expected_tags"].replace("'", "").split(", ")
        return InputError(f"unknown kind {error['ctx']['tag']!r}", place, nearest(error["ctx"]["tag"], known))
    given = error.get("input")
    shown = "" if isinstance(given, dict | list) else f" (given: {given!r})"
    return InputError(error["msg"][:1].lower() + error["msg"][1:] + shown, place)


def _fields_at(cls: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """The keys known at a path; a part of the path may be a field, a list index or the tag of a union."""
    candidates: list[Any] = [cls]
    for part in path:
        found = [model.model_fields[part].annotation for model in _models(candidates) if part in model.model_fields]
        tagged = [
            model
            for model in _models(candidates)
            if "kind" in model.model_fields and model.model_fields["kind"].default == part
        ]
        candidates = found or tagged or candidates
    return [name for model in _models(candidates) for name in model.model_fields]


def _models(annotations: Sequence[Any]) -> list[type[BaseModel]]:
    """All record classes inside type annotations such as ``tuple[LoRA | ExtraLayer, ...]``."""
    models: list[type[BaseModel]] = []
    for annotation in annotations:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            models.append(annotation)
        else:
            models.extend(_models([part for part in getattr(annotation, "__args__", ()) if part is not Ellipsis]))
    return models


def read_yaml(path: Path) -> Any:
    """Read a YAML file as plain data.

    Raises:
        InputError: the file is missing, unreadable or not YAML.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        text = content.decode("utf-8")
    except FileNotFoundError:
        raise InputError("no such file", str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read ({error})", str(path)) from None
    if len(content) > _MOST_BYTES:
        raise InputError(f"is larger than {_MOST_BYTES:,} bytes", str(path), "a recipe has a few thousand")
    return parse_yaml(text, str(path))


def parse_yaml(text: str, where: str) -> Any:
    """Read a text in YAML as plain data.

    Aliases work as long as what they stand for does not grow out of hand; a key that stands twice is refused.

    Raises:
        InputError: the text is no YAML, or says more than a configuration can.
    """
    try:
        loader = yaml.SafeLoader(text.removeprefix("\ufeff"))
        node = loader.get_single_node()
        if node is None:
            return None
        _check_node(node, where)
        return loader.construct_document(node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or getattr(error, "reason", "unreadable")
        raise InputError(f"not YAML ({problem})", f"{where}{line}") from None
    except RecursionError:
        raise InputError("is nested too deeply", where, f"{_DEEPEST} levels are read") from None
    # A value that YAML can write and Python cannot hold (the 32nd of May), or that is not of the type it says it is.
    except (ValueError, LookupError, AttributeError, TypeError, OverflowError) as error:
        raise InputError(f"a value cannot be read ({error})", where) from None


def _check_node(root: yaml.Node, where: str) -> None:
    """Refuse what would be endless or huge once every alias has been followed, and keys that stand twice."""
    sizes: dict[int, int] = {}
    open_: set[int] = set()

    def size(node: yaml.Node, depth: int) -> int:
        if id(node) in sizes:
            return sizes[id(node)]
        if id(node) in open_:
            raise InputError("a value stands in itself", f"{where}, line {node.start_mark.line + 1}")
        if depth > _DEEPEST:
            raise InputError("is nested too deeply", where, f"{_DEEPEST} levels are read")
        open_.add(id(node))
        parts = node.value if isinstance(node, yaml.CollectionNode) else ()
        if isinstance(node, yaml.MappingNode):
            _check_keys(node, where)
            parts = [part for pair in parts for part in pair]
        sizes[id(node)] = 1 + sum(size(part, depth + 1) for part in parts)
        open_.remove(id(node))
        if sizes[id(node)] > _MOST_VALUES:
            raise InputError(f"holds more than {_MOST_VALUES:,} values", where, "follow fewer aliases")
        return sizes[id(node)]

    size(root, 0)


def _check_keys(node: yaml.MappingNode, where: str) -> None:
    seen: set[tuple[str, str]] = set()
    for key, _ in node.value:
        name = (key.tag, key.value) if isinstance(key, yaml.ScalarNode) else None
        if name in seen:
            raise InputError(f"the key {key.value!r} stands there twice", f"{where}, line {key.start_mark.line + 1}")
        if name is not None:
            seen.add(name)


def override(data: dict[str, Any], assignments: Sequence[str]) -> dict[str, Any]:
    """Apply ``key.path=value`` assignments (values in YAML) to plain data, list items by index.

    Raises:
        InputError: an assignment is not ``key=value`` or its path does not exist as a list index.
    """
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not equals or not key:
            raise InputError(f"cannot use {assignment!r}", "--set", "write key=value, such as training.epochs=3")
        try:
            parsed = parse_yaml(value, "--set")
        except InputError:
            raise InputError(f"the value of {assignment!r} is not YAML", "--set") from None
        path = key.split(".")
        if len(path) > _DEEPEST:
            raise InputError(f"the path of {assignment[:60]!r} is too long", "--set", f"{_DEEPEST} levels are read")
        data = _set(data, path, parsed, assignment)
    return data


def _set(node: Any, path: list[str], value: Any, assignment: str) -> Any:
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(node, list):
        if not head.isdecimal() or len(head) > 9 or int(head) >= len(node):
            raise InputError(f"no item {head!r} in {assignment!r}", "--set", f"the list has items 0 to {len(node) - 1}")
        index = int(head)
        return [*node[:index], _set(node[index], rest, value, assignment), *node[index + 1 :]]
    if node is not None and not isinstance(node, dict):
        raise InputError(f"{head!r} in {assignment!r} is below a plain value", "--set")
    node = node or {}
    return {**node, head: _set(node.get(head), rest, value, assignment)}
