"""The recipes that the package carries: what they name, and that they run."""

from pathlib import Path

import pytest

from graftwork.data.recipe import MinedSubset
from graftwork.models.load import load_config
from graftwork.study.budget import TOLERANCE
from graftwork.study.config import RECIPES, StudyConfig, embedded_recipes, read_recipe
from graftwork.study.plan import plan_study
from graftwork.study.run import run_study
from tests.study.support import CODE

ORIGINALS = ("original-lora-vs-layer", "original-hybrid", "original-widening")
PLANNED = (*ORIGINALS, "equal-budget")
"""Those that other tests plan."""
KINDS = {"lora", "extra-layer", "ffn-expansion", "head-expansion", "embedding-expansion", "linear-expansion"}
METHODS = {"isolated", "sequential", "joint", "individual", "replay", "ewc", "o-lora", "lwf"}


def test_the_recipes_are_there() -> None:
    named = {*ORIGINALS, "default", "smoke", "study", "equal-budget", "ablation-rank", "ablation-layer-position"}
    assert named | {"decoder-only"} <= set(embedded_recipes())


@pytest.mark.parametrize("name", embedded_recipes())
def test_a_comment_on_top_says_what_question_a_recipe_answers(name: str) -> None:
    comment = [line for line in (RECIPES / f"{name}.yaml").read_text().splitlines() if line.startswith("#")]
    assert "?" in " ".join(comment)
    assert read_recipe(name).question.endswith("?")


@pytest.mark.parametrize("name", [name for name in embedded_recipes() if name not in PLANNED])
def test_every_recipe_is_planned_from_configurations_alone(name: str) -> None:
    planned = plan_study(read_recipe(name), probe=False)
    assert planned.total.steps
    assert planned.total.flops
    assert planned.total.disk_bytes


@pytest.mark.parametrize("name", ORIGINALS)
def test_the_old_protocol_is_labelled_as_copying(name: str) -> None:
    config = read_recipe(name)
    assert "THE OLD PROTOCOL, WHICH IS COPYING" in (RECIPES / f"{name}.yaml").read_text()
    assert "copying" in config.question
    assert config.prompt == "{description}"
    subsets = [subset for task in config.tasks for subset in task.subsets]
    assert all(isinstance(subset, MinedSubset) and subset.pairs == "copying" for subset in subsets)


def test_the_study_has_every_kind_of_component_and_every_method() -> None:
    approaches = read_recipe("study").approaches
    assert len(approaches) >= 14
    assert {part.kind for one in approaches for part in one.components.values()} == KINDS
    assert {one.method.kind for one in approaches} == METHODS


def test_equal_budgets_are_equal() -> None:
    planned = plan_study(read_recipe("equal-budget"), probe=False)
    sizes = {row.approach: row.trainable for row in planned.parameters if row.component == "all"}
    del sizes["sequential"]
    assert len(sizes) == 9
    assert all(abs(size / 800_000 - 1) <= TOLERANCE for size in sizes.values())


def test_every_place_of_a_layer_is_in_the_ablation() -> None:
    base = load_config("default")
    places = [one.components["layer"] for one in read_recipe("ablation-layer-position").approaches]
    counted = {(layer.stack, layer.position) for layer in places if layer.kind == "extra-layer"}
    encoder = {("encoder", index) for index in range(base.num_layers)}
    assert counted == encoder | {("decoder", index) for index in range(base.num_decoder_layers)}


def test_all_approaches_of_the_study_run(material: Path, tmp_path: Path) -> None:
    generated = {"kind": "generated", "train": 6, "validation": 1, "test": 1}
    tasks = [{"name": language, "language": language, "subsets": [generated]} for language in CODE]
    changes = {
        "base": str(material / "base"),
        "tasks": tasks,
        "training": {"epochs": 1, "batch_rows": 6},
        "decoding": {"max_new_tokens": 4},
        "probes": 1,
    }
    config = StudyConfig.read({**read_recipe("study").model_dump(), **changes}, "recipe")
    results = run_study(config, tmp_path / "run")
    assert {one.state for one in results.cells} == {"done"}
    assert {one.approach for one in results.cells} >= {one.name for one in config.approaches}
