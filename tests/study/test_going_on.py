import random
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graftwork import files
from graftwork.errors import InputError, NoSpaceError
from graftwork.results.folder import RunFolder
from graftwork.results.names import Cell
from graftwork.study.config import StudyConfig
from graftwork.study.run import run_study
from tests.study.faults import count_points, end_state, forked, gone_on, killed_again_and_again, killed_at, tiny_study
from tests.study.support import Watcher

APPROACHES = ("lora", "hybrid-shared", "sequential", "ewc-online", "lwf", "replay", "o-lora", "joint")


class StoppedError(Exception):
    """Ends a study at a point that a test chose."""


@pytest.fixture(autouse=True)
def undisturbed_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.DISK, "before", lambda operation, path: None)


def stop_where(wanted: Callable[[str, Path], bool], error: BaseException) -> None:
    def before(operation: str, path: Path) -> None:
        if wanted(operation, path):
            files.DISK.before = lambda operation, path: None
            raise error

    files.DISK.before = before


def third_checkpoint_of_the_second_task(operation: str, path: Path) -> bool:
    return operation == "rename" and path.name == "00000003" and path.parts[-3].startswith("01-")


# Checkpoints


@pytest.mark.parametrize("approach", APPROACHES)
def test_a_study_that_stopped_within_a_task_ends_with_the_same_bits(
    approach: str, material: Path, tmp_path: Path
) -> None:
    config = tiny_study(material, approach)
    run_study(config, tmp_path / "whole")
    stop_where(third_checkpoint_of_the_second_task, StoppedError())
    with pytest.raises(StoppedError):
        run_study(config, tmp_path / "run")
    watcher = Watcher()
    run_study(config, tmp_path / "run", watcher)
    assert [text for text in watcher.said if "goes on after step 2 of" in text and "01-" in text]
    assert end_state(tmp_path / "run", approach) == end_state(tmp_path / "whole", approach)


def test_checkpoints_change_nothing_and_do_not_belong_to_the_settings(material: Path, tmp_path: Path) -> None:
    run_study(tiny_study(material, "lora", steps=1), tmp_path / "with")
    run_study(tiny_study(material, "lora", steps=None), tmp_path / "without")
    assert end_state(tmp_path / "with", "lora") == end_state(tmp_path / "without", "lora")
    watcher = Watcher()
    run_study(tiny_study(material, "lora", steps=3), tmp_path / "with", watcher)
    assert not [piece for piece in watcher.pieces if "train" in piece]


def test_where_steps_were_lost_the_training_begins_again_and_that_is_said(material: Path, tmp_path: Path) -> None:
    # Steps are written in groups of ten, so it takes more than ten before any can be lost.
    config = tiny_study(material, "lora")
    training = config.training.model_copy(update={"epochs": 6})
    config = config.model_copy(update={"training": training})
    run_study(config, tmp_path / "whole")
    stop_where(lambda operation, path: operation == "rename" and path.name == "00000012", StoppedError())
    with pytest.raises(StoppedError):
        run_study(config, tmp_path / "run")
    RunFolder(tmp_path / "run").task(Cell("lora", "python+javascript", 1), 0).steps.write_text("")
    watcher = Watcher()
    run_study(config, tmp_path / "run", watcher)
    assert len([text for text in watcher.said if "steps.jsonl: is damaged" in text]) == 2
    assert end_state(tmp_path / "run", "lora") == end_state(tmp_path / "whole", "lora")


# Kills


