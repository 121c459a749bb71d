import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from graftwork.cli.mine import mine
from graftwork.errors import InputError

SOURCE = '''def add(first, second):
    """Add two numbers up.

    More.
    """
    total = first + second
    return total * 1


def short(a):
    """Short."""
    return a
'''


def run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(mine)
    return CliRunner().invoke(app, arguments)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "sums.py").write_text(SOURCE)
    return tmp_path


def test_functions_are_written_as_rows(folder: Path) -> None:
    out = folder / "out.jsonl"
    assert run(str(folder / "source"), "--language", "python", "--out", str(out)).exit_code == 0
    (row,) = [json.loads(line) for line in out.read_text().splitlines()]
    assert (row["description"], row["origin"], row["name"]) == ("Add two numbers up.", "sums.py", "add")


def test_what_was_kept_and_dropped_is_shown(folder: Path) -> None:
    shown = run(str(folder / "source"), "--language", "python", "--out", str(folder / "out.jsonl")).output
    for text in ("files read", "functions found", "dropped: description too short", "kept", "1 functions written"):
        assert text in shown


def test_malformed_lines_are_named(folder: Path) -> None:
    rows = folder / "rows.jsonl"
    rows.write_text('{"a": "x", "b": "def f(a, b):\\n    c = a + b\\n    return c"}\n{\n')
    result = run(str(rows), "-l", "python", "-o", str(folder / "out.jsonl"), "--columns", "a,b")
    assert f"{rows}, line 2: not JSON" in result.output
    assert "dropped: malformed line" in result.output


@pytest.mark.parametrize("columns", ["a", "a,", ",b"])
def test_columns_come_in_pairs(folder: Path, columns: str) -> None:
    result = run(str(folder / "source"), "-l", "python", "-o", str(folder / "out.jsonl"), "--columns", columns)
    assert isinstance(result.exception, InputError)
    assert "name two columns" in str(result.exception)


def test_nothing_is_written_when_nothing_is_found(folder: Path) -> None:
    result = run(str(folder / "source"), "-l", "ruby", "-o", str(folder / "out.jsonl"))
    assert isinstance(result.exception, InputError)
    assert not (folder / "out.jsonl").exists()
