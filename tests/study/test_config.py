from pathlib import Path
from typing import Any

import pytest
import yaml

from graftwork.errors import InputError
from graftwork.results.names import Cell
from graftwork.study.config import StudyConfig, embedded_recipes, read_recipe, recipe_text
from tests.study.support import recipe


def write(folder: Path, data: Any) -> str:
    path = folder / "mine.yaml"
    path.write_text(data if isinstance(data, str) else yaml.safe_dump(data))
    return str(path)


def refused(folder: Path, data: Any, *assignments: str) -> str:
    """What a recipe is refused with: one line."""
    with pytest.raises(InputError) as caught:
        read_recipe(write(folder, data), assignments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def data(tmp_path: Path) -> dict[str, Any]:
    return recipe(tmp_path)


# Reading


def test_a_recipe_is_read_from_a_file(tmp_path: Path, data: dict[str, Any]) -> None:
    assert read_recipe(write(tmp_path, data)) == StudyConfig.read(data, "")


def test_a_recipe_without_a_name_has_the_name_of_its_file(tmp_path: Path, data: dict[str, Any]) -> None:
    del data["name"]
    assert read_recipe(write(tmp_path, data)).name == "mine"


@pytest.mark.parametrize("name", sorted(embedded_recipes()))
def test_every_recipe_of_the_package_is_read_by_its_name(name: str) -> None:
    assert read_recipe(name).name == name


def test_no_recipe_means_the_default() -> None:
    assert read_recipe(None) == read_recipe("default")


def test_a_recipe_written_out_is_read_back(tmp_path: Path, data: dict[str, Any]) -> None:
    config = read_recipe(write(tmp_path, data))
    assert read_recipe(write(tmp_path, recipe_text(config))) == config


def test_seeds_given_go_before_those_of_the_recipe(tmp_path: Path, data: dict[str, Any]) -> None:
    assert read_recipe(write(tmp_path, data), seeds=[4, 7]).seeds == (4, 7)


def test_settings_are_changed_by_assignments(tmp_path: Path, data: dict[str, Any]) -> None:
    assignments = ("training.epochs=5", "tasks.1.subsets.0.train=3", "approaches.0.components.lora.rank=7")
    config = read_recipe(write(tmp_path, data), assignments)
    assert config.training.epochs == 5
    assert config.tasks[1].subsets[0].train == 3
    assert config.approaches[0].components["lora"].rank == 7


def test_an_approach_has_the_training_of_the_study_with_its_own_on_top(data: dict[str, Any]) -> None:
    data["approaches"][0]["training"] = {"learning_rate": 0.5}
    config = StudyConfig.read(data, "")
    own = config.training_of(config.approaches[0])
    assert (own.learning_rate, own.epochs) == (0.5, config.training.epochs)
    assert config.training_of(config.approaches[1]) == config.training


def test_tasks_are_in_the_order_in_which_they_stand(data: dict[str, Any]) -> None:
    assert StudyConfig.read(data, "").order_names() == ("python+javascript",)


def test_one_whole_comparison_is_finished_before_the_next_seed_begins(data: dict[str, Any]) -> None:
    orders = [["python", "javascript"], ["javascript", "python"]]
    config = StudyConfig.read({**data, "seeds": [1, 2], "orders": orders}, "")
    cells = config.cells()
    assert len(cells) == len(set(cells)) == 5 * 2 * 2
    assert cells[0] == Cell("lora", "python+javascript", 1)
    assert {cell.seed for cell in cells[:10]} == {1}


# What is refused


def test_a_missing_file_is_refused_with_the_recipes_there_are() -> None:
    with pytest.raises(InputError, match=r"nope\.yaml: no such recipe; give a YAML file, or one of .*default, .*smoke"):
        read_recipe("nope.yaml")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_recipe(str(tmp_path))


def test_what_is_not_yaml_is_refused_with_its_line(tmp_path: Path) -> None:
    assert "mine.yaml, line 2: not YAML" in refused(tmp_path, "name: x\ntasks: [")


@pytest.mark.parametrize("content", ["", "- a\n- b\n", "just words"])
def test_what_is_no_mapping_is_refused(tmp_path: Path, content: str) -> None:
    assert "is no recipe; a recipe is a mapping" in refused(tmp_path, content)


def test_an_unknown_key_is_answered_with_the_nearest(tmp_path: Path, data: dict[str, Any]) -> None:
    message = refused(tmp_path, {**data, "seed": 3})
    assert message == f"{tmp_path / 'mine.yaml'}: unknown key 'seed'; did you mean 'seeds'?"


NESTED = {
    "approaches.0.components.lora.rnak=3": "'rank'",
    "tasks.0.subsets.0.trian=3": "'train'",
    "tasks.0.subsets.1.sed=3": "'seed'",
    "tasks.0.subsets.0.sources.0.pth=x": "'path'",
    "tasks.0.subsets.0.cleaning.englsh=true": "'english'",
    "tasks.0.lang=x": "'language'",
    "training.epoch=3": "'epochs'",
    "decoding.max_tokens=3": "'max_new_tokens'",
    "approaches.0.trainig={}": "'training'",
}


@pytest.mark.parametrize("assignment", NESTED)
def test_an_unknown_key_further_down_is_answered_too(tmp_path: Path, data: dict[str, Any], assignment: str) -> None:
    key = assignment.partition("=")[0].rpartition(".")[2]
    message = refused(tmp_path, data, assignment)
    assert f"unknown key {key!r}; did you mean {NESTED[assignment]}?" in message


def test_an_unknown_key_of_a_method_is_named(tmp_path: Path, data: dict[str, Any]) -> None:
    message = refused(tmp_path, data, "approaches.4.method={kind: ewc, strenght: 3}")
    assert "approaches.4.method.ewc: unknown key 'strenght'; did you mean 'strength'?" in message


def test_an_unknown_key_in_the_training_of_an_approach_is_named(tmp_path: Path, data: dict[str, Any]) -> None:
    message = refused(tmp_path, data, "approaches.2.training.epoch=3")
    assert message == "approach hybrid: training: unknown key 'epoch'; did you mean 'epochs'?"


WRONG = {
    "training.epochs=many": "training.epochs: ",
    "training.epochs=0": "training.epochs: ",
    "seeds=[]": "seeds: ",
    "seeds=one": "seeds: ",
    "tasks=[]": "tasks: ",
    "tasks.0.subsets=[]": "tasks.0.subsets: ",
    "approaches=[]": "approaches: ",
    "probes=0": "probes: ",
    "approaches.0.components.lora.rank=0": "rank: ",
    "approaches.0.components.lora.kind=lara": "approaches.0.components.lora: ",
    "approaches.0.method.kind=rehearsal": "approaches.0.method: ",
    "approaches.0.method={kind: replay, buffer_size: 0}": "buffer_size: ",
    "approaches.0.method={kind: ewc, variant: offline}": "variant: ",
    "tasks.0.subsets.0.kind=dug": "tasks.0.subsets.0: ",
    "tasks.0.subsets.0.sources.0=3": "sources.0: ",
}


@pytest.mark.parametrize("assignment", WRONG)
def test_a_wrong_value_is_named_with_its_place(tmp_path: Path, data: dict[str, Any], assignment: str) -> None:
    message = refused(tmp_path, data, assignment)
    assert message.startswith(str(tmp_path / "mine.yaml"))
    assert WRONG[assignment] in message


REFUSED = {
    "an unknown language": ("tasks.0.language=pyton", "unknown language 'pyton'; did you mean 'python'?"),
    "a task that stands there twice": ("tasks.1.name=python", "tasks: 'python' stands there twice"),
    "an approach that stands there twice": ("approaches.1.name=lora", "approaches: 'lora' stands there twice"),
    "a seed that stands there twice": ("seeds=[1, 1]", "seeds: 1 stands there twice"),
    "an order that stands there twice": (
        "orders=[[python, javascript], [python, javascript]]",
        "orders: 'python+javascript' stands there twice",
    ),
    "an order without a task": ("orders=[[python]]", "python is no order of the tasks"),
    "an order with a task twice": ("orders=[[python, javascript, python]]", "is no order of the tasks"),
    "an order of unknown tasks": ("orders=[[python, ruby]]", "name each of ['javascript', 'python'] once"),
    "sharing what is not there": ("approaches.3.shared=[lyer]", "no component is called 'lyer'; did you mean 'layer'?"),
    "nothing to train": ("approaches.0.components={}", "approach lora: no components; give it one"),
    "no base to train isolated parts beside": (
        "approaches.4.method.kind=isolated",
        "approach sequential: no components",
    ),
    "a model a task with components": (
        "approaches.0.method.kind=individual",
        "approach lora: individual with components; leave the components out, or take method: {kind: isolated}",
    ),
    "an orthogonal stack of two components": (
        "approaches.2.method.kind=o-lora",
        "approach hybrid: o-lora with other components than one lora (given: extra-layer, lora); give it one lora",
    ),
    "an orthogonal stack of a layer": ("approaches.1.method.kind=o-lora", "(given: extra-layer); give it one lora"),
    "an orthogonal stack of nothing": ("approaches.4.method.kind=o-lora", "(given: none); give it one lora"),
    "sharing in a sequence": (
        "approaches.3.method.kind=sequential",
        "shared components with sequential; leave shared out",
    ),
    "sharing with replay": ("approaches.3.method.kind=replay", "approach hybrid-shared: shared components with replay"),
    "a name that says pinned": ("approaches.0.name=lora@pinned", "cannot use the name 'lora@pinned'"),
    "a prompt without a description": ("prompt=Generate", "prompt: has no {description}"),
    "a list index that is not there": ("tasks.7.name=x", "the list has items 0 to 1"),
    "an assignment without a value": ("training.epochs", "write key=value"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_is_refused(tmp_path: Path, data: dict[str, Any], case: str) -> None:
    assignment, text = REFUSED[case]
    assert text in refused(tmp_path, data, assignment)


@pytest.mark.parametrize("key", ["name", "tasks.0.name", "approaches.0.name"])
@pytest.mark.parametrize("name", ["../out", "/etc", "a/b", "..", ".hidden", "a b", "", "con"])
def test_no_name_leaves_its_folder(tmp_path: Path, data: dict[str, Any], key: str, name: str) -> None:
    assert "cannot use the name" in refused(tmp_path, data, f"{key}='{name}'")
