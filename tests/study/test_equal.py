"""Trainings that are equal to one that is done: taken over, and to the bits that computing them again comes to."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, final

import pytest

from graftwork.errors import InputError
from graftwork.results.folder import RunFolder
from graftwork.results.names import Cell
from graftwork.results.records import Results
from graftwork.results.verify import verify_records
from graftwork.study.config import StudyConfig
from graftwork.study.equal import equal_trainings
from graftwork.study.parallel import Crew
from graftwork.study.run import run_study
from tests.study.conftest import Whole
from tests.study.faults import end_state, tiny_study
from tests.study.support import APPROACHES, METHODS, Watcher, study_of_methods

BOTH_ORDERS = (("python", "javascript"), ("javascript", "python"))


def equal_to(results: Results) -> dict[tuple[str, str, str], str]:
    """(approach, order, task) -> the run that its training was taken over from."""
    rows = (row for row in results.costs if row.equal_to is not None)
    return {(row.approach, row.order, row.task): str(row.equal_to).partition(",")[0] for row in rows}


def expected(config: StudyConfig) -> dict[tuple[str, str, str], str]:
    return {
        (cell.approach, cell.order, task): one.approach
        for cell, equal in equal_trainings(config).items()
        for task, one in zip(cell.tasks, equal, strict=True)
        if one is not None
    }


@pytest.fixture(scope="module")
def computed(material: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All methods, with every training computed."""
    path = tmp_path_factory.mktemp("computed") / "run"
    run_study(study_of_methods(material).model_copy(update={"take_over_equal": False}), path)
    return path


def test_what_is_taken_over_is_what_training_again_comes_to_bit_for_bit(methods: Whole, computed: Path) -> None:
    assert end_state(methods.path, *METHODS) == end_state(computed, *METHODS)


def test_steps_are_those_of_training_again(methods: Whole, computed: Path) -> None:
    for name in METHODS:
        folders = [RunFolder(path).task(Cell(name, "python+javascript", 1), 0) for path in (methods.path, computed)]
        own, other = ([(row["step"], row["loss"], row["tokens"]) for row in one.read_steps()] for one in folders)
        assert own == other


def test_first_tasks_of_methods_that_train_the_same_parts_are_equal(methods: Whole) -> None:
    order = "python+javascript"
    whole = dict.fromkeys(("individual", "replay", "ewc-online", "lwf"), "joint")
    lora = dict.fromkeys(("joint-lora", "ewc-separate", "lwf-lora"), "sequential-lora")
    assert equal_to(methods.results) == {(name, order, "python"): of for name, of in (whole | lora).items()}


def test_nothing_is_taken_over_where_that_is_not_wanted(computed: Path) -> None:
    assert equal_to(RunFolder(computed).read_results()) == {}


def test_what_a_training_cost_is_told_of_all_that_are_equal(methods: Whole) -> None:
    rows = {row.approach: row for row in methods.results.costs if (row.task, row.phase) == ("python", "train")}
    assert rows["replay"].seconds == pytest.approx(rows["joint"].seconds, rel=0.1)
    assert rows["ewc-online"].seconds > rows["joint"].seconds  # its Fisher information is its own
    assert rows["replay"].flops == rows["joint"].flops
    assert rows["replay"].peak_memory_bytes == rows["joint"].peak_memory_bytes


def test_what_is_taken_over_is_verified_with_the_rest(methods: Whole) -> None:
    assert verify_records(RunFolder.open(methods.path)).mismatches == ()


def test_an_adapter_of_its_own_is_trained_once_for_all_orders(material: Path, tmp_path: Path) -> None:
    config = tiny_study(material, "lora", "hybrid-shared", "individual", orders=BOTH_ORDERS)
    results = run_study(config, tmp_path / "run")
    tasks = [("lora", "python"), ("lora", "javascript"), ("individual", "python"), ("individual", "javascript")]
    assert equal_to(results) == {(name, "javascript+python", task): name for name, task in tasks}
    run_study(config.model_copy(update={"take_over_equal": False}), tmp_path / "computed")
    names = ("lora", "hybrid-shared", "individual")
    assert end_state(tmp_path / "run", *names) == end_state(tmp_path / "computed", *names)


