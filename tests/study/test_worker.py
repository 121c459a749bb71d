import math
from pathlib import Path

import pytest

from graftwork.continual.learner import Learner
from graftwork.continual.method import NoMethod
from graftwork.data.recipe import build_task
from graftwork.data.task import Task
from graftwork.errors import StudyError
from graftwork.models.load import Base, load_base
from graftwork.results.folder import RunFolder, TaskFolder
from graftwork.results.names import Cell
from graftwork.study import trainer, worker
from graftwork.study.config import StudyConfig
from graftwork.study.curve import LOG_EVERY, VALIDATIONS
from graftwork.study.learners import learner_of
from graftwork.study.memory import peak_memory
from graftwork.study.observer import Silent
from graftwork.study.worker import ModelWorker, probes_of
from tests.study.support import study

CELL = Cell("lora", "python+javascript", 1)


@pytest.fixture(scope="module")
def config(material: Path) -> StudyConfig:
    return study(material, "lora", training={"epochs": 2, "batch_rows": 1, "learning_rate": 0.01})


@pytest.fixture(scope="module")
def tasks(config: StudyConfig) -> dict[str, Task]:
    return {task.name: build_task(task).task for task in config.tasks}


@pytest.fixture
def loaded(config: StudyConfig) -> Base:
    return load_base(config.base)


@pytest.fixture
def learner(config: StudyConfig, loaded: Base) -> Learner:
    return learner_of(config.approaches[0], loaded)


@pytest.fixture
def seconds() -> dict[str, float]:
    return {}


@pytest.fixture
def models(
    config: StudyConfig, loaded: Base, tasks: dict[str, Task], tmp_path: Path, seconds: dict[str, float]
) -> ModelWorker:
    return ModelWorker(config, loaded, tasks, RunFolder(tmp_path), Silent(), seconds)


@pytest.fixture
def folder(tmp_path: Path) -> TaskFolder:
    folder = TaskFolder(tmp_path / "task")
    folder.clear()
    return folder


def test_every_step_is_written(
    models: ModelWorker, learner: Learner, folder: TaskFolder, tasks: dict[str, Task]
) -> None:
    trained = models.train(learner, NoMethod(), CELL, "python", 0, folder)
    assert trained.steps == 2 * len(list(tasks["python"].examples("train")))
    assert [step["step"] for step in folder.read_steps()] == list(range(1, trained.steps + 1))


def test_the_curve_has_the_mean_loss_of_each_group_of_steps(
    models: ModelWorker, learner: Learner, folder: TaskFolder
) -> None:
    trained = models.train(learner, NoMethod(), CELL, "python", 0, folder)
    losses = [step["loss"] for step in folder.read_steps()]
    assert [point.step for point in trained.curve] == [*range(0, trained.steps, LOG_EVERY), trained.steps]
    assert trained.curve[1].loss == pytest.approx(sum(losses[:LOG_EVERY]) / LOG_EVERY)
    assert trained.curve[-1].tokens == trained.tokens


def test_stored_activations_stand_in_the_run_folder(material: Path, tasks: dict[str, Task], tmp_path: Path) -> None:
    losses = []
    for place, room in (("without", None), ("with", 0.01)):
        # Padded with the store and not without it, the two round otherwise, and Adam's first steps make more of that
        # the larger they are.
        training = {"epochs": 2, "batch_rows": 4, "precision": "float32", "stored_activations": room}
        training |= {"learning_rate": 1e-5}
        config = study(material, "extra-layer", training=training)
        base, run = load_base(config.base), RunFolder(tmp_path / place)
        cell = Cell("extra-layer", CELL.order, 1)
        task = TaskFolder(tmp_path / place / "task")
        task.clear()
        models = ModelWorker(config, base, tasks, run, Silent(), {})
        models.train(learner_of(config.approaches[0], base), NoMethod(), cell, "python", 0, task)
        losses.append([step["loss"] for step in task.read_steps()])
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)
    assert not RunFolder(tmp_path / "without").activations.exists()
    assert len(list(RunFolder(tmp_path / "with").activations.iterdir())) == 1


