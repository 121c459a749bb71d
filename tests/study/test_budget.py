from pathlib import Path
from typing import Any

import pytest
import yaml
from transformers import LlamaConfig, PretrainedConfig

from graftwork.components import Grafts, sizes_of
from graftwork.components.sizes import Gauge
from graftwork.errors import InputError
from graftwork.models.load import load_base, load_config
from graftwork.study.budget import TOLERANCE, bytes_on_disk, matched
from graftwork.study.config import ApproachConfig, StudyConfig
from graftwork.study.run import run_study
from tests.study.support import Watcher
from tests.study.support import study as tiny_study

KINDS: dict[str, dict[str, Any]] = {
    "lora": {"kind": "lora", "rank": 16, "alpha": 24, "targets": "all-linear"},
    "encoder-layer": {"kind": "extra-layer", "stack": "encoder"},
    "decoder-layer": {"kind": "extra-layer", "stack": "decoder"},
    "ffn": {"kind": "ffn-expansion"},
    "heads": {"kind": "head-expansion"},
    "embedding": {"kind": "embedding-expansion"},
    "linear": {"kind": "linear-expansion"},
}
HYBRID = {"lora": {**KINDS["lora"], "into_extra_layers": True}, "layer": KINDS["decoder-layer"]}


@pytest.fixture(scope="module")
def base() -> PretrainedConfig:
    """The embedded base's configuration: 256 wide, 4 and 3 blocks."""
    return load_config("default")


def study(components: dict[str, Any], **changes: Any) -> StudyConfig:
    approaches = [{"name": "one", "components": components}, {"name": "whole", "method": {"kind": "sequential"}}]
    task = {"name": "python", "language": "python", "subsets": [{"kind": "generated"}]}
    return StudyConfig.read({"name": "x", "tasks": [task], "approaches": approaches, **changes}, "recipe")


def solved(components: dict[str, Any], base: PretrainedConfig, budget: int | str) -> tuple[ApproachConfig, list[str]]:
    said: list[str] = []
    config = matched(study(components, match_parameters=budget), base, said.append)
    return config.approaches[0], said


@pytest.mark.parametrize("budget", [700_000, 1_500_000])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_component_comes_within_two_percent(kind: str, budget: int, base: PretrainedConfig) -> None:
    approach, said = solved({"part": KINDS[kind]}, base, budget)
    assert abs(sizes_of(base, approach.components).trainable / budget - 1) <= TOLERANCE
    assert said[0].startswith("equal budgets: one has ")


def test_components_together_come_within_two_percent(base: PretrainedConfig) -> None:
    approach, _ = solved(HYBRID, base, 1_000_000)
    assert abs(sizes_of(base, approach.components).trainable / 1_000_000 - 1) <= TOLERANCE


def test_a_budget_is_divided_in_proportion_to_the_sizes_as_written(base: PretrainedConfig) -> None:
    written = study({"ffn": KINDS["ffn"], "embedding": KINDS["embedding"]}, match_parameters="2M")
    before = sizes_of(base, written.approaches[0].components)
    after = sizes_of(base, matched(written, base).approaches[0].components)
    for name, size in before.components.items():
        assert after.components[name] / after.trainable == pytest.approx(size / before.trainable, rel=0.02)


def test_lora_keeps_its_scale_at_every_layer(base: PretrainedConfig) -> None:
    approach, _ = solved({"part": KINDS["lora"]}, base, "222k")
    (lora,) = approach.components.values()
    assert lora.kind == "lora"
    assert set(lora.rank_pattern.values()) == {lora.rank + 1}
    assert 0 < len(lora.rank_pattern) < 44
    assert {lora.scale_at(path) for path in Gauge(base).anatomy.linears()} == {24 / 16}


def test_a_whole_rank_is_taken_where_it_is_near_enough(base: PretrainedConfig) -> None:
    approach, _ = solved({"part": KINDS["lora"]}, base, "1.5M")
    (lora,) = approach.components.values()
    assert lora.kind == "lora"
    assert lora.rank_pattern == {}


def test_extra_layers_become_more_before_they_become_misshapen(base: PretrainedConfig) -> None:
    approach, _ = solved({"part": KINDS["encoder-layer"]}, base, "2.4M")
    (layer,) = approach.components.values()
    assert layer.kind == "extra-layer"
    assert (layer.count, layer.feed_forward_width) == (3, None)


def test_new_heads_of_a_fixed_size_become_fewer_and_stand_in_fewer_blocks() -> None:
    llama = LlamaConfig(
        vocab_size=100,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=6,
        num_attention_heads=4,
        num_key_value_heads=2,
    )
    approach, _ = solved({"part": KINDS["heads"]}, llama, 3 * 4 * 64 * 16)
    (heads,) = approach.components.values()
    assert heads.kind == "head-expansion"
    assert (heads.heads, heads.head_size, len(heads.blocks)) == (1, None, 3)


def test_the_whole_base_stays_as_it_is_and_is_named(base: PretrainedConfig) -> None:
    config = study({"part": KINDS["ffn"]}, match_parameters="900k")
    said: list[str] = []
    assert matched(config, base, said.append).approaches[1] == config.approaches[1]
    assert said[1] == "equal budgets: whole trains the whole base (7,345,152 parameters) and stays as it is"


