from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

from graftwork.data.recipe import BuiltTask, build_task
from graftwork.errors import InputError
from graftwork.models.load import Base, load_base
from graftwork.results.environment import collect_environment
from graftwork.results.records import Environment
from graftwork.study import workforce as module
from graftwork.study.config import StudyConfig
from graftwork.study.learners import learner_of
from graftwork.study.workforce import WantedWorkers, Workforce, workforce
from graftwork.study.workforce import cores_at_hand as cores
from graftwork.study.workforce import memory_at_hand as memory
from tests.study.support import study

Sizes = Mapping[str, Mapping[str, int]]
Parts = tuple[StudyConfig, Base, dict[str, BuiltTask], Sizes]
MANY = 10**12


@pytest.fixture(scope="module")
def parts(material: Path) -> Parts:
    config = study(material, "lora", "extra-layer", "sequential")
    base = load_base(config.base)
    sizes = {approach.name: learner_of(approach, base).sizes() for approach in config.approaches}
    return config, base, {task.name: build_task(task) for task in config.tasks}, sizes


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight cores, much memory, and no work too small."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(module, "cores_at_hand", lambda: 8)
    monkeypatch.setattr(module, "memory_at_hand", lambda: MANY)
    monkeypatch.setattr(module, "WORTH_FLOPS", 0.0)


def begun(threads: int) -> Environment:
    return collect_environment("cpu", threads)


def test_one_worker_is_this_process_on_its_threads(parts: Parts) -> None:
    assert workforce(1, *parts, None) == Workforce(1, torch.get_num_threads())


@pytest.mark.parametrize(("wanted", "threads"), [(2, 4), (3, 2), (8, 1), (20, 1)])
def test_a_number_shares_out_the_cores(wanted: WantedWorkers, threads: int, parts: Parts) -> None:
    assert workforce(wanted, *parts, None) == Workforce(int(wanted), threads)


def test_automatically_there_are_as_many_as_cells(parts: Parts) -> None:
    assert workforce("auto", *parts, None) == Workforce(3, 2)


def test_automatically_there_are_no_more_than_memory_holds(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "memory_at_hand", lambda: 2_500_000_000)
    assert workforce("auto", *parts, None) == Workforce(2, 4)
    monkeypatch.setattr(module, "memory_at_hand", lambda: 0)
    assert workforce("auto", *parts, None) == Workforce(1, torch.get_num_threads())


def test_threads_that_the_user_chose_are_kept(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    assert workforce("auto", *parts, None) == Workforce(2, 4)
    assert workforce(3, *parts, None) == Workforce(3, 4)


def test_a_folder_goes_on_with_the_threads_it_was_begun_with(parts: Parts) -> None:
    assert workforce("auto", *parts, begun(1)) == Workforce(3, 1)
    assert workforce("auto", *parts, begun(8)) == Workforce(1, 8)


def test_a_small_study_runs_in_one_process(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WORTH_FLOPS", 5e12)
    assert workforce("auto", *parts, None) == Workforce(1, torch.get_num_threads())
    assert workforce("auto", *parts, begun(3)) == Workforce(1, 3)


def test_less_than_one_is_refused(parts: Parts) -> None:
    with pytest.raises(InputError, match="--workers: cannot use 0; give a number of processes from 1 on, or auto"):
        workforce(0, *parts, None)


def test_a_container_bounds_cores_and_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"cpu.max": "100000 100000", "memory.max": "1000", "memory.current": "400"}
    monkeypatch.setattr(module, "_control_group", said.__getitem__)
    assert (cores(), memory()) == (1, 600)
