import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Call


def planned(call: Call, *arguments: str | Path) -> dict[str, Any]:
    ended = call("plan", *arguments, "--json")
    assert (ended.code, ended.err) == (0, "")
    data = json.loads(ended.out)
    assert isinstance(data, dict)
    return data


def sizes(data: dict[str, Any]) -> dict[tuple[str, str], int]:
    return {(row["approach"], row["component"]): row["trainable"] for row in data["parameters"]}


# The exact sizes of the study that this package follows


def test_lora_and_a_full_layer_have_the_sizes_of_the_study(call: Call) -> None:
    data = planned(call, "original-lora-vs-layer")
    assert data["base"]["parameters"] == 60_492_288
    assert sizes(data)["lora", "all"] == 1_671_168
    assert sizes(data)["lora-wider", "all"] == 2_162_688
    (layer,) = [row for row in data["parameters"] if (row["approach"], row["component"]) == ("layer", "all")]
    assert (layer["trainable"], layer["total"], round(layer["percent"], 2)) == (3_146_752, 63_639_040, 4.94)


def test_the_hybrids_have_the_sizes_of_the_study(call: Call) -> None:
    found = sizes(planned(call, "original-hybrid"))
    for approach in ("hybrid", "hybrid-shared"):
        assert found[approach, "lora"] == 1_777_664
        assert found[approach, "extra-layer"] == 3_146_752
        assert found[approach, "all"] == 4_924_416


def test_the_widenings_have_the_sizes_of_the_study(call: Call) -> None:
    data = planned(call, "original-widening")
    assert sizes(data)["ffn-expansion", "all"] == 6_291_456
    assert sizes(data)["head-expansion", "all"] == 9_437_184
    shares = {row["approach"]: round(row["percent"], 2) for row in data["parameters"]}
    assert shares == {"ffn-expansion": 9.42, "head-expansion": 13.5}


def test_the_steps_of_the_study_are_counted_and_its_time_stays_open(call: Call) -> None:
    data = planned(call, "original-hybrid")
    assert [one["steps"] for one in data["approaches"]] == [2 * 2 * 8000 // 8] * 2
    assert data["total"]["seconds"] is None
    assert data["remark"] == "no probe: the base Salesforce/codet5-small is not a folder on this machine"


# The command


def test_a_recipe_whose_base_and_data_are_here_is_probed(call: Call, lora: Path) -> None:
    data = planned(call, lora)
    assert data["probed"]
    assert data["total"]["seconds"] > 0


def test_the_probe_can_be_left_out(call: Call, lora: Path) -> None:
    data = planned(call, lora, "--no-probe")
    assert not data["probed"]
    assert data["total"]["seconds"] is None


def test_settings_and_seeds_are_taken_from_the_command_line(call: Call, lora: Path) -> None:
    rank = "approaches.0.components.lora.rank=4"
    small = planned(call, lora, "--no-probe")
    large = planned(call, lora, "--no-probe", "--set", rank, "--seeds", "3")
    assert sizes(large)["lora", "all"] == 2 * sizes(small)["lora", "all"]
    assert (large["seeds"], large["total"]["cells"]) == ([1, 2, 3], 3)


def test_tables_are_shown(call: Call, lora: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    ended = call("plan", lora, "--set", "match_parameters=5000")
    assert ended.code == 0
    assert "equal budgets: lora has " in ended.out
    assert "Parameters trained for a task" in ended.out
    assert "What it comes to, 1 cell " in ended.out
    assert "whole study: " in ended.out


def test_running_tests_and_evaluating_again_are_lines_of_their_own(call: Call, lora: Path) -> None:
    out = call("plan", lora, "--set", "execute=where possible").out
    assert "\ntests run, at most " in out
    assert "\none evaluated again " in out


def test_where_no_tests_are_run_no_line_is_about_them(call: Call, lora: Path) -> None:
    out = call("plan", lora, "--set", "execute=never").out
    assert "tests run" not in out
    assert "\none evaluated again " in out


def test_at_80_columns_no_name_is_cut_and_pinned_versions_are_left_out(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    out = call("plan", "study", "--no-probe").out
    assert "…" not in out
    assert out.count("\nextra-layer-encoder ") == 2
    assert "@pinned" not in out


def test_pinned_versions_are_in_the_json(call: Call) -> None:
    assert ("hybrid-shared@pinned", "all") in sizes(planned(call, "study", "--no-probe"))


def test_without_a_probe_there_is_no_column_of_times(call: Call, lora: Path) -> None:
    assert " time" not in call("plan", lora, "--no-probe").out


def test_what_stays_open_is_said(call: Call, lora: Path) -> None:
    ended = call("plan", lora, "--no-probe")
    assert "no probe was asked for; tokens and FLOPs are the most that the recipe allows" in ended.out


def test_a_recipe_that_cannot_be_used_is_refused_in_one_line(call: Call, lora: Path) -> None:
    ended = call("plan", lora, "--set", "match_parameters=lots")
    assert ended.code == 2
    assert ended.line() == "match_parameters: cannot use 'lots'; write it like 3.1M, 900k or 3100000"
