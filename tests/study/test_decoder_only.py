"""A whole study on a decoder-only base."""

from pathlib import Path
from typing import Any

import pytest

from graftwork.errors import InputError
from graftwork.results.folder import RunFolder
from graftwork.results.records import Results
from graftwork.study.run import run_study
from tests.study.support import Watcher, save_base, study, write_rows

LORA = {"kind": "lora", "rank": 2, "targets": "all-linear"}
LAYER = {"kind": "extra-layer", "stack": "decoder"}
APPROACHES: list[dict[str, Any]] = [
    {"name": "lora", "components": {"lora": LORA}},
    {"name": "extra-layer", "components": {"layer": LAYER}},
]


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny Llama and rows of code."""
    folder = tmp_path_factory.mktemp("llama")
    save_base(folder / "base", family="llama")
    write_rows(folder)
    return folder


@pytest.fixture(scope="module")
def ran(llama: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Results]:
    path = tmp_path_factory.mktemp("ran") / "run"
    settings = {"epochs": 3, "batch_rows": 8, "learning_rate": 0.01}
    return path, run_study(study(llama, approaches=APPROACHES, training=settings), path, Watcher())


def test_every_cell_runs_to_its_end(ran: tuple[Path, Results]) -> None:
    _, results = ran
    assert [(cell.approach, cell.state) for cell in results.cells] == [("lora", "done"), ("extra-layer", "done")]
    assert results.base.description == "LlamaForCausalLM, 2 decoder blocks of width 32"


def test_validation_losses_fall(ran: tuple[Path, Results]) -> None:
    _, results = ran
    losses: dict[tuple[str, str, str], list[float]] = {}
    for point in results.curves:
        for one in point.validation:
            losses.setdefault((point.approach, point.task, one.subset), []).append(one.loss)
    assert len(losses) == 8
    assert all(values[-1] < values[0] for values in losses.values())


def test_what_is_isolated_stays_bit_equal(ran: tuple[Path, Results]) -> None:
    _, results = ran
    assert len(results.isolation) == 4
    assert all(row.isolated and row.outputs_identical for row in results.isolation)
    assert all(row.fingerprint_after_training == row.fingerprint_at_end for row in results.isolation)


def test_predictions_are_what_follows_the_prompt(ran: tuple[Path, Results]) -> None:
    rows = list(RunFolder(ran[0]).read_predictions())
    assert {row.approach for row in rows} == {"lora", "extra-layer"}
    assert not any(row.prediction.startswith(row.prompt) for row in rows)
    assert len({row.prediction for row in rows}) > 4


def test_a_stack_that_the_base_lacks_is_refused_before_anything_is_trained(llama: Path, tmp_path: Path) -> None:
    layer = {"name": "layer", "components": {"layer": {**LAYER, "stack": "encoder"}}}
    with pytest.raises(InputError, match="the base has no stack 'encoder'"):
        run_study(study(llama, approaches=[layer]), tmp_path / "run", Watcher())
    assert not (tmp_path / "run" / "runs").exists()
