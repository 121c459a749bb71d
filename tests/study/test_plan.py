from pathlib import Path
from typing import Any, get_args

import pytest
import torch

from graftwork.continual.runner import Ahead
from graftwork.data.recipe import build_task
from graftwork.errors import InputError
from graftwork.models.load import load_base
from graftwork.results.names import Cell
from graftwork.study import plan
from graftwork.study.config import StudyConfig
from graftwork.study.estimate import Work, evaluations
from graftwork.study.estimate_probe import Probe, Rates
from graftwork.study.estimate_tests import execution_seconds
from graftwork.study.plan import StudyPlan, plan_study
from graftwork.study.run import run_study
from graftwork.study.workforce import Workforce
from tests.study.conftest import Whole
from tests.study.support import recipe, study, study_of_methods

METHODS = ("joint-lora", "replay", "ewc-separate", "o-lora", "lwf-lora")


@pytest.fixture(scope="module")
def planned(material: Path) -> StudyPlan:
    """The study of ``whole``, probed."""
    return plan_study(study(material))


# What a plan says is what a run comes to


def test_parameters_are_those_of_the_run(planned: StudyPlan, whole: Whole) -> None:
    assert planned.parameters == whole.results.parameters
    assert planned.base.parameters == whole.results.base.parameters


def test_data_are_those_of_the_run(planned: StudyPlan, whole: Whole) -> None:
    assert [(one.task, one.subset, one.train, one.validation, one.test) for one in planned.data] == [
        (one.name, one.subset, one.train, one.validation, one.test) for one in whole.results.tasks
    ]


def test_steps_are_those_of_the_run(planned: StudyPlan, whole: Whole) -> None:
    for one in planned.approaches:
        last = {point.task: point.step for point in whole.results.curves if point.approach == one.approach}
        assert one.steps == sum(last.values())


def test_tokens_and_operations_are_those_of_the_run(planned: StudyPlan, whole: Whole) -> None:
    for one in planned.approaches:
        points = [point for point in whole.results.curves if point.approach == one.approach]
        last = {point.task: point.tokens for point in points}
        costs = [cost.flops or 0.0 for cost in whole.results.costs if cost.approach == one.approach]
        assert one.tokens == sum(last.values())
        assert one.flops == sum(costs)


def test_what_methods_ask_for_besides_is_counted(material: Path, tmp_path: Path) -> None:
    config = study_of_methods(material, *METHODS)
    planned, results = plan_study(config), run_study(config, tmp_path / "run")
    for one in planned.approaches:
        costs = [cost.flops or 0.0 for cost in results.costs if cost.approach == one.approach]
        # which examples are drawn, by replay and for the Fisher, decides how long they are
        assert one.flops == pytest.approx(sum(costs), rel=0.1 if one.approach in ("replay", "ewc-separate") else 1e-9)


def test_the_data_are_counted_and_time_and_memory_are_measured(planned: StudyPlan) -> None:
    assert (planned.counted, planned.probed, planned.remark) == (True, True, "")
    assert planned.total.seconds is not None
    assert planned.total.seconds > sum(
        (one.train_seconds or 0) + (one.evaluate_seconds or 0) for one in planned.approaches
    )
    assert all(one.train_seconds and one.evaluate_seconds for one in planned.approaches)
    assert planned.total.peak_memory_bytes == max(one.peak_memory_bytes for one in planned.approaches)
    assert planned.total.peak_memory_bytes > 10**8


@pytest.mark.parametrize("threads", [1, 2])
def test_a_model_is_evaluated_again_twice_and_where_there_are_threads_on_one_of_them(
    material: Path, tmp_path: Path, threads: int
) -> None:
    config = study(material, "lora", execute="never", decoding={"max_new_tokens": 12, "batch_rows": 1})
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        tasks = {task.name: build_task(task).task for task in config.tasks}
        probe = Probe(config, load_base(config.base), tasks, tmp_path)
    finally:
        torch.set_num_threads(before)
    rates = Rates((1.0, 1.0), 0.0, 1.0, 1.0, 1.0, 0.0, 0)
    # batches of one row cannot get smaller, so the other batches take as long as those
    evaluations = probe.repeat_seconds(rates, "javascript") / probe.evaluate_seconds(rates, "javascript")
    assert evaluations == pytest.approx(2) if threads == 1 else evaluations > 2


