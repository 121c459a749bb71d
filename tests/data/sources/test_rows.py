import json
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from graftwork.data.cleaning import CleaningConfig
from graftwork.data.example import make_example, write_examples
from graftwork.data.mining import Found
from graftwork.data.sources.rows import Columns, FileSource, search_file
from graftwork.errors import InputError
from graftwork.languages import get_language
from tests.data.sources.support import PYTHON, write

LANGUAGE = get_language("python")
TARGET = "def add(first, second):\n    total = first + second\n    return total * 1"
ROW = {
    "repository_name": "o/r",
    "func_path_in_repository": "a/b.py",
    "func_name": "A.add",
    "whole_func_string": PYTHON,
    "language": "python",
    "func_code_string": PYTHON,
    "func_documentation_string": "Add two numbers up.\n\n:param first: x",
}


def lines(path: Path, rows: list[Any]) -> Path:
    path.write_text(
        "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), encoding="utf-8"
    )
    return path


def search(path: Path, columns: Columns | None = None, limit: int | None = None) -> Found:
    return search_file(FileSource(path=str(path), columns=columns, limit=limit), LANGUAGE, CleaningConfig())


def test_code_search_net_is_read_and_its_docstring_taken_out(tmp_path: Path) -> None:
    (example,) = search(lines(tmp_path / "a.jsonl", [ROW])).examples
    assert (example.description, example.target) == ("Add two numbers up.", TARGET)
    assert (example.origin, example.name) == ("o/r:a/b.py", "A.add")


def test_parquet_holds_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pyarrow.Table.from_pylist([ROW]), path)
    assert search(path).examples == search(lines(tmp_path / "a.jsonl", [ROW])).examples


def test_the_original_files_of_code_search_net_are_read(tmp_path: Path) -> None:
    row = {"repo": "o/r", "path": "a.py", "docstring": "Add two numbers up.", "code": PYTHON, "language": "python"}
    (example,) = search(lines(tmp_path / "a.jsonl", [row])).examples
    assert (example.target, example.origin) == (TARGET, "o/r:a.py")


def test_what_was_written_is_read_again_as_it_was(tmp_path: Path) -> None:
    example = make_example("python", "Add two up.", TARGET, signature="def add():", origin="a:b.py", name="add")
    write_examples(tmp_path / "a.jsonl", [example])
    assert search(tmp_path / "a.jsonl").examples == [example]


def test_two_named_columns_are_taken_as_they_stand(tmp_path: Path) -> None:
    path = lines(tmp_path / "pairs.jsonl", [{"js": "let a = 1;\n\nlet b = 2;", "py": PYTHON}])
    (example,) = search(path, Columns(description="js", target="py")).examples
    assert (example.description, example.target) == ("let a = 1;\n\nlet b = 2;", PYTHON.rstrip())
    assert example.origin == "pairs.jsonl:1"


def test_a_named_column_that_is_not_there_gets_the_nearest(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", [{"source": "x", "target_code": "y"}])
    with pytest.raises(InputError, match="no column 'targetcode'; did you mean 'target_code'"):
        search(path, Columns(description="source", target="targetcode"))


def test_unknown_columns_are_listed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name two of its columns: a, b"):
        search(lines(tmp_path / "a.jsonl", [{"b": 1, "a": 2}]))


def test_rows_of_other_languages_and_without_text_are_counted(tmp_path: Path) -> None:
    rows = [ROW, {**ROW, "language": "java"}, {**ROW, "func_code_string": None}, {**ROW, "func_code_string": " "}]
    found = search(lines(tmp_path / "a.jsonl", rows))
    assert (len(found.examples), found.total) == (1, 4)
    assert found.dropped == {"other language": 1, "no text": 2}


def test_no_more_rows_than_the_limit_are_read(tmp_path: Path) -> None:
    assert search(lines(tmp_path / "a.jsonl", [ROW] * 5), limit=2).total == 2


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ("[" * 100_000, "not JSON"),
        ('{"description": "\\ud800"}', "not JSON (half a character)"),
    ],
)
def test_a_malformed_line_is_named_and_counted(tmp_path: Path, line: str, reason: str) -> None:
    found = search(lines(tmp_path / "a.jsonl", [ROW, "", line, ROW]))
    assert len(found.examples) == 2
    assert found.dropped == {"malformed line": 1}
    assert f"a.jsonl, line 3: {reason}" in found.remarks[0]


def test_a_line_that_is_not_utf8_is_malformed(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", json.dumps(ROW).encode() + b'\n{"a": "\xff"}\n')
    assert "line 2: not UTF-8" in search(path).remarks[0]


def test_one_in_a_hundred_may_be_malformed_and_no_more(tmp_path: Path) -> None:
    assert search(lines(tmp_path / "a.jsonl", [ROW] * 297 + ["{"] * 3)).dropped == {"malformed line": 3}
    with pytest.raises(InputError, match=r"line 297: not JSON .*; 4 of 300 lines are malformed"):
        search(lines(tmp_path / "a.jsonl", [ROW] * 296 + ["{"] * 4))


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        search(tmp_path / "a.jsonl")


def test_a_file_that_is_no_parquet_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a Parquet file"):
        search(write(tmp_path, "a.parquet", "x" * 100))


def test_a_file_of_another_kind_is_refused() -> None:
    with pytest.raises(InputError, match=r"ends in \.jsonl, \.json or \.parquet"):
        FileSource.read({"path": "a.csv"}, "recipe")
