import importlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from graftwork.benchmarks import activations, generation, rows, switching
from graftwork.benchmarks.catalogue import BENCHMARKS, run_benchmarks
from graftwork.benchmarks.harness import Measurement
from graftwork.benchmarks.record import write_record
from graftwork.errors import InputError, StudyError
from graftwork.models.frozen import FrozenBlocks

OURS = (
    "start",
    "switching",
    "rows",
    "library",
    "activations",
    "together",
    "generation",
    "evaluation",
    "study",
    "growth",
)


@pytest.mark.parametrize("name", OURS)
def test_a_benchmark_measures_what_its_name_says(name: str) -> None:
    measurements = run_benchmarks([name], "toy", on_done=lambda one: None)
    assert measurements
    for one in measurements:
        assert one.name.startswith(f"{name}/")
        assert one.ours > 0
        assert {"unit", "threads", "peer"} <= set(one.conditions)
        assert (one.ratio is None) == (one.peer is None)
        assert Measurement.model_validate_json(one.model_dump_json()) is not None


def test_every_benchmark_can_be_imported() -> None:
    assert all(callable(importlib.import_module(module).measure) for module in BENCHMARKS.values())


def test_an_unknown_benchmark_is_refused() -> None:
    with pytest.raises(InputError, match="no benchmark is called 'genration'; did you mean 'generation'"):
        run_benchmarks(["genration"], "toy")


def test_other_tokens_than_the_peers_stop_the_generation_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(*arguments: Any, **keywords: Any) -> list[list[int]]:
        return [[1]]

    monkeypatch.setattr(generation, "generate_greedy", other)
    with pytest.raises(StudyError, match="the tokens are not those of Transformers' generate"):
        generation.measure("toy", lambda text: None)


def test_other_activations_than_the_bases_stop_the_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    states = FrozenBlocks.states

    def doubled(blocks: FrozenBlocks, inputs: dict[str, Any]) -> dict[str, torch.Tensor]:
        return {stack: 2 * one for stack, one in states(blocks, inputs).items()}

    monkeypatch.setattr(FrozenBlocks, "states", doubled)
    with pytest.raises(StudyError, match="the losses are .* apart"):
        activations.measure("toy", lambda text: None)


def test_an_adapter_that_does_not_act_stops_the_switching_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switching.Grafts, "use", lambda self, name: None)
    with pytest.raises(StudyError, match="the logits are not PEFT's"):
        switching.measure("toy", lambda text: None)


def test_rows_without_their_adapters_stop_the_benchmark_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    use = rows.Grafts.use
    monkeypatch.setattr(rows.Grafts, "use", lambda self, name: use(self, "a0" if isinstance(name, list) else name))
    with pytest.raises(StudyError, match="the rows of a1 are not what it gives alone"):
        rows.measure("toy", lambda text: None)


def test_the_record_holds_what_was_measured(tmp_path: Path) -> None:
    one = Measurement(name="a/b", ours=1.0, peer=2.0, ratio=2.0, reach=3.0, conditions={"unit": "seconds"})
    write_record(tmp_path / "out", [one], "quick")
    record = json.loads((tmp_path / "out" / "bench.json").read_text())
    assert record["measurements"] == [one.model_dump(mode="json")]
    assert record["scale"] == "quick"
    assert record["environment"]["num_cores"] >= 1
    assert "a/b" in (tmp_path / "out" / "bench.svg").read_text()
