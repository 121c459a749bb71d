"""``graftwork score``: any predictions, scored with the metrics of the studies."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from graftwork.cli.rows import read_rows, text_in
from graftwork.errors import InputError

if TYPE_CHECKING:
    from graftwork.evaluation.execute import Executed
    from graftwork.sandbox import Trial

__all__ = ["score"]

DEFINES_CHECK, CALLS_CHECK = re.compile(r"^def check\(", re.MULTILINE), re.compile(r"^check\(", re.MULTILINE)


def score(
    file: Annotated[
        Path, typer.Argument(help="JSON Lines: rows with `prediction`, `reference` and, for the copy rate, `prompt`.")
    ],
    language: Annotated[
        str, typer.Option("--language", "-l", help="Programming language of the predictions, such as python.")
    ],
    tests: Annotated[
        bool,
        typer.Option(
            "--tests",
            help="Also run the rows' `test`s in the sandbox: code that raises an error unless the prediction is "
            "right, or a list of [[arguments], expected] for the function named in `entry_point` (else `solve`). "
            "Rows with one `task_id` are samples for one problem.",
        ),
    ] = False,
) -> None:
    """Score predictions against their references and print one JSON object.

    Example: graftwork score --language python predictions.jsonl
    """
    from graftwork.languages import get_language
    from graftwork.metrics import score_predictions

    get_language(language)
    executed = execute_rows(file, language) if tests else None
    columns = read_predictions(file)
    scores = score_predictions(columns["prediction"], columns["reference"], language, columns.get("prompt"))
    shown: dict[str, Any] = {"n": scores.n, **scores.corpus}
    signatures = dict(scores.signatures)
    if executed is not None:
        at_k = {f"pass@{k}": value for k, value in executed.pass_at_k.items()}
        shown |= {"pass_rate": executed.pass_rate, **at_k, "timeouts": executed.timeouts, "killed": executed.killed}
        signatures["pass_rate"] = executed.signature
    shown |= {"skipped": scores.skipped, "signatures": signatures}
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


def execute_rows(path: Path, language: str) -> "Executed":
    """Run the predictions of a file with their tests.

    Raises:
        InputError: a row has no usable test, the language cannot be run here, or no sandbox works here.
    """
    from graftwork.evaluation.execute import execute
    from graftwork.sandbox import find_runtime, find_sandbox

    rows = read_rows(path, '{"prediction": "...", "reference": "...", "test": "..."}')
    trials = [trial_of(row, language, where) for where, row in rows]
    find_runtime(language)
    problems = [str(row.get("task_id", where)) for where, row in rows]
    return execute(trials, find_sandbox(), problems)


def trial_of(row: dict[str, Any], language: str, where: str) -> "Trial":
    """A row's prediction with its tests.

    Raises:
        InputError: the test is missing, or neither code nor a list of pairs.
    """
    from graftwork.sandbox import CodeTest, Trial, ValueTest

    program = text_in(row, "prediction", where)
    entry_point = text_in(row, "entry_point", where) if "entry_point" in row else None
    test = row.get("test")
    if isinstance(test, list) and test and all(map(is_case, test)):
        cases = tuple((json.dumps(arguments), json.dumps(expected)) for arguments, expected in test)
        return Trial(language, program, ValueTest(entry_point or "solve", cases))
    if isinstance(test, list):
        raise InputError("field 'test' is no list of cases", where, "write [[arguments], expected] for each")
    code = text_in(row, "test", where)
    setup = text_in(row, "setup", where) if "setup" in row else ""
    if language == "python" and DEFINES_CHECK.search(code) and not CALLS_CHECK.search(code):
        if entry_point is None:
            raise InputError(
                "the test defines 'check' and does not call it", where, "name the function in 'entry_point'"
            )
        code += f"\ncheck({entry_point})\n"
    names = None if entry_point is None else (entry_point,)
    return Trial(language, program, CodeTest(code, setup, names, objects=row.get("objects") is True))


def is_case(case: Any) -> bool:
    """Whether it is a list of arguments with what must come out."""
    return isinstance(case, list) and len(case) == 2 and isinstance(case[0], list)
