import json
from pathlib import Path

import pytest

from graftwork.benchmarks import catalogue
from graftwork.benchmarks.harness import Measurement, Scale
from tests.cli.conftest import Call

ONE = Measurement(name="a/b", ours=1.0, peer=2.0, ratio=2.0, reach=3.0, conditions={"unit": "seconds", "peer": "p"})


@pytest.fixture
def scales(monkeypatch: pytest.MonkeyPatch) -> list[Scale]:
    """The scales that benchmarks are run at, which here give one measurement at once."""
    seen: list[Scale] = []

    def run(names, scale, say, on_done):  # type: ignore[no-untyped-def]
        seen.append(scale)
        on_done(ONE)
        return [ONE]

    monkeypatch.setattr(catalogue, "run_benchmarks", run)
    return seen


def test_measurements_are_printed_as_json(scales: list[Scale], tmp_path: Path, call: Call) -> None:
    ended = call("bench", "--quick", "--json", "--out", tmp_path)
    assert ended.code == 0
    assert json.loads(ended.out) == [ONE.model_dump(mode="json")]
    assert scales == ["quick"]
    assert (tmp_path / "bench.json").is_file()


def test_measurements_are_shown_with_what_they_reach(scales: list[Scale], tmp_path: Path, call: Call) -> None:
    ended = call("bench", "--out", tmp_path)
    assert ended.code == 0
    assert "a/b" in ended.out
    assert "not reached" in ended.out
    assert scales == ["full"]


def test_an_unknown_benchmark_is_bad_input(tmp_path: Path, call: Call) -> None:
    ended = call("bench", "genration", "--out", tmp_path)
    assert ended.code == 2
    assert "did you mean 'generation'?" in ended.line()