def test_validation_is_measured_at_the_start_and_a_few_times(
    models: ModelWorker, learner: Learner, folder: TaskFolder
) -> None:
    curve = models.train(learner, NoMethod(), CELL, "python", 0, folder).curve
    measured = [point.step for point in curve if point.validation]
    assert measured[0] == 0
    assert measured[-1] == curve[-1].step
    assert len(measured) <= VALIDATIONS + 1


def test_the_time_of_each_phase_is_added_up(
    models: ModelWorker, learner: Learner, folder: TaskFolder, seconds: dict[str, float]
) -> None:
    trained = models.train(learner, NoMethod(), CELL, "python", 0, folder)
    assert seconds.keys() == {"train"}
    assert seconds["train"] >= trained.seconds > 0


def test_equal_functions_are_measured_once(
    models: ModelWorker, learner: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner.begin("python", 0)
    first = models.measure(learner, CELL, "python", "python")
    monkeypatch.setattr(worker, "evaluate_task", None)
    assert models.measure(learner, CELL, "javascript", "python") is first


def test_what_an_earlier_run_measured_is_not_measured_again(
    models: ModelWorker, learner: Learner, config: StudyConfig, loaded: Base, tasks: dict[str, Task], tmp_path: Path
) -> None:
    learner.begin("python", 0)
    measured = models.measure(learner, CELL, "python", "python")
    later = ModelWorker(config, loaded, tasks, RunFolder(tmp_path), Silent(), {})
    later.remember(measured)
    assert later.measure(learner, CELL, "javascript", "python") is measured


def test_measuring_again_gives_the_same(models: ModelWorker, learner: Learner) -> None:
    learner.begin("python", 0)
    measured = models.measure(learner, CELL, "python", "python")
    again = models.measure_again(learner, "python")
    assert again == measured
    assert again is not measured


def test_predictions_tell_what_wrote_them(models: ModelWorker, learner: Learner, tmp_path: Path) -> None:
    learner.begin("python", 0)
    measured = models.measure(learner, CELL, "python", "javascript")
    rows = RunFolder(tmp_path).read_predictions(CELL)
    assert {(row.after, row.task, row.fingerprint) for row in rows} == {("python", "javascript", measured.fingerprint)}
    assert len(rows) == sum(measured.counts.values())
    assert all(row.prompt.startswith("Generate javascript: ") for row in rows)


def test_probes_see_any_change_of_the_function(models: ModelWorker, learner: Learner) -> None:
    parameters = learner.begin("python", 0)["lora"].values()
    before = models.probe(learner, "python")
    assert models.probe(learner, "python") == before
    for parameter in parameters:
        parameter.data.add_(1e-2)
    assert models.probe(learner, "python") != before


def test_probes_are_the_first_test_examples_of_each_subset(tasks: dict[str, Task]) -> None:
    mined, generated = tasks["python"].subsets
    assert probes_of(tasks["python"], 1) == [mined.test[0], generated.test[0]]
    assert probes_of(tasks["python"], 1000) == [*mined.test, *generated.test]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_validation_loss_that_is_no_number_ends_the_cell(
    models: ModelWorker, learner: Learner, folder: TaskFolder, monkeypatch: pytest.MonkeyPatch, value: float
) -> None:
    monkeypatch.setattr(trainer, "subset_loss", lambda model, examples: value)
    with pytest.raises(StudyError, match=f"the validation loss on python, mined is {value}"):
        models.train(learner, NoMethod(), CELL, "python", 0, folder)


def test_a_loss_of_a_test_that_is_no_number_ends_the_cell(models: ModelWorker, learner: Learner) -> None:
    for parameter in learner.begin("python", 0)["lora"].values():
        parameter.data.fill_(math.nan)
    with pytest.raises(StudyError, match="the validation loss on javascript, mined is nan"):
        models.measure(learner, CELL, "python", "javascript")


def test_peak_memory_is_in_bytes() -> None:
    assert 2**26 < peak_memory() < 2**40
