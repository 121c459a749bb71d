import numpy as np
import pytest

from graftwork.results.item_intervals import ItemIntervals
from graftwork.statistics.bootstrap import item_bootstrap_interval, seed_item_bootstrap_interval
from graftwork.statistics.intervals import student_t_interval
from tests.results.test_floors import ALL, DRAWN, ORDER, Items, items, scores


def of(seeds: list[int], statistic: str = "average", given: Items = ALL) -> tuple[float, float] | None:
    rows = [row for seed in seeds for row in scores("a", seed)]
    return ItemIntervals(rows, [ORDER], given).of("a", "mined", "exact_match", statistic, seeds)


def test_of_one_seed_and_task_it_is_the_item_bootstrap() -> None:
    found = of([1], "forgetting")
    lost = items("a", 1, "python", "python") - items("a", 1, "java", "python")
    _, low, high = item_bootstrap_interval(lost)
    assert found == (pytest.approx(float(low)), pytest.approx(float(high)))


def test_of_several_seeds_and_one_task_it_is_over_seeds_and_items() -> None:
    found = of([1, 2], "forgetting")
    lost = [items("a", seed, "python", "python") - items("a", seed, "java", "python") for seed in (1, 2)]
    _, low, high = seed_item_bootstrap_interval(lost)
    assert found == (pytest.approx(float(low)), pytest.approx(float(high)))


def test_items_are_drawn_anew_within_their_tasks() -> None:
    """Tasks far apart are no spread: the interval is as wide as where both stand at one level."""
    python, java = DRAWN[0], DRAWN[1]
    apart = of([1], given=Items({("a1-java", "python"): python + 100, ("a1-java", "java"): java - 100}))
    level = of([1], given=Items({("a1-java", "python"): python, ("a1-java", "java"): java}))
    assert apart is not None
    assert apart == pytest.approx(level)


def test_where_all_items_are_alike_it_is_students_interval_over_seeds() -> None:
    given = {
        (f"a{seed}-java", task): np.full(40, value) for seed, value in ((1, 0.2), (2, 0.6)) for task in ORDER.split("+")
    }
    found = of([1, 2], given=Items(given))
    _, low, high = student_t_interval([0.2, 0.6])
    assert found == (pytest.approx(low, rel=0.1), pytest.approx(high, rel=0.1))


def test_of_what_forgets_nothing_whatever_the_items_it_is_exactly_0() -> None:
    rows = scores("a", isolated=True)
    assert ItemIntervals(rows, [ORDER], ALL).of("a", "mined", "exact_match", "forgetting", [1]) == (0.0, 0.0)


def test_without_scores_of_items_there_is_none() -> None:
    assert of([1], given=Items({})) is None


def test_a_single_item_has_none() -> None:
    one = {("a1-java", task): [1.0] for task in ORDER.split("+")}
    assert of([1], given=Items(one)) is None