def test_what_cannot_be_reached_is_said_with_the_nearest_possible(base: PretrainedConfig) -> None:
    approach, said = solved({"part": KINDS["decoder-layer"]}, base, "100k")
    nearest = sizes_of(base, approach.components).trainable
    assert said[0] == (
        "equal budgets: one: 100,000 parameters cannot be reached within 2%; the nearest possible is "
        f"{nearest:,} (part: feed_forward_width 1)"
    )


def test_a_component_that_cannot_shrink_is_made_up_for_by_the_others(base: PretrainedConfig) -> None:
    components = {"lora": {**KINDS["lora"], "rank": 1}, "embedding": {"kind": "embedding-expansion", "width": 64}}
    approach, _ = solved(components, base, "60k")
    assert abs(sizes_of(base, approach.components).trainable / 60_000 - 1) <= TOLERANCE


@pytest.mark.parametrize("components", [{"part": KINDS["lora"]}, HYBRID, {"part": KINDS["heads"]}])
def test_a_study_that_was_matched_stays_the_same(components: dict[str, Any], base: PretrainedConfig) -> None:
    once = matched(study(components, match_parameters="1.234M"), base)
    assert matched(once, base) == once
    assert StudyConfig.read(once.model_dump(mode="json"), "recipe") == once


def test_what_is_near_enough_as_written_is_left_alone(base: PretrainedConfig) -> None:
    written = study({"part": KINDS["encoder-layer"]}, match_parameters="780k")
    assert matched(written, base) == written


def test_without_a_budget_nothing_changes_and_nothing_is_said(base: PretrainedConfig) -> None:
    config = study({"part": KINDS["lora"]})
    said: list[str] = []
    assert matched(config, base, said.append) is config
    assert said == []


def test_ranks_of_single_layers_and_a_budget_are_refused_together(base: PretrainedConfig) -> None:
    with pytest.raises(InputError, match="approach one: part: has ranks of its own .*; leave the patterns out"):
        solved({"part": {**KINDS["lora"], "rank_pattern": {"q": 3}}}, base, "1M")


def test_a_run_says_what_was_chosen_and_records_it_as_its_recipe(material: Path, tmp_path: Path) -> None:
    config, watcher = tiny_study(material, "lora", match_parameters=6000), Watcher()
    results = run_study(config, tmp_path / "run", watcher)
    (row,) = [one for one in results.parameters if one.component == "all"]
    assert abs(row.trainable / 6000 - 1) <= TOLERANCE
    assert f"equal budgets: lora has {row.trainable:,} of 6,000 parameters" in "".join(watcher.said)
    recorded = StudyConfig.read(yaml.safe_load(results.recipe), "recipe")
    assert recorded == matched(config, load_config(config.base))
    run_study(config, tmp_path / "run")  # goes on with it: the same choice again


# Bytes


@pytest.mark.parametrize("components", [{"lora": KINDS["lora"]}, HYBRID, {"ffn": KINDS["ffn"]}])
def test_bytes_on_disk_are_those_of_a_saved_adapter(components: dict[str, Any], tmp_path: Path) -> None:
    loaded = load_base("default")
    approach = study(components).approaches[0]
    grafts = Grafts(loaded)
    grafts.add("python", approach.components)
    grafts.save("python", tmp_path)
    stored = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert bytes_on_disk(approach.components, Gauge(loaded.model.config)) == pytest.approx(stored, rel=0.01)


def test_a_budget_in_bytes_is_met_on_disk(tmp_path: Path) -> None:
    loaded = load_base("default")
    config = matched(study({"ffn": KINDS["ffn"]}, stored_bytes="3MB"), loaded.model.config)
    grafts = Grafts(loaded)
    grafts.add("python", config.approaches[0].components)
    grafts.save("python", tmp_path)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) == pytest.approx(3_000_000, rel=TOLERANCE)


# How budgets are written


@pytest.mark.parametrize("text", ["3.1M", "3_100_000", "3,100,000", "3100k", 3_100_000])
def test_parameters_are_written_with_or_without_a_unit(text: Any) -> None:
    assert study({"part": KINDS["lora"]}, match_parameters=text).match_parameters == 3_100_000


@pytest.mark.parametrize(("text", "count"), [("12MB", 12_000_000), ("1.5 MiB", 1_572_864), (900, 900)])
def test_bytes_are_written_with_or_without_a_unit(text: Any, count: int) -> None:
    assert study({"part": KINDS["lora"]}, stored_bytes=text).stored_bytes == count


@pytest.mark.parametrize("text", ["many", "3 m", "-2M", "3.1MB"])
def test_what_is_no_number_of_parameters_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="match_parameters: cannot use .*; write it like 3.1M"):
        study({"part": KINDS["lora"]}, match_parameters=text)


def test_a_budget_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="match_parameters: .*greater than or equal to 1"):
        study({"part": KINDS["lora"]}, match_parameters=0)


def test_two_budgets_are_refused() -> None:
    with pytest.raises(InputError, match="two budgets; give one"):
        study({"part": KINDS["lora"]}, match_parameters="1M", stored_bytes="1MB")


@pytest.mark.parametrize("budget", [{"match_parameters": "10G"}, {"stored_bytes": "100GB"}])
def test_a_budget_of_many_times_the_base_is_refused_at_once(budget: dict[str, str], base: PretrainedConfig) -> None:
    with pytest.raises(InputError, match="more than 10 times the base"):
        matched(study({"layer": KINDS["decoder-layer"]}, **budget), base)
