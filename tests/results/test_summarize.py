from collections.abc import Iterator

import pytest

from graftwork.results import compare_approaches, score_matrices, summarize_scores
from graftwork.results.records import Comparison, Score, Summary

ORDER = "python+javascript"
KEPT = ((0.0, 0.0), (0.6, 0.1), (0.6, 0.5))
LOST = ((0.0, 0.0), (0.6, 0.1), (0.2, 0.7))


def scores(
    rows: tuple[tuple[float | None, ...], ...],
    approach: str = "lora",
    seed: int = 1,
    order: str = ORDER,
    metric: str = "exact_match",
) -> Iterator[Score]:
    tasks = order.split("+")
    for after, row in zip((None, *tasks), rows, strict=True):
        for task, value in zip(tasks, row, strict=True):
            yield Score(
                approach=approach,
                order=order,
                seed=seed,
                after=after,
                task=task,
                subset="mined",
                metric=metric,
                value=value,
                n=10,
                fingerprint="ab",
            )


def summary(found: tuple[Summary, ...], statistic: str, approach: str = "lora") -> Summary:
    return next(row for row in found if (row.statistic, row.approach) == (statistic, approach))


def test_scores_become_a_matrix_with_the_base_on_top() -> None:
    (matrix,) = score_matrices(scores(LOST))
    assert (matrix.tasks, matrix.rows) == (("python", "javascript"), LOST)


def test_scores_that_are_not_there_are_none() -> None:
    (matrix,) = score_matrices(list(scores(LOST))[:3])
    assert matrix.rows == ((0.0, 0.0), (0.6, None), (None, None))


def test_one_seed_has_no_interval() -> None:
    row = summary(summarize_scores(scores(LOST), [ORDER]), "forgetting")
    assert row.mean == pytest.approx(0.4)
    assert (row.ci_low, row.ci_high, row.seeds) == (None, None, 1)


def test_kept_tasks_have_forgetting_of_exactly_zero() -> None:
    assert summary(summarize_scores(scores(KEPT), [ORDER]), "forgetting").mean == 0.0


def test_seeds_have_a_mean_and_an_interval() -> None:
    found = summarize_scores([*scores(KEPT, seed=1), *scores(LOST, seed=2)], [ORDER])
    row = summary(found, "forgetting")
    assert row.mean == pytest.approx(0.2)
    assert row.ci_low is not None
    assert row.ci_high is not None
    assert row.ci_low < 0.2 < row.ci_high


def test_a_loss_that_rises_is_forgetting_above_zero() -> None:
    rows = ((3.0, 3.0), (1.0, 2.9), (2.5, 1.0))
    found = summarize_scores(scores(rows, metric="loss"), [ORDER])
    assert summary(found, "forgetting").mean == pytest.approx(1.5)


def test_a_metric_that_only_describes_has_a_level_and_no_forgetting() -> None:
    found = summarize_scores(scores(LOST, metric="complexity"), [ORDER])
    assert [row.statistic for row in found] == ["average"]


def test_a_seed_counts_once_it_is_finished_in_every_order() -> None:
    other = "javascript+python"
    whole = [*scores(KEPT, seed=1), *scores(KEPT, seed=1, order=other)]
    found = summarize_scores([*whole, *scores(LOST, seed=2)], [ORDER, other])
    assert summary(found, "average").seeds == 1


def test_an_undefined_statistic_has_no_row() -> None:
    found = summarize_scores(scores(((0.0, 0.0), (0.0, 0.0), (0.0, 0.0))), [ORDER])
    assert "forgetting_rate" not in {row.statistic for row in found}


def test_an_unfinished_sequence_has_no_average() -> None:
    found = summarize_scores(list(scores(LOST))[:4], [ORDER])
    assert "average" not in {row.statistic for row in found}


def compared(seeds: int) -> Comparison:
    both = [row for seed in range(seeds) for a, m in (("lora", KEPT), ("hybrid", LOST)) for row in scores(m, a, seed)]
    return next(row for row in compare_approaches(both, [ORDER]) if row.statistic == "forgetting")


def test_one_seed_is_no_test() -> None:
    row = compared(1)
    assert row.difference == pytest.approx(-0.4)
    assert (row.p, row.ci_low, row.verdict) == (None, None, "one seed: no test")


def test_two_seeds_are_no_test() -> None:
    assert (compared(2).ci_low, compared(2).verdict) == (None, "2 seeds: no test")


def test_three_seeds_have_an_interval_and_still_no_winner() -> None:
    row = compared(3)
    assert row.ci_low == pytest.approx(-0.4)
    assert (row.p, row.p_adjusted, row.effect_size) == (None, None, None)
    assert "better" not in row.verdict


def test_only_seeds_that_both_finished_are_compared() -> None:
    rows = compare_approaches([*scores(KEPT, "a", 1), *scores(KEPT, "a", 2), *scores(LOST, "b", 2)], [ORDER])
    assert {row.seeds for row in rows} == {1}


def test_approaches_without_a_common_seed_are_not_compared() -> None:
    assert compare_approaches([*scores(KEPT, "a", 1), *scores(LOST, "b", 2)], [ORDER]) == ()
