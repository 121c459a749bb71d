from collections.abc import Mapping
from typing import final

import numpy as np
import numpy.typing as npt
import pytest

from graftwork.results.floors import NoiseFloors
from graftwork.results.records import Repeat, Score
from graftwork.statistics.noise import item_floor

ORDER = "python+java"
MATRIX: dict[str | None, tuple[float, float]] = {None: (0.0, 0.0), "python": (0.6, 0.1), "java": (0.4, 0.5)}
DRAWN = np.random.default_rng(0).random((40, 30))


@final
class Items:
    """Items by fingerprint and task."""

    def __init__(self, items: Mapping[tuple[str, str], npt.ArrayLike]) -> None:
        self._items = items

    def scores(self, fingerprint: str, task: str, subset: str, metric: str) -> npt.NDArray[np.float64] | None:
        found = self._items.get((fingerprint, task))
        return None if found is None else np.asarray(found, np.float64)


def scores(approach: str, seed: int = 1, order: str = ORDER, isolated: bool = False) -> list[Score]:
    """One cell; its fingerprints are ``<approach><seed>-<after>``, or those of each task's own training."""
    return [
        Score(
            approach=approach,
            order=order,
            seed=seed,
            after=after,
            task=task,
            subset="mined",
            metric="exact_match",
            value=value,
            n=30,
            fingerprint=f"{approach}{seed}-{task if isolated and after else after}",
        )
        for after, row in MATRIX.items()
        for task, value in zip(ORDER.split("+"), row)
    ]


ALL = Items(
    {
        (f"{approach}{seed}-{after}", task): DRAWN[index]
        for index, (approach, seed, after, task) in enumerate(
            (approach, seed, after, task)
            for approach in "ab"
            for seed in (1, 2)
            for after in ("python", "java")
            for task in ("python", "java")
        )
    }
)


def items(approach: str, seed: int, after: str, task: str) -> npt.NDArray[np.float64]:
    found = ALL.scores(f"{approach}{seed}-{after}", task, "mined", "exact_match")
    assert found is not None
    return found


def test_of_the_average_items_differ_between_the_approaches_at_the_end() -> None:
    floors = NoiseFloors([*scores("a"), *scores("b")], [ORDER], ALL)
    expected = [(items("a", 1, "java", task) - items("b", 1, "java", task)) / 2 for task in ("python", "java")]
    assert floors.of("mined", "exact_match", "average", "a", "b", [1]) == pytest.approx(item_floor(expected))


def test_of_forgetting_items_are_lost_between_the_best_moment_and_the_end() -> None:
    floors = NoiseFloors([*scores("a"), *scores("b")], [ORDER], ALL)
    a, b = (items(name, 1, "python", "python") - items(name, 1, "java", "python") for name in "ab")
    assert floors.of("mined", "exact_match", "forgetting", "a", "b", [1]) == pytest.approx(item_floor([a - b]))


def test_items_are_averaged_over_seeds() -> None:
    floors = NoiseFloors([row for seed in (1, 2) for name in "ab" for row in scores(name, seed)], [ORDER], ALL)
    expected = [
        sum(items("a", seed, "java", task) - items("b", seed, "java", task) for seed in (1, 2)) / 4
        for task in ("python", "java")
    ]
    assert floors.of("mined", "exact_match", "average", "a", "b", [1, 2]) == pytest.approx(item_floor(expected))


def test_what_is_the_same_function_at_both_moments_needs_no_items_and_has_no_noise() -> None:
    rows = [*scores("a", isolated=True), *scores("b", isolated=True)]
    assert NoiseFloors(rows, [ORDER], Items({})).of("mined", "exact_match", "forgetting", "a", "b", [1]) == 0


def test_backward_transfer_is_held_against_a_number_by_its_own_items() -> None:
    floors = NoiseFloors(scores("a"), [ORDER], ALL)
    expected = item_floor([items("a", 1, "java", "python") - items("a", 1, "python", "python")])
    found = floors.of_sum("mined", "exact_match", "backward_transfer", {"a": 1.0}, [1])
    assert found == pytest.approx(expected)


def test_one_tasks_final_score_has_the_items_of_that_task_alone_in_their_shares() -> None:
    floors = NoiseFloors([*scores("a"), *scores("b")], [ORDER], ALL)
    expected = item_floor([items("a", 1, "java", "java") - 0.9 * items("b", 1, "java", "java")])
    found = floors.of_sum("mined", "exact_match", "final", {"a": 1.0, "b": -0.9}, [1], "java")
    assert found == pytest.approx(expected)


def test_without_items_there_is_no_floor() -> None:
    floors = NoiseFloors([*scores("a"), *scores("b")], [ORDER], Items({}))
    assert floors.of("mined", "exact_match", "average", "a", "b", [1]) is None


def test_one_item_is_no_floor() -> None:
    one = {(f"{name}1-java", task): [0.5] for name in "ab" for task in ("python", "java")}
    floors = NoiseFloors([*scores("a"), *scores("b")], [ORDER], Items(one))
    assert floors.of("mined", "exact_match", "average", "a", "b", [1]) is None


def test_what_evaluating_again_brings_is_the_floor_where_it_is_more() -> None:
    rows = [*scores("a"), *scores("b")]
    repeat = Repeat(
        approach="a",
        order=ORDER,
        seed=1,
        task="java",
        fingerprint="f",
        subset="mined",
        metric="exact_match",
        conditions=("as recorded", "again"),
        values=(0.1, 0.9),
        floor=7.0,
    )
    assert NoiseFloors(rows, [ORDER], ALL, [repeat]).of("mined", "exact_match", "average", "a", "b", [1]) == 7.0
    little = repeat.model_copy(update={"floor": 1e-9})
    expected = NoiseFloors(rows, [ORDER], ALL).of("mined", "exact_match", "average", "a", "b", [1])
    assert NoiseFloors(rows, [ORDER], ALL, [little]).of("mined", "exact_match", "average", "a", "b", [1]) == expected
