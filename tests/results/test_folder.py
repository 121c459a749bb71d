from pathlib import Path

import pytest

from graftwork.errors import InputError
from graftwork.files import read_json, write_json
from graftwork.results import Cell, RunFolder, collect_environment
from tests.report.synthetic import make_results, predictions

CELL = Cell("lora", "python+javascript", 1)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "run", "name: default\n", collect_environment())


def test_a_new_folder_holds_recipe_and_environment(folder: RunFolder) -> None:
    assert folder.recipe.read_text() == "name: default\n"
    assert read_json(folder.environment)["python"]


def test_an_existing_folder_is_left_as_it_is(folder: RunFolder) -> None:
    again = RunFolder.create(folder.path, "name: other\n", collect_environment())
    assert again.recipe.read_text() == "name: default\n"


def test_a_locked_empty_folder_can_be_filled(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run").lock():
        assert RunFolder.create(tmp_path / "run", "a: 1\n", collect_environment()).recipe.is_file()


def test_somebody_elses_folder_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(InputError, match="is no run folder; give a new folder with --out"):
        RunFolder.create(tmp_path, "name: x\n", collect_environment())


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is no run folder"):
        RunFolder.create(tmp_path / "file", "name: x\n", collect_environment())


@pytest.mark.parametrize(("name", "said"), [("missing", "no such folder"), (".", "no run folder")])
def test_opening_what_is_no_run_folder_is_refused(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        RunFolder.open(tmp_path / name)


def test_a_task_stands_where_the_design_says(folder: RunFolder) -> None:
    path = folder.task(CELL, 1).path.relative_to(folder.path)
    assert path.as_posix() == "runs/lora/python+javascript/1/tasks/01-javascript"


def test_a_name_cannot_leave_the_folder(folder: RunFolder) -> None:
    with pytest.raises(InputError, match="cannot use the name"):
        folder.task(Cell("../../lora", "python", 1), 0)


def test_a_task_is_done_when_it_was_finished(folder: RunFolder) -> None:
    task = folder.task(CELL, 0)
    task.clear()
    before = task.is_done()
    task.finish({"fingerprint": "ab"})
    assert (before, task.is_done(), task.done_data()) == (False, True, {"fingerprint": "ab"})


def test_clearing_a_task_removes_what_an_attempt_left(folder: RunFolder) -> None:
    task = folder.task(CELL, 0)
    task.clear()
    task.append_steps([{"step": 1}])
    task.clear()
    assert task.read_steps() == []


def test_steps_are_read_back(folder: RunFolder) -> None:
    task = folder.task(CELL, 0)
    task.clear()
    task.append_steps([{"step": 1}, {"step": 2}])
    task.append_steps([{"step": 3}])
    assert [row["step"] for row in task.read_steps()] == [1, 2, 3]


def test_a_damaged_marker_is_refused(folder: RunFolder) -> None:
    task = folder.task(CELL, 0)
    task.clear()
    write_json(task.done, [])
    with pytest.raises(InputError, match="is damaged"):
        task.done_data()


def test_predictions_are_read_back_by_cell(folder: RunFolder) -> None:
    other = Cell("lora", "python+javascript", 11)
    rows = list(predictions(CELL, "python", "python", 2))
    folder.write_predictions(CELL, "python", "python", rows)
    folder.write_predictions(other, None, "python", list(predictions(other, None, "python", 2)))
    assert folder.read_predictions(CELL) == rows
    assert len(folder.read_predictions()) == 2 * len(rows)


def test_prediction_files_are_named_by_moment(folder: RunFolder) -> None:
    names = [folder.prediction_file(CELL, after, "python").name for after in (None, "javascript")]
    assert names == [
        "lora__python+javascript__1__0-base__python.parquet",
        "lora__python+javascript__1__2-javascript__python.parquet",
    ]


def test_results_are_read_back(folder: RunFolder) -> None:
    results = make_results()
    folder.write_results(results)
    assert folder.read_results() == results


def test_missing_results_say_who_writes_them(folder: RunFolder) -> None:
    with pytest.raises(InputError, match=r"no results\.json yet; graftwork run writes it"):
        folder.read_results()


@pytest.mark.parametrize("data", [[], {}, {"schema_version": 99}])
def test_another_version_of_results_is_refused(folder: RunFolder, data: object) -> None:
    write_json(folder.results, data)
    with pytest.raises(InputError, match="schema_version"):
        folder.read_results()


def test_damaged_results_are_refused_in_one_line(folder: RunFolder) -> None:
    folder.results.write_text('{"schema_version": 1, "stu')
    with pytest.raises(InputError, match="not JSON"):
        folder.read_results()


def test_report_and_log_stand_in_the_folder(folder: RunFolder) -> None:
    assert [path.name for path in (folder.report_html, folder.report_markdown, folder.log)] == [
        "report.html",
        "report.md",
        "log.txt",
    ]


def test_an_adapter_stands_beside_the_marker(folder: RunFolder) -> None:
    task = folder.task(CELL, 0)
    assert task.adapter.parent == task.done.parent
