"""Cells in several processes at once. What they come to must be what one process makes of them, on as many threads."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from graftwork.errors import InputError, StudyError
from graftwork.results.folder import RunFolder
from graftwork.results.names import Cell
from graftwork.study.config import StudyConfig
from graftwork.study.run import run_study
from tests.study.conftest import Whole
from tests.study.faults import end_state, tiny_study
from tests.study.support import (
    APPROACHES,
    Watcher,
    files_of_adapters,
    outcome,
    predictions,
    recipe,
    study,
    write_recipe,
)

SLOW = {"epochs": 60, "batch_rows": 8, "learning_rate": 0.0001, "checkpoint_steps": 25}
"""Trainings that take seconds, so that something can happen in the middle."""
FIRST, SECOND = (Cell(name, "python+javascript", 1) for name in ("lora", "extra-layer"))


def workers() -> list[psutil.Process]:
    """The worker processes that this one has started."""
    found = psutil.Process().children()
    return [one for one in found if "graftwork.study.worker_process" in " ".join(one.cmdline())]


def slow_study(material: Path) -> StudyConfig:
    training = study(material, training=SLOW).training
    return tiny_study(material, "lora", "extra-layer").model_copy(update={"training": training})


def kill_one() -> None:
    workers()[0].kill()


class InTheMiddle(Watcher):
    """Does something once, when both workers are training and have done some steps."""

    def __init__(self, act: Callable[[], None]) -> None:
        super().__init__()
        self._act, self._acted = act, False
        self._far: set[int] = set()

    def beside(self, number: int) -> "Watcher":
        self._now = number
        return super().beside(number)

    def advance(self, done: int) -> None:
        if done >= 30 and "train" in self.pieces[-1]:
            self._far.add(self._now)
        if len(self._far) == 2 and not self._acted:
            self._acted = True
            self._act()


@pytest.fixture
def ctrl_c_acts() -> Iterator[None]:
    """A shell lets what it runs in the background ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_cells_in_workers_come_to_the_same_bits_as_in_one_process(whole: Whole, material: Path, tmp_path: Path) -> None:
    watcher = Watcher()
    results = run_study(study(material), tmp_path / "run", watcher, workers=2)
    assert outcome(results) == outcome(whole.results)
    assert files_of_adapters(tmp_path / "run") == files_of_adapters(whole.path)
    assert predictions(tmp_path / "run") == predictions(whole.path)
    assert watcher.workers == {1, 2}
    assert sorted(map(str, watcher.tasks)) == sorted(map(str, whole.watcher.tasks))
    assert workers() == []


def test_a_study_of_workers_passes_the_recheck_in_one_process(material: Path, tmp_path: Path) -> None:
    config = tiny_study(material, "lora", "hybrid-shared")
    run_study(config, tmp_path / "run", workers=2)
    watcher = Watcher()
    results = run_study(config, tmp_path / "run", watcher, recheck=True, workers="auto")
    assert "rechecked: every evaluation came out the same" in watcher.said
    assert {timing.phase for timing in results.timings} >= {"train", "evaluate", "recheck"}