@pytest.mark.parametrize(
    "changes", [{"rank": 3}, {"alpha": 9.0}, {"training": {"learning_rate": 0.02}}, {"training": {"epochs": 1}}]
)
def test_other_settings_are_other_trainings(changes: dict[str, Any], material: Path, tmp_path: Path) -> None:
    training = changes.pop("training", {})
    approach = {"kind": "lora", "rank": 2, **changes}
    config = tiny_study(material, "lora", "sequential-lora")
    other = config.approaches[1].model_dump(mode="json") | {"components": {"lora": approach}, "training": training}
    config = StudyConfig.read({**config.model_dump(mode="json"), "approaches": [config.approaches[0], other]}, "recipe")
    assert equal_to(run_study(config, tmp_path / "run")) == expected(config) == {}


@pytest.mark.parametrize(
    ("approaches", "orders"),
    [((*APPROACHES, "sequential-lora", "replay", "o-lora"), ()), (("lora", "hybrid-shared", "replay"), BOTH_ORDERS)],
)
def test_the_recipe_tells_what_will_be_taken_over(
    approaches: tuple[str, ...], orders: Any, material: Path, tmp_path: Path
) -> None:
    config = tiny_study(material, *approaches, orders=orders)
    assert equal_to(run_study(config, tmp_path / "run")) == expected(config) != {}


def test_a_study_that_gains_an_approach_takes_over_what_it_did(material: Path, tmp_path: Path) -> None:
    run_study(tiny_study(material, "sequential"), tmp_path / "run")
    watcher = Watcher()
    results = run_study(tiny_study(material, "sequential", "replay"), tmp_path / "run", watcher)
    assert equal_to(results) == {("replay", "python+javascript", "python"): "sequential"}
    assert "replay, seed 1: train python, which was trained alike for sequential" in watcher.pieces


def test_a_damaged_training_is_not_taken_over(material: Path, tmp_path: Path) -> None:
    config = tiny_study(material, "sequential", "replay")

    def damage(cell: Cell, task: str) -> None:
        if (cell.approach, task) == ("sequential", "javascript"):
            first = RunFolder(tmp_path / "run").task(cell, 0)
            (first.adapter / "model.safetensors").write_bytes(b"damaged")

    with pytest.raises(InputError, match="model.safetensors: is damaged"):
        run_study(config, tmp_path / "run", Watcher(damage))


def test_several_processes_take_over_from_each_other(material: Path, tmp_path: Path) -> None:
    names = ("sequential", "lora", "replay", "sequential-lora")
    results = run_study(tiny_study(material, *names), tmp_path / "run", workers=2)
    pairs = {("replay", "sequential"), ("sequential-lora", "lora")}
    # the second of a pair may be done first, or be begun before the other is done
    taken_over = {(approach, of) for (approach, _, _), of in equal_to(results).items()}
    assert taken_over <= pairs | {(of, approach) for approach, of in pairs}
    learned = {row.approach: row.fingerprint for row in results.scores if row.after == row.task == "python"}
    assert all(learned[approach] == learned[of] for approach, of in pairs)


@final
class AnyStudy:
    """Cells begin alike if their approaches begin with the same letter."""

    def alike(self, cell: Cell, other: Cell) -> bool:
        return cell.approach[0] == other.approach[0]


@pytest.mark.parametrize(("at_hand", "handed_out"), [(None, "a1"), ("a0", "b1"), ("b0", "a1"), ("c0", "a1")])
def test_what_begins_otherwise_than_what_is_at_hand_is_handed_out_first(at_hand: str | None, handed_out: str) -> None:
    crew = Crew(0, lambda: None, 0, Watcher())  # type: ignore[arg-type, return-value]  # no process is started
    crew._cells.extend(Cell(name, "python", 1) for name in ("a1", "a2", "b1"))
    worker = SimpleNamespace(cell=None if at_hand is None else Cell(at_hand, "python", 1))
    crew._workers.append(worker)  # type: ignore[arg-type]
    assert crew._next(AnyStudy()).approach == handed_out  # type: ignore[arg-type]
