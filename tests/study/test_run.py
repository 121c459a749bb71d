import json
import os
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import yaml

from graftwork.components import Grafts
from graftwork.continual.learners.full import WEIGHTS, FullFineTuning
from graftwork.continual.learners.pinned import PinnedAdapters
from graftwork.data.manifest import MANIFEST_FILE, Manifest, content_hash
from graftwork.errors import InputError, IsolationError, StudyError
from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.load import Base, load_base
from graftwork.report import build_report
from graftwork.results.folder import RunFolder
from graftwork.results.names import Cell
from graftwork.results.records import Cost, Results
from graftwork.study.config import StudyConfig
from graftwork.study.run import run_study
from tests.study.conftest import Whole
from tests.study.support import (
    APPROACHES,
    CHANGING,
    CODE,
    ISOLATED,
    METHODS,
    PINNED,
    Watcher,
    files_of_adapters,
    outcome,
    predictions,
    study,
    study_of_methods,
)

TASKS = tuple(CODE)
SUBSETS = ("mined", "generated")


@pytest.fixture
def copied(whole: Whole, tmp_path: Path) -> Path:
    """A copy of the finished folder, to be spoilt; without checksums, which would notice it before others do."""
    copy = Path(shutil.copytree(whole.path, tmp_path / "copy"))
    for path in copy.rglob("checksums.json"):
        path.unlink()
    return copy


def interrupt(cell: Cell, task: str) -> None:
    raise KeyboardInterrupt


def task_folder(run: Path, approach: str, index: int) -> Path:
    return RunFolder(run).task(Cell(approach, "+".join(TASKS), 1), index).path


