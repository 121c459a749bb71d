"""The benchmark of a whole study: what it extrapolates by, and what stops it."""

from collections.abc import Iterator
from typing import Any

import pytest

from graftwork.benchmarks import study as benchmark
from graftwork.benchmarks import study_ours
from graftwork.benchmarks.study_slice import Rates, Slice, evenly, real_tokens
from graftwork.data.recipe import build_task
from graftwork.errors import StudyError
from graftwork.models.load import load_base
from graftwork.study.curve import VALIDATIONS
from graftwork.training.batches import Encoded


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slice]:
    config = benchmark._tiny_study(tmp_path_factory.mktemp("base"))
    tasks = {task.name: build_task(task).task for task in config.tasks}
    yield Slice(config, load_base(config.base), tasks, items=1)


def test_batches_of_a_slice_go_from_the_smallest_to_the_largest_after_one_to_get_warm() -> None:
    rows = [Encoded((5,) * length, (1,)) for length in range(1, 41)]
    batches = [[place, place + 1] for place in range(0, 40, 2)]
    chosen = evenly(rows, batches[::-1], 4)
    assert chosen == [[20, 21], [4, 5], [14, 15], [24, 25], [34, 35]]


def test_training_is_extrapolated_by_the_tokens_of_each_task_in_its_place(cut: Slice) -> None:
    lora, _, ewc = cut.config.approaches
    python, javascript = (real_tokens(cut.encoded(tuple(task.examples("train")))) for task in cut.tasks.values())
    rates = Rates(token=(1.0, 10.0), item={}, loss_token=0.0)
    assert cut.train_seconds(lora, rates) == pytest.approx(python + 10 * javascript, abs=11)
    assert cut.train_seconds(ewc, Rates((0.0, 0.0), {}, 0.0, gradient_token=1.0)) == pytest.approx(
        4 / 16 * (python + javascript), abs=2
    )
    assert cut.train_seconds(lora, Rates((0.0, 0.0), {}, 0.0, keeping=3.0)) == 6.0


def test_losses_on_the_way_and_items_are_those_of_the_whole_study(cut: Slice) -> None:
    rows = [cut.encoded(one.validation) for task in cut.tasks.values() for one in task.subsets]
    tokens = sum(map(real_tokens, rows))
    only_losses = Rates((0.0, 0.0), {"generated": 0.0}, loss_token=1.0)
    assert cut.train_seconds(cut.config.approaches[0], only_losses) == (VALIDATIONS + 1) * tokens
    assert cut.evaluate_seconds(only_losses, {"generated": 0.0}) == tokens
    only_items = Rates((0.0, 0.0), {"generated": 2.0}, loss_token=0.0)
    assert cut.evaluate_seconds(only_items, {"generated": 1.0}) == 2 * 2 * (2.0 + 1.0)


def test_other_tokens_than_the_peers_stop_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(model: Any, prompts: list[Any], decoding: Any) -> list[list[int]]:
        return [[1, 2, 3]] * len(prompts)

    monkeypatch.setattr(study_ours, "generate_greedy", other)
    with pytest.raises(StudyError, match="with lora, the tokens are not those of Transformers' generate"):
        benchmark.measure("toy", lambda text: None)
