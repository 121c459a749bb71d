import io
from pathlib import Path

import pytest
from rich.console import Console

from graftwork.errors import InputError
from graftwork.report import print_summary
from graftwork.results import RunFolder
from tests.report.synthetic import multiplied, pinned


def printed(folder: RunFolder, width: int = 120) -> str:
    console = Console(file=io.StringIO(), width=width)
    print_summary(folder.path, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_answer_and_the_table_are_printed(one_seed: RunFolder) -> None:
    text = printed(one_seed)
    assert "What learned most" in text
    assert "sequential forgot most" in text
    assert "untouched base" in text


def test_where_the_time_went_is_printed(one_seed: RunFolder) -> None:
    assert "Where the time went" in printed(one_seed)


def test_runs_that_lack_are_printed(unfinished_run: RunFolder) -> None:
    assert "loss is not a number at step 12" in printed(unfinished_run)


def test_a_built_report_is_named(writable: RunFolder) -> None:
    writable.report_html.touch()
    assert f"Report: {writable.report_html}" in printed(writable)


def test_names_are_no_markup_and_no_control_sequences(writable: RunFolder) -> None:
    results = writable.read_results()
    study = results.study.model_copy(update={"name": "[red]x[/red] \x1b[2J"})
    writable.write_results(results.model_copy(update={"study": study}))
    assert "[red]x[/red] ⟨U+001B⟩[2J" in printed(writable)


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run folder"):
        print_summary(tmp_path, Console(file=io.StringIO()))


def test_at_80_columns_no_name_and_no_number_is_cut(writable: RunFolder) -> None:
    results = writable.read_results()
    writable.write_results(pinned(multiplied(results, 4)))
    lines = printed(writable, width=80).split("\n")
    assert all(len(line) <= 80 for line in lines if not line.startswith("Report: "))
    assert "…" not in "".join(lines[lines.index("At a glance") :])
    assert sum(line.startswith("hybrid-shared@pinned ") for line in lines) == 2
    assert any(line.startswith("sequential-4 ") and "no, by design" in line for line in lines)


def test_a_wide_terminal_has_the_whole_table_in_one(one_seed: RunFolder) -> None:
    assert sum(line.startswith("hybrid-shared ") for line in printed(one_seed, width=160).split("\n")) == 1
