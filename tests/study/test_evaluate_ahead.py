"""Of the tasks still ahead only the next is scored: what is not scored leaves every figure and every page as it was."""

from pathlib import Path
from typing import Any

import pytest

from graftwork.report.build import build_report
from graftwork.report.verify import verify_report
from graftwork.results.folder import RunFolder
from graftwork.results.records import Results
from graftwork.results.verify import verify_records
from graftwork.study.config import StudyConfig
from graftwork.study.run import run_study
from tests.study.support import Watcher, recipe

TASKS = ("a", "b", "c")


def config(material: Path, **changes: Any) -> StudyConfig:
    """One approach that nothing changes and one that shares a part, over three tasks of generated problems."""
    subset = {"kind": "generated", "train": 8, "validation": 2, "test": 2}
    tasks = [{"name": name, "language": "python", "subsets": [subset]} for name in TASKS]
    data = recipe(material, "lora", "hybrid-shared", tasks=tasks, execute="never", decoding={"max_new_tokens": 4})
    return StudyConfig.read({**data, **changes}, "recipe")


def places(results: Results, approach: str) -> set[tuple[str | None, str]]:
    return {(row.after, row.task) for row in results.scores if row.approach == approach}


@pytest.fixture(scope="module")
def folders(material: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, RunFolder]:
    path = tmp_path_factory.mktemp("ahead")
    for ahead in ("next", "all"):
        run_study(config(material, evaluate_ahead=ahead), path / ahead)
    return {ahead: RunFolder.open(path / ahead) for ahead in ("next", "all")}


@pytest.mark.parametrize("approach", ["lora", "hybrid-shared", "hybrid-shared@pinned"])
def test_the_next_task_is_scored_and_those_behind_it_are_not(folders: dict[str, RunFolder], approach: str) -> None:
    found = {ahead: places(folder.read_results(), approach) for ahead, folder in folders.items()}
    assert found["all"] - found["next"] == {("a", "c")}
    assert found["next"] < found["all"]


def test_summary_comparisons_and_isolation_are_those_of_the_whole_matrix(folders: dict[str, RunFolder]) -> None:
    some, whole = (folders[ahead].read_results() for ahead in ("next", "all"))
    assert some.summary == whole.summary
    assert {"forward_transfer", "forgetting", "retention"} <= {row.statistic for row in some.summary}
    assert some.comparisons == whole.comparisons
    assert some.isolation == whole.isolation


@pytest.mark.parametrize("ahead", ["next", "all"])
def test_records_and_report_hold(folders: dict[str, RunFolder], ahead: str) -> None:
    folder = folders[ahead]
    build_report(folder.path)
    assert verify_records(folder).mismatches == ()
    assert verify_report(folder) == ([], [])


def test_a_folder_with_the_whole_matrix_is_taken_as_it_is(material: Path, folders: dict[str, RunFolder]) -> None:
    before, watcher = folders["all"].read_results(), Watcher()
    after = run_study(config(material), folders["all"].path, watcher)
    assert after.scores == before.scores
    assert not [piece for piece in watcher.pieces if "train" in piece]


def test_without_the_next_task_forward_transfer_is_open_and_nothing_else(material: Path, tmp_path: Path) -> None:
    results = run_study(config(material, evaluate_ahead="none"), tmp_path / "run")
    assert places(results, "lora") == {(None, task) for task in TASKS} | {
        (after, task) for after in TASKS for task in TASKS if task <= after
    }
    statistics = {row.statistic for row in results.summary if row.metric == "loss"}
    assert "forward_transfer" not in statistics
    assert {"average", "forgetting", "backward_transfer"} <= statistics