def every_file(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def outputs_of_functions(run: Path) -> set[tuple[str, ...]]:
    """Everything that was generated, by the function that did; equal functions of several approaches did it once."""
    rows = RunFolder(run).read_predictions()
    assert rows
    return {(row.fingerprint, row.task, row.subset, row.id, row.prediction) for row in rows}


def alter(adapter: Path, base: Path) -> None:
    """Change weights in such a way that their file is whole, and so is what stands beside it."""
    if (adapter / WEIGHTS).is_file():
        weights = safetensors.torch.load_file(adapter / WEIGHTS)
        next(iter(weights.values())).add_(1.0)
        safetensors.torch.save_file(weights, adapter / WEIGHTS)
        return
    grafts = Grafts(load_base(str(base)))
    name = grafts.load(adapter)
    grafts.parameters_of(name)[0].data.add_(1.0)
    grafts.save(name, adapter)


# The score matrix


def test_every_cell_has_a_complete_score_matrix(whole: Whole) -> None:
    found = Counter(
        (row.approach, row.after, row.task, row.subset) for row in whole.results.scores if row.metric == "exact_match"
    )
    moments = (None, *TASKS)
    expected = {
        (a, after, task, s) for a in (*APPROACHES, PINNED) for after in moments for task in TASKS for s in SUBSETS
    }
    assert found == dict.fromkeys(expected, 1)


def test_row_0_is_the_base_for_every_approach(whole: Whole) -> None:
    rows = [row for row in whole.results.scores if row.after is None]
    assert {row.fingerprint for row in rows} == {whole.base.fingerprint}
    values = {(row.task, row.subset, row.metric): row.value for row in rows}
    assert all(values[row.task, row.subset, row.metric] == row.value for row in rows)


def test_training_changes_the_scores_of_every_approach(whole: Whole) -> None:
    losses = {
        (row.approach, row.after): row.value
        for row in whole.results.scores
        if (row.task, row.subset, row.metric) == ("python", "generated", "loss")
    }
    for name in APPROACHES:
        assert losses[name, "python"] < losses[name, None]


def test_the_base_is_the_same_after_the_study_bit_for_bit(whole: Whole) -> None:
    assert model_fingerprint(whole.base.model) == whole.base.fingerprint
    assert all(parameter.requires_grad and parameter.grad is None for parameter in whole.base.model.parameters())
    assert not any(module._forward_hooks for module in whole.base.model.modules())


# The isolation contract


@pytest.mark.parametrize("approach", ISOLATED)
def test_isolated_adapters_stay_the_same_function(whole: Whole, approach: str) -> None:
    rows = [row for row in whole.results.isolation if row.approach == approach]
    assert [row.task for row in rows] == list(TASKS)
    for row in rows:
        assert row.isolated
        assert row.outputs_identical
        assert row.fingerprint_at_end == row.fingerprint_after_training


@pytest.mark.parametrize("approach", ISOLATED)
def test_isolated_adapters_forget_exactly_nothing(whole: Whole, approach: str) -> None:
    rows = [row for row in whole.results.summary if (row.approach, row.statistic) == (approach, "forgetting")]
    assert {row.subset for row in rows} == set(SUBSETS)
    assert {"loss", "exact_match", "chrf"} <= {row.metric for row in rows}
    assert {row.mean for row in rows} == {0.0}


@pytest.mark.parametrize("approach", CHANGING)
def test_what_goes_on_being_trained_changes(whole: Whole, approach: str) -> None:
    first, last = [row for row in whole.results.isolation if row.approach == approach]
    assert not first.isolated
    assert not first.outputs_identical
    assert first.fingerprint_at_end != first.fingerprint_after_training
    assert last.outputs_identical


def test_a_model_a_task_stays_the_same_function(methods: Whole) -> None:
    rows = [row for row in methods.results.isolation if row.approach == "individual"]
    assert [row.task for row in rows] == list(TASKS)
    assert all(row.isolated and row.outputs_identical for row in rows)
    forgotten = [
        row for row in methods.results.summary if (row.approach, row.statistic) == ("individual", "forgetting")
    ]
    assert {row.mean for row in forgotten} == {0.0}


def test_no_other_method_is_taken_for_isolated(methods: Whole) -> None:
    rows = [row for row in methods.results.isolation if row.approach != "individual"]
    assert {row.approach for row in rows} == METHODS.keys() - {"individual"}
    assert not any(row.isolated for row in rows)


# Shared components, by version


def forgetting(results: Results, approach: str) -> dict[tuple[str, str], float]:
    rows = [row for row in results.summary if (row.approach, row.statistic) == (approach, "forgetting")]
    return {(row.subset, row.metric): row.mean for row in rows}


def test_pinned_versions_are_an_approach_of_their_own(whole: Whole) -> None:
    names = [approach.name for approach in whole.results.study.approaches]
    assert names == ["lora", "extra-layer", "hybrid", "hybrid-shared", PINNED, "sequential"]
    for part in ("cells", "parameters", "scores", "summary", "isolation", "costs"):
        assert PINNED in {row.approach for row in getattr(whole.results, part)}


def test_pinned_versions_are_described_and_not_compared(whole: Whole) -> None:
    assert PINNED not in {name for row in whole.results.comparisons for name in (row.a, row.b)}


def test_pinned_versions_are_never_trained(whole: Whole) -> None:
    assert PINNED not in {point.approach for point in whole.results.curves}
    assert not [piece for piece in whole.watcher.pieces if "pinned" in piece]
    assert not (whole.path / "runs" / PINNED).exists()


def test_isolation_is_the_forgetting_of_pinned_versions_and_interference_that_of_the_latest(whole: Whole) -> None:
    pinned, latest = forgetting(whole.results, PINNED), forgetting(whole.results, "hybrid-shared")
    assert pinned.keys() == latest.keys()
    assert set(pinned.values()) == {0.0}
    assert latest["generated", "loss"] != 0


def test_pinned_versions_are_proven_to_be_what_was_trained(whole: Whole) -> None:
    rows = {row.task: row for row in whole.results.isolation if row.approach == PINNED}
    latest = {row.task: row for row in whole.results.isolation if row.approach == "hybrid-shared"}
    assert list(rows) == list(TASKS)
    for task, row in rows.items():
        assert row.isolated
        assert row.outputs_identical
        assert row.fingerprint_after_training == row.fingerprint_at_end == latest[task].fingerprint_after_training
    assert rows["python"].fingerprint_at_end != latest["python"].fingerprint_at_end


def test_before_a_task_has_a_version_the_latest_serves_it(whole: Whole) -> None:
    def first_row(approach: str) -> dict[tuple[str, str, str], float | None]:
        rows = [row for row in whole.results.scores if (row.approach, row.after) == (approach, "python")]
        return {(row.task, row.subset, row.metric): row.value for row in rows}

    assert first_row(PINNED) == first_row("hybrid-shared")


def test_a_version_that_is_not_what_was_trained_is_seen(
    material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = PinnedAdapters.__init__

    def read_badly(self: PinnedAdapters, base: Base, folders: dict[str, Path]) -> None:
        read(self, base, folders)
        self._grafts.parameters_of("python")[0].data.add_(0.5)

    monkeypatch.setattr(PinnedAdapters, "__init__", read_badly)
    results = run_study(study(material, "hybrid-shared"), tmp_path / "run")
    python, javascript = [row for row in results.isolation if row.approach == PINNED]
    assert not python.outputs_identical
    assert python.fingerprint_after_training != python.fingerprint_at_end
    assert javascript.outputs_identical
    assert {row.fingerprint for row in RunFolder(tmp_path / "run").read_predictions() if row.approach == PINNED} == {
        python.fingerprint_at_end
    }


def test_the_recheck_reads_the_pinned_versions_again(material: Path, copied: Path) -> None:
    marker = task_folder(copied, "hybrid-shared", 1) / "done"
    record = json.loads(marker.read_text())
    record["pinned"]["measured"][0]["scores"]["mined"]["loss"] += 1
    marker.write_text(json.dumps(record))
    with pytest.raises(IsolationError, match=f"{PINNED}, .*: python had loss .* on mined and now has"):
        run_study(study(material, "hybrid-shared"), copied, recheck=True)


def test_a_report_shows_the_pinned_versions(copied: Path) -> None:
    build_report(copied)
    assert PINNED in (copied / "report.html").read_text()
    assert PINNED in (copied / "report.md").read_text()


def test_the_number_of_probes_is_recorded(whole: Whole) -> None:
    assert {row.probes for row in whole.results.isolation} == {2 * len(SUBSETS)}


def test_a_base_that_is_not_put_back_stops_the_study(
    material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FullFineTuning, "close", lambda self: None)
    watcher = Watcher()
    with pytest.raises(IsolationError, match="the base is not what it was"):
        run_study(study(material, "sequential", "lora"), tmp_path / "run", watcher)
    assert {cell.approach for cell, _ in watcher.tasks} == {"sequential"}


def test_equal_functions_are_evaluated_once(whole: Whole) -> None:
    evaluated = Counter(piece for piece in whole.watcher.pieces if ": evaluate" in piece)
    assert evaluated.pop("base: evaluate python") == evaluated.pop("base: evaluate javascript") == 1
    for name in APPROACHES:
        # After Python both tasks are evaluated, and after JavaScript those whose function is another one then.
        assert evaluated[f"{name}, seed 1: evaluate python"] == (1 if name in ISOLATED else 2)
        assert evaluated[f"{name}, seed 1: evaluate javascript"] == 2


def test_equal_adapters_of_two_approaches_are_evaluated_once(material: Path, tmp_path: Path) -> None:
    twins = [{"name": name, **APPROACHES["lora"]} for name in ("one", "two")]
    watcher = Watcher()
    results = run_study(study(material, approaches=twins), tmp_path / "run", watcher)
    assert not [piece for piece in watcher.pieces if piece.startswith("two, seed 1: evaluate")]
    one, two = ([row.value for row in results.scores if row.approach == name] for name in ("one", "two"))
    assert one == two


# Records


def test_the_records_on_disk_are_those_returned(whole: Whole) -> None:
    assert RunFolder(whole.path).read_results() == whole.results


def test_the_records_are_valid(whole: Whole) -> None:
    data = json.loads((whole.path / "results.json").read_text())
    assert Results.read(data, "results.json") == whole.results


def test_a_finished_study_says_so(whole: Whole) -> None:
    assert whole.results.study.finished is not None
    assert {row.state for row in whole.results.cells} == {"done"}


def test_going_on_by_other_means_is_said(copied: Path, material: Path) -> None:
    folder = RunFolder(copied)
    environment = json.loads(folder.environment.read_text())
    folder.environment.write_text(json.dumps({**environment, "python": "2.7.18"}))
    watcher = Watcher()
    run_study(study(material), copied, watcher)
    (line,) = [line for line in watcher.said if "other means" in line]
    assert f"Python 2.7.18, now {environment['python']}" in line


def test_the_recipe_on_disk_repeats_the_study(whole: Whole, material: Path) -> None:
    assert StudyConfig.read(yaml.safe_load((whole.path / "recipe.yaml").read_text()), "recipe") == study(material)
    assert whole.results.recipe == (whole.path / "recipe.yaml").read_text()


def test_every_training_step_is_on_disk(whole: Whole) -> None:
    folder = RunFolder(whole.path).task(Cell("lora", "+".join(TASKS), 1), 0)
    steps = folder.read_steps()
    assert [step["step"] for step in steps] == list(range(1, steps[0]["steps"] + 1))


def test_learning_curves_begin_and_end_with_validation_losses(whole: Whole) -> None:
    for name in APPROACHES:
        curve = [point for point in whole.results.curves if (point.approach, point.task) == (name, "javascript")]
        assert curve[0].step == 0
        for point in (curve[0], curve[-1]):
            assert [loss.subset for loss in point.validation] == list(SUBSETS)


def test_costs_tell_training_and_storage(whole: Whole) -> None:
    rows = {(row.approach, row.task): row for row in whole.results.costs if row.phase == "train"}
    assert all(row.tokens_per_second and row.flops for row in rows.values())
    stored = sum(path.stat().st_size for path in (task_folder(whole.path, "lora", 1) / "adapter").iterdir())
    assert rows["lora", "javascript"].stored_bytes == stored
    # One model serves both tasks.
    assert rows["sequential", "javascript"].stored_bytes == 0


def test_pinned_versions_cost_the_training_they_come_from_and_their_own_storage(whole: Whole) -> None:
    rows = {(row.approach, row.task): row for row in whole.results.costs if row.phase == "train"}
    pinned, latest = (rows[name, "javascript"] for name in (PINNED, "hybrid-shared"))
    assert (pinned.seconds, pinned.flops) == (latest.seconds, latest.flops)
    folder = task_folder(whole.path, "hybrid-shared", 1) / "adapter"
    assert pinned.stored_bytes == sum(path.stat().st_size for path in folder.iterdir())
    sizes = {row.component: row.trainable for row in whole.results.parameters if row.approach == PINNED}
    assert latest.stored_bytes == pinned.stored_bytes - 4 * sizes["extra-layer"]


# All methods


def train_costs(results: Results) -> dict[tuple[str, str], Cost]:
    return {(row.approach, row.task): row for row in results.costs if row.phase == "train"}


def test_every_method_runs_without_a_failed_cell(methods: Whole) -> None:
    assert {row.approach: row.state for row in methods.results.cells} == dict.fromkeys(METHODS, "done")
    assert methods.results.study.finished is not None


def test_every_method_has_a_complete_score_matrix(methods: Whole) -> None:
    found = {(row.approach, row.after, row.task) for row in methods.results.scores}
    assert found == {(name, after, task) for name in METHODS for after in (None, *TASKS) for task in TASKS}


def test_the_base_is_the_same_after_all_methods(methods: Whole) -> None:
    assert model_fingerprint(methods.base.model) == methods.base.fingerprint


def test_on_the_first_task_methods_on_the_whole_base_are_all_the_same(methods: Whole) -> None:
    names = [name for name, settings in METHODS.items() if "components" not in settings]
    rows = [row for row in methods.results.scores if row.approach in names]
    assert len({row.fingerprint for row in rows if row.after == "python"}) == 1


def test_on_the_second_task_every_method_is_another_function(methods: Whole) -> None:
    rows = [row for row in methods.results.scores if (row.after, row.task) == ("javascript", "javascript")]
    assert len({row.fingerprint for row in rows}) == len(METHODS)


def test_more_examples_are_trained_on_where_a_method_says_so(methods: Whole) -> None:
    folder = RunFolder(methods.path)
    cells = {name: Cell(name, "+".join(TASKS), 1) for name in METHODS}
    steps = {name: folder.task(cell, 1).read_steps()[-1]["steps"] for name, cell in cells.items()}
    # 16 new examples, and 16 earlier ones or half as many, 8 a step.
    assert steps == {**dict.fromkeys(METHODS, 2), "joint": 4, "joint-lora": 4, "replay": 3}


def test_one_function_for_all_tasks_is_kept_once_and_a_model_a_task_each(methods: Whole) -> None:
    stored = {key: row.stored_bytes for key, row in train_costs(methods.results).items()}
    for name in METHODS.keys() - {"individual", "o-lora"}:
        assert stored[name, "javascript"] == 0
    assert stored["individual", "javascript"] == stored["individual", "python"] == stored["joint", "python"]
    sizes = {row.approach: row.trainable for row in methods.results.parameters if row.component == "all"}
    assert 4 * sizes["o-lora"] < (stored["o-lora", "javascript"] or 0) <= (stored["o-lora", "python"] or 0)


def test_what_a_method_asks_of_the_model_is_counted(methods: Whole) -> None:
    flops = {name: row.flops or 0 for (name, task), row in train_costs(methods.results).items() if task == TASKS[1]}
    plain = flops["individual"]
    assert flops["lwf"] == plain * 8 / 6  # one more pass forward of every token: 2 operations on top of 6
    assert plain < flops["ewc-online"] < plain * 1.5


def test_a_method_keeps_its_state_beside_what_serves(methods: Whole) -> None:
    def kept(approach: str) -> list[str]:
        folder = RunFolder(methods.path).task(Cell(approach, "+".join(TASKS), 1), 1).method
        return [path.name for path in folder.glob("*")]

    assert kept("replay") == ["buffer.json"]
    assert kept("ewc-online") == ["ewc.safetensors"]
    assert kept("o-lora") == ["subspace.safetensors"]
    assert kept("joint") == kept("lwf") == kept("individual") == []


# The same recipe, the same outcome


def test_the_same_recipe_gives_the_same_outcome_bit_for_bit(whole: Whole, material: Path, tmp_path: Path) -> None:
    again = run_study(study(material), tmp_path / "again")
    assert outcome(again) == outcome(whole.results)
    assert files_of_adapters(tmp_path / "again") == files_of_adapters(whole.path)
    assert predictions(tmp_path / "again") == predictions(whole.path)


def test_another_seed_gives_another_outcome(whole: Whole, material: Path, tmp_path: Path) -> None:
    other = run_study(study(material, "lora", seeds=[2]), tmp_path / "other")
    fingerprints = {row.fingerprint_at_end for row in whole.results.isolation}
    assert fingerprints.isdisjoint(row.fingerprint_at_end for row in other.isolation)


# Going on


@pytest.mark.parametrize("approach", [*APPROACHES, *METHODS])
def test_an_interrupted_study_goes_on_and_ends_the_same(
    whole: Whole, methods: Whole, material: Path, tmp_path: Path, approach: str
) -> None:
    whole, make = (methods, study_of_methods) if approach in METHODS else (whole, study)
    config, run = make(material, approach), tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        run_study(config, run, Watcher(interrupt))
    assert {row.state for row in RunFolder(run).read_results().cells} == {"unfinished"}
    results = run_study(config, run)
    assert outcome(results, approach) == outcome(whole.results, approach)
    assert files_of_adapters(run, approach) == files_of_adapters(whole.path, approach)
    assert outputs_of_functions(run) <= outputs_of_functions(whole.path)


def test_what_is_done_is_not_done_again(material: Path, tmp_path: Path) -> None:
    config, run = study(material, "lora"), tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        run_study(config, run, Watcher(interrupt))
    before = {path: path.stat().st_mtime_ns for path in task_folder(run, "lora", 0).rglob("*")}
    watcher = Watcher()
    run_study(config, run, watcher)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert [task for _, task in watcher.tasks] == list(TASKS)
    pieces = [piece for piece in watcher.pieces if "prepare" not in piece and "again" not in piece]
    assert pieces == ["lora, seed 1: train javascript", "lora, seed 1: evaluate javascript"]


@pytest.mark.parametrize("approach", ["lora", "sequential"])
def test_a_half_written_task_is_done_again(whole: Whole, material: Path, copied: Path, approach: str) -> None:
    folder = task_folder(copied, approach, 1)
    (folder / "done").unlink()
    shutil.rmtree(folder / "adapter")
    (folder / "adapter").mkdir()
    (folder / "adapter" / "left over").touch()
    results = run_study(study(material), copied)
    assert outcome(results) == outcome(whole.results)
    assert files_of_adapters(copied) == files_of_adapters(whole.path)


def test_an_error_of_a_watcher_leaves_what_is_done(whole: Whole, material: Path, tmp_path: Path) -> None:
    def fail(cell: Cell, task: str) -> None:
        raise RuntimeError("the watcher is broken")

    config, run = study(material, "extra-layer"), tmp_path / "run"
    with pytest.raises(RuntimeError, match="the watcher is broken"):
        run_study(config, run, Watcher(fail))
    assert outcome(run_study(config, run), "extra-layer") == outcome(whole.results, "extra-layer")


def test_a_finished_study_does_nothing_more(whole: Whole, material: Path, copied: Path) -> None:
    watcher = Watcher()
    results = run_study(study(material), copied, watcher)
    assert not [piece for piece in watcher.pieces if "prepare" not in piece]
    assert outcome(results) == outcome(whole.results)
    assert results.study == whole.results.study


def test_times_of_all_runs_are_added_up(whole: Whole, material: Path, copied: Path) -> None:
    before = {row.phase: row.seconds for row in whole.results.timings}
    after = {row.phase: row.seconds for row in run_study(study(material), copied).timings}
    assert after["train"] == before["train"]
    assert after["load the base"] > before["load the base"]


def test_an_interrupted_run_keeps_the_records_of_what_was_done(whole: Whole, material: Path, copied: Path) -> None:
    (task_folder(copied, "lora", 1) / "done").unlink()
    with pytest.raises(KeyboardInterrupt):
        run_study(study(material), copied, Watcher(interrupt))
    assert {row.approach for row in RunFolder(copied).read_results().scores} == {*APPROACHES, PINNED}


def test_a_recipe_may_gain_seeds(whole: Whole, material: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run_study(study(material, "lora"), run)
    watcher = Watcher()
    results = run_study(study(material, "lora", seeds=[1, 2]), run, watcher)
    assert not [piece for piece in watcher.pieces if "seed 1" in piece]
    assert [row.seed for row in results.cells] == [1, 2]
    assert (run / "recipe.yaml").read_text() == results.recipe


def test_a_study_that_gains_seeds_is_not_finished(material: Path, tmp_path: Path) -> None:
    def interrupt_seed_2(cell: Cell, task: str) -> None:
        if cell.seed == 2:
            raise KeyboardInterrupt

    run = tmp_path / "run"
    run_study(study(material, "lora"), run)
    with pytest.raises(KeyboardInterrupt):
        run_study(study(material, "lora", seeds=[1, 2]), run, Watcher(interrupt_seed_2))
    assert RunFolder(run).read_results().study.finished is None


def test_another_process_on_the_folder_is_refused(material: Path, tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run").lock(), pytest.raises(InputError, match="another process is working"):
        run_study(study(material, "lora"), tmp_path / "run")


CHANGES: dict[str, dict[str, Any]] = {
    "training": {"training": {"epochs": 2, "batch_rows": 8}},
    "prompt": {"prompt": "{description}"},
    "decoding": {"decoding": {"max_new_tokens": 11}},
    "source tokens": {"max_source_tokens": 64},
    "probes": {"probes": 1},
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_recipe_is_refused_and_nothing_is_written(
    whole: Whole, material: Path, copied: Path, change: str
) -> None:
    before = every_file(copied)
    with pytest.raises(InputError, match="run with other settings"):
        run_study(study(material, **CHANGES[change]), copied)
    assert every_file(copied) == before


def test_changed_data_are_refused(material: Path, copied: Path) -> None:
    data = study(material).model_dump(mode="json")
    data["tasks"][1]["subsets"][1]["test"] = 2
    with pytest.raises(InputError, match="other data"):
        run_study(StudyConfig.read(data, "recipe"), copied)


def test_another_study_in_the_folder_is_refused(material: Path, copied: Path) -> None:
    other = [{"name": "other", **APPROACHES["lora"]}]
    with pytest.raises(InputError, match="its base was measured with other settings"):
        run_study(study(material, approaches=other, prompt="{description}"), copied)


def test_rows_at_once_may_change(material: Path, copied: Path) -> None:
    watcher = Watcher()
    run_study(study(material, decoding={"max_new_tokens": 12, "batch_rows": 2}), copied, watcher)
    assert not [piece for piece in watcher.pieces if "prepare" not in piece]


@pytest.mark.parametrize("approach", ["hybrid", "hybrid-shared", "sequential"])
def test_going_on_from_altered_weights_is_refused(material: Path, copied: Path, approach: str) -> None:
    alter(task_folder(copied, approach, 0) / "adapter", material / "base")
    (task_folder(copied, approach, 1) / "done").unlink()
    with pytest.raises(InputError, match="the weights are not those that were saved") as caught:
        run_study(study(material), copied)
    assert str(task_folder(copied, approach, 0)) in str(caught.value)


# Rechecking


def test_an_untouched_study_passes_the_recheck(whole: Whole, material: Path, copied: Path) -> None:
    watcher = Watcher()
    results = run_study(study(material), copied, watcher, recheck=True)
    assert watcher.said[-1] == "rechecked: every evaluation came out the same"
    assert Counter(piece for piece in watcher.pieces if "recheck" in piece) == dict.fromkeys(
        (f"recheck {task}" for task in TASKS), len(APPROACHES) + 1
    )
    assert outcome(results) == outcome(whole.results)


@pytest.mark.parametrize("approach", ["lora", "hybrid", "hybrid-shared", "sequential"])
def test_the_recheck_finds_altered_weights(material: Path, copied: Path, approach: str) -> None:
    alter(task_folder(copied, approach, 1) / "adapter", material / "base")
    with pytest.raises(IsolationError, match=f"{approach}, .* had the fingerprint"):
        run_study(study(material, approach), copied, recheck=True)


@pytest.mark.parametrize("approach", ["lora", "sequential"])
def test_the_recheck_refuses_a_broken_file(material: Path, copied: Path, approach: str) -> None:
    path = next((task_folder(copied, approach, 1) / "adapter").glob("*.safetensors"))
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(InputError):
        run_study(study(material, approach), copied, recheck=True)


def test_the_recheck_finds_scores_that_come_out_otherwise(material: Path, copied: Path) -> None:
    marker = task_folder(copied, "lora", 1) / "done"
    record = json.loads(marker.read_text())
    record["measured"][0]["scores"]["mined"]["loss"] += 1
    marker.write_text(json.dumps(record))
    with pytest.raises(IsolationError, match="had loss .* on mined and now has"):
        run_study(study(material, "lora"), copied, recheck=True)


# Failing


def failing(material: Path, **training: Any) -> StudyConfig:
    approaches = [
        {"name": "wild", **APPROACHES["lora"], "training": {"learning_rate": 1e30, **training}},
        {"name": "tame", **APPROACHES["lora"]},
    ]
    return study(material, approaches=approaches)


@pytest.mark.parametrize("batch_rows", [2, 64], ids=["while training", "after the last step"])
def test_a_cell_that_fails_is_recorded_and_the_others_are_kept(material: Path, tmp_path: Path, batch_rows: int) -> None:
    with pytest.raises(StudyError, match=r"1 cell\(s\) failed; wild, .* nan.*; everything else is kept"):
        run_study(failing(material, batch_rows=batch_rows), tmp_path / "run")
    results = RunFolder(tmp_path / "run").read_results()
    assert {row.approach: row.state for row in results.cells} == {"wild": "failed", "tame": "done"}
    assert {row.approach for row in results.scores} == {"tame"}
    assert results.study.finished is None


def test_a_failed_cell_is_tried_again(material: Path, tmp_path: Path) -> None:
    config, watcher = failing(material), Watcher()
    for observer in (Watcher(), watcher):
        with pytest.raises(StudyError):
            run_study(config, tmp_path / "run", observer)
    assert [piece for piece in watcher.pieces if "train" in piece] == ["wild, seed 1: train python"]
    assert any("failed: wild" in line for line in watcher.said)


# The base was not pretrained on what is tested


@pytest.fixture
def seen(material: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Makes a base that was pretrained on a text."""

    def make(text: str) -> Path:
        folder = Path(shutil.copytree(material / "base", tmp_path / "base"))
        Manifest.of([content_hash(text)]).write(folder / MANIFEST_FILE)
        return folder

    return make


def a_test_target(whole: Whole) -> str:
    return next(row.reference for row in predictions(whole.path) if row.subset == "mined")


def test_a_base_that_has_seen_a_test_example_is_refused(
    whole: Whole, material: Path, tmp_path: Path, seen: Callable[[str], Path]
) -> None:
    base = seen(a_test_target(whole))
    with pytest.raises(InputError, match="1 validation or test examples were in its pretraining"):
        run_study(study(material, "lora", base=str(base)), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_base_in_the_home_folder_is_checked_too(
    whole: Whole, material: Path, tmp_path: Path, seen: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen(a_test_target(whole))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(InputError, match="were in its pretraining"):
        run_study(study(material, "lora", base=f"~{os.sep}base"), tmp_path / "run")


def test_a_base_that_has_seen_other_things_is_used(material: Path, tmp_path: Path, seen: Callable[[str], Path]) -> None:
    watcher = Watcher(interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_study(study(material, "lora", base=str(seen("something else"))), tmp_path / "run", watcher)
    assert any("checked by hash" in line for line in watcher.said)


# Bad input


def test_a_component_without_a_place_is_refused_before_anything_is_written(material: Path, tmp_path: Path) -> None:
    misplaced = [{"name": "misplaced", "components": {"layer": {"kind": "extra-layer", "position": 9}}}]
    with pytest.raises(InputError):
        run_study(study(material, approaches=misplaced), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_components_that_cannot_be_shared_are_refused_before_anything_is_written(
    material: Path, tmp_path: Path
) -> None:
    components = {"lora": {"kind": "lora", "into_extra_layers": True}, "layer": {"kind": "extra-layer"}}
    wrong = [{"name": "wrong", "components": components, "shared": ["lora"]}]
    with pytest.raises(InputError, match="a shared component cannot go into a layer that is not shared"):
        run_study(study(material, approaches=wrong), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_folder_of_other_things_is_refused(material: Path, tmp_path: Path) -> None:
    (tmp_path / "letters").touch()
    with pytest.raises(InputError, match="is not empty and is no run folder"):
        run_study(study(material, "lora"), tmp_path)


def test_the_noise_floors_of_comparisons_come_from_the_items_generated(whole: Whole) -> None:
    judged = [row for row in whole.results.comparisons if row.family is not None and row.metric != "loss"]
    assert judged
    assert all(row.noise_floor is not None for row in judged)
