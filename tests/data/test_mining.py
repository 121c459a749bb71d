from pathlib import Path

import pytest

from graftwork.data.cleaning import CleaningConfig
from graftwork.data.mining import SourceFile, folder_files, mine_files, mine_folder, mine_source
from graftwork.errors import InputError
from graftwork.languages import get_language

PYTHON = get_language("python")


def function(name: str = "add", words: str = "Add two numbers up.") -> str:
    documentation = f'    """{words}\n\n    :param a: x\n    """\n'
    return f"def {name}(a, b):\n{documentation}    {name}_total = a + b\n    return {name}_total\n\n\n"


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_source_gives_its_functions_in_order() -> None:
    assert [found.name for found in mine_source(function("b") + function("a"), PYTHON)] == ["b", "a"]


def test_an_example_is_the_first_paragraph_and_the_function_without_it(tmp_path: Path) -> None:
    write(tmp_path, "pkg/sums.py", function())
    (example,) = mine_folder(tmp_path, PYTHON).examples
    assert example.description == "Add two numbers up."
    assert example.target == "def add(a, b):\n    add_total = a + b\n    return add_total"
    assert (example.origin, example.name, example.signature) == ("pkg/sums.py", "add", "def add(a, b):")


def test_files_come_in_the_order_of_their_paths(tmp_path: Path) -> None:
    for name in ("b/a.py", "a/b.py", "B.py", "a.py", "c.txt"):
        write(tmp_path, name, "")
    assert [file.origin for file in folder_files(tmp_path, PYTHON, "x")] == ["x:B.py", "x:a.py", "x:a/b.py", "x:b/a.py"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    write(tmp_path, "a.py", function())
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "b.py").symlink_to(tmp_path / "a.py")
    assert [file.origin for file in folder_files(tmp_path, PYTHON)] == ["a.py"]


def test_what_cannot_be_used_is_counted_by_reason(tmp_path: Path) -> None:
    write(tmp_path, "good.py", function() + function("copy").replace("copy", "add") + function("g", "Short."))
    write(tmp_path, "latin.py", '"""Grüße"""'.encode("latin-1"))
    write(tmp_path, "binary.py", "a = 1\0")
    write(tmp_path, "huge.py", b" " * 2_000_001)
    write(tmp_path, "tests/test_a.py", function())
    report = mine_folder(tmp_path, PYTHON).report
    assert (report.files_read, report.found, report.kept) == (1, 3, 1)
    assert report.files_skipped == {"not UTF-8": 1, "binary file": 1, "file too large": 1, "test file": 1}
    assert report.dropped == {"duplicate": 1, "description too short": 1}


def test_a_file_that_vanishes_is_counted() -> None:
    def gone() -> bytes:
        raise FileNotFoundError

    assert mine_files([SourceFile("a.py", 1, gone)], PYTHON).report.files_skipped == {"unreadable file": 1}


def test_a_byte_order_mark_is_no_part_of_the_source(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "\ufeff" + function())
    assert mine_folder(tmp_path, PYTHON).report.kept == 1


def test_progress_is_told_after_each_file(tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        write(tmp_path, name, "")
    told: list[tuple[int, int]] = []
    mine_folder(tmp_path, PYTHON, CleaningConfig(), lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]


def test_a_missing_folder_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        mine_folder(tmp_path / "none", PYTHON)
