import pytest
import torch

from graftwork.continual.runner import Measured
from graftwork.data.example import Example
from graftwork.evaluation.evaluate import Evaluation, GeneratedItem
from graftwork.results.names import Cell
from graftwork.statistics.noise import repeat_floor
from graftwork.study.repeats import repeated
from tests.study.conftest import Whole

EXAMPLE = Example(language="python", id="1", description="d", signature="", target="t", origin="here")
CELL = Cell("lora", "python", 1)
MEASURED = Measured(
    task="python",
    fingerprint="f",
    scores={"mined": {"loss": 1.0, "chrf": 20.0}},
    counts={"mined": 3},
    signatures={},
)


def test_a_trained_model_is_evaluated_again_in_other_batches_and_on_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = [2]  # told, not started: a process that has threads cannot be forked by other tests
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads[0])
    monkeypatch.setattr(torch, "set_num_threads", lambda number: threads.__setitem__(0, number))
    seen: list[tuple[int, int]] = []

    def evaluate(rows: int) -> Evaluation:
        seen.append((rows, torch.get_num_threads()))
        texts = ("a", "b") if len(seen) < 3 else ("a", "c")
        items = {"mined": tuple(GeneratedItem(EXAMPLE, "prompt", text, {}) for text in texts)}
        return Evaluation({"mined": {"loss": 1.0 + len(seen), "chrf": 20.0}}, {"mined": 2}, items, {}, {}, 0.0)

    rows = {row.metric: row for row in repeated(CELL, MEASURED, 64, evaluate)}
    assert seen == [(64, 2), (16, 2), (64, 1)]
    assert threads == [2]
    assert rows["loss"].values == (1.0, 2.0, 3.0, 4.0)
    assert rows["loss"].floor == repeat_floor([1.0, 2.0, 3.0, 4.0])
    assert rows["chrf"].floor == 0
    assert rows["chrf"].changed_texts == (0, 0, 1)


def test_what_comes_from_one_thread_is_compared_with_as_many_as_the_user_gave(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = [1]
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads[0])
    monkeypatch.setattr(torch, "set_num_threads", lambda number: threads.__setitem__(0, number))
    seen: list[int] = []

    def evaluate(rows: int) -> Evaluation:
        seen.append(torch.get_num_threads())
        return Evaluation({"mined": {"loss": 1.0, "chrf": 20.0}}, {"mined": 0}, {"mined": ()}, {}, {}, 0.0)

    rows = repeated(CELL, MEASURED, 64, evaluate, most_threads=2)
    assert seen == [1, 1, 2]
    assert rows[0].conditions[-1] == "2 threads"


def test_a_study_tells_what_evaluating_again_brings(whole: Whole) -> None:
    rows = whole.results.repeats
    assert {row.metric for row in rows} >= {"loss", "exact_match", "chrf"}
    assert all(len(row.values) == len(row.conditions) >= 3 for row in rows)
    assert all(len(set(row.values)) == 1 for row in rows if row.metric != "loss")
    assert {number for row in rows for number in row.changed_texts} == {0}
