"""JSON Lines that people give to a command."""

import json
from pathlib import Path
from typing import Any

from graftwork.errors import InputError
from graftwork.files import is_whole

__all__ = ["check_whole", "read_rows", "text_in"]


def read_rows(path: Path, right: str) -> list[tuple[str, dict[str, Any]]]:
    """Read a file's rows, each with its place for messages (``FILE, line 3``); blank lines are passed over.

    Args:
        path: a file with one JSON object a line.
        right: such a line, for messages.

    Raises:
        InputError: the file is missing, unreadable or empty, or a line is not a JSON object of whole
            characters.
    """
    try:
        # Not splitlines: JSON texts may hold separators that it takes for the end of a line.
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        raise InputError("no such file", str(path)) from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", str(path)) from None
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 (byte {error.start})", str(path)) from None
    rows = [(f"{path}, line {number}", line) for number, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise InputError("no rows", str(path), f"write one JSON object a line, such as {right}")
    return [(where, _row(line, where, right)) for where, line in rows]


def _row(line: str, where: str, right: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
        if "\\u" in line:  # only an escape can spell half a character
            check_whole(json.dumps(row, ensure_ascii=False), where)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON ({str(error).partition(':')[0]})", where) from None
    if not isinstance(row, dict):
        raise InputError("not a JSON object", where, f"write {right}")
    return row


def check_whole(text: str, where: str) -> None:
    """Check that a text can be written again.

    Raises:
        InputError: it holds half a character.
    """
    if not is_whole(text):
        raise InputError("holds half a character (a lone surrogate)", where, "write the whole character")


def text_in(row: dict[str, Any], field: str, where: str) -> str:
    """Return a field of a row.

    Raises:
        InputError: it is missing, or is no text.
    """
    if field not in row:
        known = ", ".join(sorted(row)) or "none"
        raise InputError(f"field {field!r} is missing", where, f"fields here: {known}")
    if not isinstance(row[field], str):
        raise InputError(f"field {field!r} is not a text", where)
    return str(row[field])