@pytest.fixture(scope="module")
def undisturbed(material: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[StudyConfig, Any, int]:
    """A study of what is shared, its end state, and the number of points at which it changed something on disk."""
    config, run = tiny_study(material, "hybrid-shared"), tmp_path_factory.mktemp("undisturbed") / "run"
    number = len(count_points(config, run))
    return config, end_state(run, "hybrid-shared"), number


def test_a_study_killed_at_any_point_of_writing_goes_on_to_the_same_end(
    undisturbed: tuple[StudyConfig, Any, int], tmp_path: Path
) -> None:
    config, expected, number = undisturbed
    assert number > 300
    for point in sorted(random.Random().sample(range(number), 6)):  # each run of this test tries others
        shutil.rmtree(tmp_path / "run", ignore_errors=True)
        assert killed_at(config, tmp_path / "run", point) == -signal.SIGKILL, point
        assert gone_on(config, tmp_path / "run") == 0, point
        assert end_state(tmp_path / "run", "hybrid-shared") == expected, point


def test_a_study_killed_again_and_again_at_random_moments_ends_the_same(
    undisturbed: tuple[StudyConfig, Any, int], tmp_path: Path
) -> None:
    config, expected, _ = undisturbed
    limits = iter(lambda: random.uniform(0.05, 1.0), None)
    _, code = killed_again_and_again(config, tmp_path / "run", limits, most=6)
    assert code == 0
    assert end_state(tmp_path / "run", "hybrid-shared") == expected


# Ctrl-C


class Impatient(Watcher):
    """Presses Ctrl-C so many times when a step of the second task was taken."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self._times = times

    def advance(self, done: int) -> None:
        if done == 2 and "train javascript" in self.pieces[-1]:
            for _ in range(self._times):
                signal.raise_signal(signal.SIGINT)


def checkpoints(run: Path) -> list[str]:
    return sorted(path.name for path in run.glob("runs/*/*/*/tasks/*/checkpoints/*"))


@pytest.mark.parametrize(("times", "kept"), [(1, ["00000002"]), (2, [])])
def test_ctrl_c_once_saves_and_twice_does_not(times: int, kept: list[str], material: Path, tmp_path: Path) -> None:
    config = tiny_study(material, "lora", steps=100)
    # A shell lets what it runs in the background ignore Ctrl-C.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            run_study(config, tmp_path / "run", Impatient(times))
    finally:
        signal.signal(signal.SIGINT, before)
    assert checkpoints(tmp_path / "run") == kept
    run_study(config, tmp_path / "whole")
    run_study(config, tmp_path / "run")
    assert end_state(tmp_path / "run", "lora") == end_state(tmp_path / "whole", "lora")


# The disk


def test_wherever_the_disk_is_full_it_is_said_and_the_study_goes_on_afterwards(material: Path, tmp_path: Path) -> None:
    config = tiny_study(material, "lora")
    number = len(count_points(config, tmp_path / "whole"))
    for point in random.Random().sample(range(number), 6):
        reached = iter(range(number))
        full = OSError(28, "No space left on device")
        stop_where(lambda operation, path, at=point, reached=reached: next(reached) == at, full)
        with pytest.raises(NoSpaceError, match=r"cannot be written \(No space left on device\); free some space"):
            run_study(config, tmp_path / f"run-{point}")
        run_study(config, tmp_path / f"run-{point}")
        assert end_state(tmp_path / f"run-{point}", "lora") == end_state(tmp_path / "whole", "lora"), point


def test_a_second_process_on_a_run_folder_is_refused_before_any_work(material: Path, tmp_path: Path) -> None:
    watcher = Watcher()
    with (
        RunFolder(tmp_path / "run").lock(),
        pytest.raises(InputError, match="another process is working on this folder"),
    ):
        run_study(tiny_study(material, "lora"), tmp_path / "run", watcher)
    assert watcher.pieces == []


def test_the_lock_dies_with_its_process(material: Path, tmp_path: Path) -> None:
    assert killed_at(tiny_study(material, "lora"), tmp_path / "run", 40) == -signal.SIGKILL
    with RunFolder(tmp_path / "run").lock():
        pass


def test_a_process_of_its_own_ends_with_the_code_of_its_work() -> None:
    assert forked(lambda: None) == 0
    assert forked(lambda: (_ for _ in ()).throw(ValueError("said"))) != 0