def test_running_tests_and_evaluating_again_are_in_the_time(material: Path) -> None:
    total = plan_study(study(material, "lora", execute="where possible")).total
    without = plan_study(study(material, "lora", execute="never")).total
    assert (without.execute_seconds, total.repeat_seconds and total.repeat_seconds > 0) == (0, True)
    assert total.execute_seconds is not None
    assert total.seconds is not None
    assert total.repeat_seconds is not None
    assert total.seconds > total.execute_seconds + total.repeat_seconds > 0


def test_cells_run_at_once_share_the_time(material: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []

    def two(*arguments: Any) -> Workforce:
        return Workforce(2, 1)

    def spy(*arguments: Any) -> Probe:
        threads.append(torch.get_num_threads())
        return Probe(*arguments)

    monkeypatch.setattr(plan, "workforce", two)
    monkeypatch.setattr(plan, "Probe", spy)
    planned = plan_study(study(material, execute="never"))
    total = planned.total
    assert (total.processes, threads) == (2, [1])
    assert total.seconds is not None
    cells = sum((one.train_seconds or 0) + (one.evaluate_seconds or 0) for one in planned.approaches)
    assert cells / 2 < total.seconds
    assert total.repeat_seconds is not None
    assert plan_study(study(material, execute="never"), probe=False).total.processes is None


def test_a_training_that_is_taken_over_costs_what_the_method_adds_and_keeping(material: Path, tmp_path: Path) -> None:
    config = study(material, "sequential", "ewc-online", execute="never")
    tasks = {task.name: build_task(task).task for task in config.tasks}
    probe = Probe(config, load_base(config.base), tasks, tmp_path)
    rates, work = Rates((1.0, 1.0), 2.0, 1.0, 1.0, 1.0, 5.0, 0), Work(4, 1000, gradient_tokens=7)
    assert probe.train_seconds(rates, work, 0, "python", taken_over=True) == 2.0 * 7 + 5.0
    assert probe.train_seconds(rates, work, 0, "python") > 1000


@pytest.mark.parametrize(
    ("approach", "equal", "scored"),
    [
        ("sequential", (None, None, None), 2 + 3 + 3),
        ("sequential", ("a+b+c", None, None), 3 + 3),  # task a and, ahead, task b are known
        ("sequential", ("a+c+b", None, None), 1 + 3 + 3),  # what is ahead there is another task
        ("lora", (None, None, None), 2 + 2 + 1),
        ("lora", ("c+b+a", "c+b+a", "c+b+a"), 1 + 1),
    ],
)
def test_what_an_equal_training_came_to_is_not_scored_again(
    approach: str, equal: tuple[str | None, ...], scored: int, material: Path
) -> None:
    (of,) = study(material, approach).approaches
    cells = [None if order is None else Cell(approach, order, 1) for order in equal]
    assert evaluations(of, 3, "next", cells, "a+b+c") == scored


def test_programs_are_reckoned_by_running_some(material: Path) -> None:
    (python, *_) = [build_task(task).task for task in study(material).tasks]
    said: list[str] = []
    assert execution_seconds(python, "never", said.append) == 0
    # starting Python and judging three programs takes longer than 10 ms and, even on a busy machine, no minute
    assert 0.01 < execution_seconds(python, "where possible", said.append) < 60
    assert said == []


def test_each_approach_runs_the_tests_of_what_it_scores_and_the_base_once(material: Path) -> None:
    planned = plan_study(study(material, "lora", "sequential", execute="where possible", evaluate_ahead="all"))
    isolated, sequential = (one.execute_seconds for one in planned.approaches)
    assert isolated
    assert sequential == pytest.approx(isolated * 4 / 3)  # 4 evaluations and 3 of them new
    # the base is scored on both tasks, an isolated approach thrice on one of the two
    assert planned.total.execute_seconds == pytest.approx(isolated + sequential + isolated * 2 / 3)


def test_what_nothing_changes_is_scored_less_often(material: Path) -> None:
    isolated, shared = study(material, "hybrid", "hybrid-shared").approaches
    counts = {
        ahead: [[evaluations(approach, tasks, ahead) for tasks in (1, 2, 3)] for approach in (isolated, shared)]
        for ahead in get_args(Ahead)
    }
    assert counts == {
        "none": [[1, 2, 3], [1, 3, 6]],
        "next": [[1, 3, 5], [1, 4, 8]],
        "all": [[1, 3, 6], [1, 4, 9]],
    }


def test_seeds_and_orders_multiply_what_a_cell_comes_to(material: Path) -> None:
    one = study_of_methods(material, "replay")
    six = one.model_copy(update={"seeds": (1, 2, 3), "orders": (("python", "javascript"), ("javascript", "python"))})
    small, large = (plan_study(config, probe=False).total for config in (one, six))
    assert (small.cells, large.cells) == (1, 6)
    assert small.steps is not None
    assert large.steps == 6 * small.steps


def test_the_probe_leaves_the_base_and_the_working_folder_alone(
    material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(path.name for path in (material / "base").iterdir())
    plan_study(study(material, "sequential"))
    assert sorted(path.name for path in (material / "base").iterdir()) == before
    assert list(tmp_path.iterdir()) == []


def test_a_budget_is_in_the_plan(material: Path) -> None:
    planned = plan_study(study(material, "lora", "sequential", match_parameters=6000), probe=False)
    assert planned.parameters[-1].approach == "sequential"
    (lora,) = [one for one in planned.parameters if (one.approach, one.component) == ("lora", "all")]
    assert abs(lora.trainable / 6000 - 1) < 0.02
    assert [choice.split()[2] for choice in planned.choices] == ["lora", "sequential"]


def test_the_room_of_stored_activations_is_in_the_plan(material: Path) -> None:
    disk = []
    for room in (None, 0.5):
        data = recipe(material, "lora")
        for task in data["tasks"]:
            task["subsets"][0]["train"] = 5
        data["training"] = {**data.get("training", {}), "stored_activations": room}
        disk.append(plan_study(StudyConfig.read(data, "recipe"), probe=False).total.disk_bytes or 0)
    assert disk[1] - disk[0] == 500_000_000


# Without a probe


def test_without_a_probe_no_weight_and_no_data_are_read(material: Path) -> None:
    data = recipe(material, "lora")
    data["base"] = "Salesforce/codet5-small"
    data["tasks"][0]["subsets"][0] |= {"sources": [{"kind": "folder", "path": "not/there"}], "train": 5}
    data["tasks"][1]["subsets"][0] |= {"sources": [{"kind": "folder", "path": "not/there"}], "train": 5}
    planned = plan_study(StudyConfig.read(data, "recipe"))
    assert planned.remark == "no probe: the base Salesforce/codet5-small is not a folder on this machine"
    assert (planned.counted, planned.total.seconds, planned.approaches[0].train_seconds) == (False, None, None)
    assert planned.total.steps == 2 * 2  # 5 functions and 8 problems a task, 8 a step
    assert planned.total.tokens == 2 * 13 * (128 + 12)
    assert planned.total.peak_memory_bytes > 4 * planned.base.parameters


def test_data_that_must_be_fetched_is_not_probed(material: Path) -> None:
    data = recipe(material, "lora")
    data["tasks"][0]["subsets"][0]["sources"] = ["pypi:click"]
    planned = plan_study(StudyConfig.read(data, "recipe"))
    assert planned.remark == "no probe: the data of pypi:click is not on this machine"


def test_what_only_the_data_can_tell_stays_open(material: Path) -> None:
    planned = plan_study(study(material, "lora"), probe=False)
    assert planned.data[0].train is None
    assert (planned.total.steps, planned.total.flops, planned.total.disk_bytes) == (None, None, None)
    assert planned.remark == "no probe was asked for"


def test_a_component_without_a_place_in_the_base_is_refused(material: Path) -> None:
    broken: dict[str, Any] = {"name": "broken", "components": {"lora": {"kind": "lora", "targets": ["qq"]}}}
    with pytest.raises(InputError, match="no linear layer is called 'qq'"):
        plan_study(study(material, approaches=[broken]), probe=False)


def test_a_base_that_is_not_there_is_refused(material: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        plan_study(study(material, "lora", base="./nowhere"))
