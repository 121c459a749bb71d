import random
from collections import Counter
from pathlib import Path

import pytest

from graftwork.continual.methods.replay import BUFFER, ReplayConfig, Reservoir
from graftwork.data.example import Example
from graftwork.errors import InputError
from tests.continual.methods.support import STEP, examples, training

TASK = examples("a", 20)


def filled(size: int, seed: int, stream: list[Example] = TASK) -> Reservoir:
    reservoir, generator = Reservoir(size), random.Random(seed)
    for example in stream:
        reservoir.add(example, generator)
    return reservoir


# The reservoir


def test_a_reservoir_with_room_keeps_everything_in_order() -> None:
    assert filled(20, 0).held == TASK


def test_a_full_reservoir_holds_distinct_examples() -> None:
    reservoir = filled(5, 0)
    assert len({example.id for example in reservoir.held}) == 5
    assert reservoir.seen == 20


def test_every_example_is_held_with_the_same_chance() -> None:
    times = 4000
    held = Counter(example.id for seed in range(times) for example in filled(5, seed).held)
    expected = times * 5 / 20
    spread = (times * 5 / 20 * 15 / 20) ** 0.5
    assert held.keys() == {example.id for example in TASK}
    assert all(abs(count - expected) < 4 * spread for count in held.values())


def test_the_second_example_takes_the_only_place_half_of_the_time() -> None:
    second = sum(filled(1, seed, TASK[:2]).held == [TASK[1]] for seed in range(1000))
    assert abs(second - 500) < 4 * 250**0.5


def test_draws_take_each_example_as_often_as_any_other_to_within_one() -> None:
    drawn = filled(5, 0).draw(13, random.Random(0))
    assert sorted(Counter(example.id for example in drawn).values()) == [2, 2, 3, 3, 3]


def test_an_empty_reservoir_gives_nothing() -> None:
    assert Reservoir(3).draw(10, random.Random(0)) == []


# The method


def test_the_first_task_is_trained_on_as_it_is() -> None:
    assert ReplayConfig().build().before_task(training("a")) == examples("a", 3)


@pytest.mark.parametrize(("ratio", "replayed"), [(0.5, 5), (1.0, 10), (2.0, 20)])
def test_a_later_task_is_mixed_with_earlier_examples_in_the_ratio(ratio: float, replayed: int) -> None:
    method = ReplayConfig(ratio=ratio).build()
    data = {"a": TASK, "b": examples("b", 10)}
    method.after_task(training("a", data=data))
    mixed = method.before_task(training("b", earlier=["a"], data=data))
    assert mixed[:10] == data["b"]
    assert len(mixed) == 10 + replayed
    assert set(mixed[10:]) <= set(TASK)


def test_the_buffer_never_exceeds_its_size_over_the_tasks() -> None:
    method = ReplayConfig(buffer_size=6).build()
    data = {"a": TASK, "b": examples("b", 20), "c": examples("c", 100)}
    for task in ("a", "b"):
        method.after_task(training(task, data=data))
    mixed = method.before_task(training("c", earlier=["a", "b"], data=data))
    assert len(set(mixed[100:])) == 6
    assert set(mixed[100:]) <= {*data["a"], *data["b"]}


def test_nothing_is_added_to_the_loss() -> None:
    method = ReplayConfig().build()
    method.after_task(training("a"))
    assert method.penalty(STEP) is None


def test_a_method_that_was_taken_up_goes_on_the_same(tmp_path: Path) -> None:
    data = {"a": TASK, "b": examples("b", 20), "c": examples("c", 20)}
    method, again = (ReplayConfig(buffer_size=6).build() for _ in range(2))
    method.after_task(training("a", data=data))
    method.save(tmp_path)
    again.load([tmp_path / "missing", tmp_path])
    for one in (method, again):
        one.after_task(training("b", data=data))
    first, second = (one.before_task(training("c", earlier=["a", "b"], data=data)) for one in (method, again))
    assert first == second


def test_a_damaged_buffer_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / BUFFER).write_text('{"seen": 3}')
    with pytest.raises(InputError, match="buffer.json: examples"):
        ReplayConfig().build().load([tmp_path])
