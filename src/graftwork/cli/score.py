"""``graftwork score``: any predictions, scored with the metrics of the studies."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from graftwork.errors import InputError

__all__ = ["score"]


def score(
    file: Annotated[
        Path, typer.Argument(help="JSON Lines: rows with `prediction`, `reference` and, for the copy rate, `prompt`.")
    ],
    language: Annotated[
        str, typer.Option("--language", "-l", help="Programming language of the predictions, such as python.")
    ],
    tests: Annotated[bool, typer.Option("--tests", help="Also run the rows' tests (not in this version).")] = False,
) -> None:
    """Score predictions against their references and print one JSON object.

    Example: graftwork score --language python predictions.jsonl
    """
    from graftwork.languages import get_language
    from graftwork.metrics import score_predictions

    if tests:
        raise InputError("executed tests are not available in this version", "--tests", "leave it out")
    get_language(language)
    columns = read_predictions(file)
    scores = score_predictions(columns["prediction"], columns["reference"], language, columns.get("prompt"))
    shown: dict[str, Any] = {"n": scores.n, **scores.corpus, "skipped": scores.skipped, "signatures": scores.signatures}
    typer.echo(json.dumps(shown, indent=2, ensure_ascii=False, allow_nan=False))


def read_predictions(path: Path) -> dict[str, list[str]]:
    """Read the columns ``prediction``, ``reference`` and, if any row has it, ``prompt``; blank lines are passed over.

    Raises:
        InputError: the file is missing, unreadable or empty, or a line (named by its number) is not a JSON object
            with a text in each of these fields.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        raise InputError("no such file", str(path)) from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", str(path)) from None
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 (byte {error.start})", str(path)) from None
    rows = [(f"{path}, line {number}", line) for number, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise InputError("no rows", str(path), "write one JSON object a line, with `prediction` and `reference`")
    parsed = [(where, _row(line, where)) for where, line in rows]
    fields = ["prediction", "reference", *(["prompt"] if any("prompt" in row for _, row in parsed) else [])]
    return {field: [_text(row, field, where) for where, row in parsed] for field in fields}


def _row(line: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON ({str(error).partition(':')[0]})", where) from None
    if not isinstance(row, dict):
        raise InputError("not a JSON object", where, 'write {"prediction": "...", "reference": "..."}')
    return row


def _text(row: dict[str, Any], field: str, where: str) -> str:
    if field not in row:
        known = ", ".join(sorted(row)) or "none"
        raise InputError(f"field {field!r} is missing", where, f"fields here: {known}")
    if not isinstance(row[field], str):
        raise InputError(f"field {field!r} is not a text", where)
    return str(row[field])