def test_the_records_tell_how_many_workers_there_were_and_their_threads(material: Path, tmp_path: Path) -> None:
    environment = run_study(tiny_study(material, "lora", "extra-layer"), tmp_path / "run", workers=2).environment
    assert environment.num_workers == 2
    assert environment.num_threads == int(os.environ.get("OMP_NUM_THREADS", max(1, environment.num_cores // 2)))


def test_a_failing_cell_in_a_worker_leaves_the_others_alone(material: Path, tmp_path: Path) -> None:
    wild = {"name": "wild", **APPROACHES["lora"], "training": {"learning_rate": 1e30, "batch_rows": 2}}
    config = StudyConfig.read(recipe(material, approaches=[wild, {"name": "tame", **APPROACHES["lora"]}]), "recipe")
    with pytest.raises(StudyError, match=r"1 cell\(s\) failed; wild"):
        run_study(config, tmp_path / "run", workers=2)
    states = {row.approach: row.state for row in RunFolder(tmp_path / "run").read_results().cells}
    assert states == {"wild": "failed", "tame": "done"}


def test_a_killed_worker_fails_its_cell_alone_and_the_next_run_goes_on_to_the_same_bits(
    material: Path, tmp_path: Path
) -> None:
    config = slow_study(material)
    watcher = InTheMiddle(kill_one)
    with pytest.raises(StudyError, match=r"1 cell\(s\) failed; .*: its worker process was killed by signal 9"):
        run_study(config, tmp_path / "run", watcher, workers=2)
    assert len({cell for cell, _ in watcher.tasks}) == 1
    watcher = Watcher()
    run_study(config, tmp_path / "run", watcher)
    assert [text for text in watcher.said if "goes on after step" in text]
    run_study(config, tmp_path / "whole")
    assert end_state(tmp_path / "run", "lora", "extra-layer") == end_state(tmp_path / "whole", "lora", "extra-layer")


@pytest.mark.usefixtures("ctrl_c_acts")
def test_ctrl_c_once_lets_every_worker_save_and_the_next_run_goes_on(material: Path, tmp_path: Path) -> None:
    config = slow_study(material)
    watcher = InTheMiddle(lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        run_study(config, tmp_path / "run", watcher, workers=2)
    assert [text for text in watcher.said if "saving" in text] == [
        "saving and stopping; Ctrl-C once more stops without saving"
    ]
    folders = [RunFolder(tmp_path / "run").task(cell, 0) for cell in (FIRST, SECOND)]
    newest = [max(int(path.name) for path in folder.checkpoints.iterdir()) for folder in folders]
    assert [number % SLOW["checkpoint_steps"] for number in newest] != [0, 0]
    watcher = Watcher()
    run_study(config, tmp_path / "run", watcher)
    assert len([text for text in watcher.said if "goes on after step" in text]) == 2


@pytest.mark.usefixtures("ctrl_c_acts")
def test_ctrl_c_twice_ends_the_workers_at_once(material: Path, tmp_path: Path) -> None:
    def press_twice() -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run_study(slow_study(material), tmp_path / "run", InTheMiddle(press_twice), workers=2)
    assert workers() == []


def test_workers_end_with_a_killed_study_and_hold_its_lock_until_then(material: Path, tmp_path: Path) -> None:
    data = slow_study(material).model_dump(mode="json")
    path, run = write_recipe(tmp_path / "recipe.yaml", data), tmp_path / "run"
    command = [sys.executable, "-m", "graftwork.cli.main", "run", str(path), "--out", str(run), "--workers", "2"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while len(list(run.glob("runs/*/*/*/tasks/*/checkpoints"))) < 2 and process.poll() is None:
            time.sleep(0.01)
        children = psutil.Process(process.pid).children()
        for child in children:
            child.suspend()
        process.kill()
        process.wait()
        with pytest.raises(InputError, match="another process is working on this folder"), RunFolder(run).lock():
            pass
        for child in children:
            child.resume()
        _, alive = psutil.wait_procs(children, timeout=10)
    assert (len(children), alive) == (2, [])
    with RunFolder(run).lock():
        pass


def test_where_no_worker_can_start_that_is_said(
    material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graftwork.study.parallel.MODULE", "graftwork.no_such_module")
    with pytest.raises(StudyError, match="no worker process could be started: the last one ended with exit code 1"):
        run_study(tiny_study(material, "lora", "extra-layer"), tmp_path / "run", workers=2)


def test_what_would_end_a_study_ends_it_from_a_worker_too(material: Path, tmp_path: Path) -> None:
    base = Path(shutil.copytree(material / "base", tmp_path / "base"))
    config = tiny_study(material, "lora", "extra-layer").model_copy(update={"base": str(base)})

    class Removing(Watcher):
        def start(self, what: str, total: int) -> None:
            if what.startswith("base: evaluate"):
                shutil.rmtree(base, ignore_errors=True)

    with pytest.raises(InputError, match="no such folder"):
        run_study(config, tmp_path / "run", Removing(), workers=2)
    assert workers() == []
