"""Configuration: frozen records that refuse unknown keys and say what the key might have been."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from graftwork.errors import InputError, nearest

__all__ = ["Config", "override", "read_yaml"]


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
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("no such file", str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read ({error})", str(path)) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or getattr(error, "reason", "unreadable")
        raise InputError(f"not YAML ({problem})", f"{path}{line}") from None
    except ValueError as error:  # a value that YAML can write and Python cannot hold, such as the 32nd of May
        raise InputError(f"a value cannot be read ({error})", str(path)) from None


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
            parsed = yaml.safe_load(value)
        except (yaml.YAMLError, ValueError):
            raise InputError(f"the value of {assignment!r} is not YAML", "--set") from None
        data = _set(data, key.split("."), parsed, assignment)
    return data


def _set(node: Any, path: list[str], value: Any, assignment: str) -> Any:
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(node, list):
        if not head.isdecimal() or int(head) >= len(node):
            raise InputError(f"no item {head!r} in {assignment!r}", "--set", f"the list has items 0 to {len(node) - 1}")
        index = int(head)
        return [*node[:index], _set(node[index], rest, value, assignment), *node[index + 1 :]]
    if node is not None and not isinstance(node, dict):
        raise InputError(f"{head!r} in {assignment!r} is below a plain value", "--set")
    node = node or {}
    return {**node, head: _set(node.get(head), rest, value, assignment)}
