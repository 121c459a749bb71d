"""``graftwork score``: any predictions, scored with the metrics of the studies."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from graftwork.cli.rows import read_rows, text_in
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
    rows = read_rows(path, '{"prediction": "...", "reference": "..."}')
    fields = ["prediction", "reference", *(["prompt"] if any("prompt" in row for _, row in rows) else [])]
    return {field: [text_in(row, field, where) for where, row in rows] for field in fields}
