import json
from pathlib import Path

import pytest

from graftwork.cli.rows import read_rows, text_in
from graftwork.errors import InputError

LINE = '{"a": "..."}'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rows.jsonl"


def test_rows_come_with_their_places(file: Path) -> None:
    file.write_text('{"a": 1}\n\n{"a": 2}\r\n')
    assert read_rows(file, LINE) == [(f"{file}, line 1", {"a": 1}), (f"{file}, line 3", {"a": 2})]


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085"])
def test_a_separator_inside_a_text_does_not_end_the_line(file: Path, separator: str) -> None:
    row = {"a": f"one{separator}two"}
    file.write_text(json.dumps(row, ensure_ascii=False))
    assert read_rows(file, LINE) == [(f"{file}, line 1", row)]


def test_a_missing_file_is_refused(file: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_rows(file, LINE)


def test_a_line_that_is_not_json_is_named(file: Path) -> None:
    file.write_text('{"a": 1}\nnonsense\n')
    with pytest.raises(InputError, match="line 2: not JSON"):
        read_rows(file, LINE)


def test_a_line_that_is_no_object_is_named(file: Path) -> None:
    file.write_text("3\n")
    with pytest.raises(InputError, match=r'line 1: not a JSON object; write \{"a": "\.\.\."\}'):
        read_rows(file, LINE)


def test_a_field_is_a_text() -> None:
    assert text_in({"a": "x"}, "a", "here") == "x"
    for row, text in (({}, "field 'a' is missing; fields here: none"), ({"a": 3}, "field 'a' is not a text")):
        with pytest.raises(InputError, match=text):
            text_in(row, "a", "here")
