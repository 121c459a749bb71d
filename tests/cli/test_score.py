import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from graftwork.cli.score import score
from graftwork.errors import InputError
from graftwork.metrics import score_predictions

GOOD = {"prediction": "return a", "reference": "return a + b", "prompt": "Add a and b."}


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    return tmp_path / "rows.jsonl"


def call(path: Path, *options: str) -> dict[str, Any]:
    """Run the command; what it raises comes through."""
    app = typer.Typer()
    app.command()(score)
    arguments = [str(path), *(options or ("--language", "python"))]
    result = CliRunner().invoke(app, arguments, standalone_mode=False, catch_exceptions=False)
    printed: dict[str, Any] = json.loads(result.stdout)
    return printed


def refusal(path: Path, *options: str) -> str:
    with pytest.raises(InputError) as caught:
        call(path, *options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_prints_what_score_predictions_finds(rows: Path) -> None:
    rows.write_text(json.dumps(GOOD) + "\n" + json.dumps({**GOOD, "prediction": "b ="}) + "\n")
    scores = score_predictions(["return a", "b ="], [GOOD["reference"]] * 2, "python", [GOOD["prompt"]] * 2)
    printed = call(rows)
    assert printed == {"n": 2, **scores.corpus, "skipped": scores.skipped, "signatures": scores.signatures}
    assert {"n", "bleu", "chrf", "meteor", "ast_similarity", "parse_rate", "copy_rate", "signatures"} <= printed.keys()


def test_prompts_are_optional(rows: Path) -> None:
    rows.write_text(json.dumps({"prediction": "a", "reference": "a"}))
    assert "copy_rate" not in call(rows)


def test_blank_lines_are_passed_over(rows: Path) -> None:
    rows.write_text("\n" + json.dumps(GOOD) + "\r\n\n")
    assert call(rows)["n"] == 1


def test_a_malformed_line_is_named_by_its_number(rows: Path) -> None:
    rows.write_text(json.dumps(GOOD) + '\n\n{"prediction": \n')
    assert refusal(rows) == f"{rows}, line 3: not JSON (Expecting value)"


def test_deep_nesting_is_a_malformed_line(rows: Path) -> None:
    rows.write_text("[" * 200_000)
    assert f"{rows}, line 1: not JSON" in refusal(rows)


def test_a_line_that_is_no_object_is_named(rows: Path) -> None:
    rows.write_text("[1]\n")
    assert f"{rows}, line 1: not a JSON object" in refusal(rows)


@pytest.mark.parametrize("field", ["prediction", "reference", "prompt"])
def test_a_missing_field_is_named(rows: Path, field: str) -> None:
    rows.write_text(json.dumps(GOOD) + "\n" + json.dumps({key: GOOD[key] for key in GOOD if key != field}) + "\n")
    assert f"{rows}, line 2: field '{field}' is missing" in refusal(rows)


def test_a_field_that_is_no_text_is_named(rows: Path) -> None:
    rows.write_text(json.dumps({**GOOD, "prediction": None}))
    assert refusal(rows) == f"{rows}, line 1: field 'prediction' is not a text"


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_an_empty_file_is_refused(rows: Path, content: str) -> None:
    rows.write_text(content)
    assert "no rows" in refusal(rows)


def test_a_missing_file_is_refused(rows: Path) -> None:
    assert refusal(rows) == f"{rows}: no such file"


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path)


def test_bytes_that_are_not_utf8_are_refused(rows: Path) -> None:
    rows.write_bytes(b"\xff\xfe")
    assert "not UTF-8" in refusal(rows)


def test_an_unknown_language_is_answered_with_the_nearest(rows: Path) -> None:
    rows.write_text(json.dumps(GOOD))
    assert "did you mean 'javascript'?" in refusal(rows, "--language", "javascipt")


def run_tests(path: Path, *rows: dict[str, Any]) -> dict[str, Any]:
    path.write_text("".join(json.dumps({"reference": "x", **row}) + "\n" for row in rows))
    return call(path, "--language", "python", "--tests")


def test_executed_tests_give_a_pass_rate_beside_the_parse_rate(rows: Path) -> None:
    right, wrong = ({"prediction": f"def f(x): return {x}", "test": "assert f(1) == 2"} for x in (2, 3))
    printed = run_tests(rows, right, wrong)
    assert (printed["pass_rate"], printed["parse_rate"], printed["timeouts"]) == (0.5, 1, 0)
    assert printed["signatures"]["pass_rate"].startswith("sandbox:")


def test_without_the_option_no_test_runs(rows: Path) -> None:
    rows.write_text(json.dumps({**GOOD, "test": "assert False"}))
    assert "pass_rate" not in call(rows)


def test_tests_may_be_values(rows: Path) -> None:
    cases = [[[1, 2], 3], [["a", "b"], "ab"]]
    add = {"prediction": "def add(a, b): return a + b", "test": cases, "entry_point": "add"}
    solve = {"prediction": "solve = lambda a, b: a + b", "test": cases}
    assert run_tests(rows, add, solve)["pass_rate"] == 1


def test_a_check_that_is_only_defined_is_called(rows: Path) -> None:
    row = {"prediction": "def f(): return 2", "test": "def check(candidate):\n    assert candidate() == 1\n"}
    assert run_tests(rows, {**row, "entry_point": "f"})["pass_rate"] == 0
    with pytest.raises(InputError, match="line 1: the test defines 'check' and does not call it"):
        run_tests(rows, row)


def test_rows_of_one_task_are_samples(rows: Path) -> None:
    row = {"test": "assert f() == 1", "task_id": 3}
    printed = run_tests(rows, *({**row, "prediction": f"def f(): return {n}"} for n in range(10)))
    assert (printed["pass@1"], printed["pass@10"]) == (pytest.approx(0.1), 1)


@pytest.mark.parametrize("test", [None, 7, [], [1], [[1, 2]], [[[1]]]])
def test_a_test_of_the_wrong_kind_is_named_by_its_line(rows: Path, test: Any) -> None:
    with pytest.raises(InputError, match="line 1: field 'test' is no"):
        run_tests(rows, {"prediction": "x", "test": test})


def test_a_missing_test_is_named_by_its_line(rows: Path) -> None:
    with pytest.raises(InputError, match="line 1: field 'test' is missing"):
        run_tests(rows, {"prediction": "x"})


def test_tests_in_a_language_that_cannot_be_run_are_refused(rows: Path) -> None:
    rows.write_text(json.dumps({**GOOD, "test": "x"}))
    said = refusal(rows, "--language", "csharp", "--tests")
    assert "no way to run 'csharp'; known are cpp, go, java, javascript, php, python, ruby, rust, typescript" in said


def test_half_a_character_is_bad_input(rows: Path) -> None:
    rows.write_text('{"prediction": "a\\ud800", "reference": "b"}')
    assert "half a character" in refusal(rows)
