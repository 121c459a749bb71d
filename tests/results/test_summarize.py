from collections.abc import Iterator, Mapping
from typing import final
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pytest

from graftwork.results import compare_approaches, score_matrices, summarize_scores
from graftwork.results.records import Comparison, Score, Summary
from graftwork.results.summarize import headline_metrics

Rows = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]

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
                fingerprint=f"{approach} {seed} {after}",
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


def study(seeds: int, approaches: Mapping[str, Rows], metric: str = "exact_match") -> list[Score]:
    """Every approach in every seed: its matrix, in which the second task's last score rises from seed to seed."""
    return [
        score
        for seed in range(seeds)
        for name, (start, first, (kept, last)) in approaches.items()
        for score in scores((start, first, (kept, last + 0.001 * seed * len(name))), name, seed, metric=metric)
    ]


TWO = {"lora": LOST, "hybrid": KEPT}
"""At the end lora has 0.45 and hybrid 0.55, and a thousandth more in each further seed."""


@final
class Items:
    """100 items an evaluation, which differ from model to model by so much noise."""

    def __init__(self, noise: float) -> None:
        self._noise = noise

    def scores(self, fingerprint: str, task: str, subset: str, metric: str) -> npt.NDArray[np.float64] | None:
        return self._noise * np.random.default_rng(crc32(f"{fingerprint} {task}".encode())).normal(size=100)


LITTLE_NOISE = Items(0.01)


def compared(
    seeds: int,
    statistic: str = "average",
    approaches: Mapping[str, Rows] = TWO,
    metric: str = "exact_match",
    items: Items | None = LITTLE_NOISE,
) -> Comparison:
    found = compare_approaches(study(seeds, approaches, metric), [ORDER], items=items)
    return next(row for row in found if row.statistic == statistic)


def test_a_difference_in_enough_seeds_above_the_noise_is_better() -> None:
    row = compared(10)
    assert row.difference == pytest.approx(-0.1 - 0.001 * 4.5)
    assert (row.p, row.family, row.better, row.verdict) == (2 / 1024, 2, "hybrid", "hybrid is better")


def test_p_values_are_corrected_over_average_and_forgetting_together() -> None:
    assert compared(10).p_adjusted == pytest.approx(2 * 2 / 1024)


def test_less_forgetting_is_better() -> None:
    row = compared(10, "forgetting")
    assert row.difference == pytest.approx(0.4)
    assert row.verdict == "hybrid is better"


def test_less_of_a_loss_is_better() -> None:
    rising = {"lora": ((3.0, 3.0), (1.0, 2.9), (2.5, 1.0)), "hybrid": ((3.0, 3.0), (1.0, 2.9), (1.0, 1.0))}
    assert compared(10, approaches=rising, metric="loss").better == "hybrid"


def test_one_seed_is_no_test() -> None:
    row = compared(1)
    assert (row.p, row.p_adjusted, row.ci_low, row.effect_size, row.better) == (None, None, None, None, None)
    assert row.verdict == "not told apart: one seed is no test, 7 or more are"


def test_too_few_seeds_are_told_how_many_would_do() -> None:
    row = compared(5)
    assert (row.p, row.better, row.seeds_needed, row.detectable) == (2 / 32, None, 7, None)
    assert row.verdict == "not told apart: about 7 seeds would do"


def test_a_difference_that_test_items_could_undo_is_within_the_noise() -> None:
    row = compared(10, items=Items(10.0))
    assert row.p_adjusted is not None
    assert row.p_adjusted < 0.05
    assert row.verdict == "not told apart: within the noise floor, which more seeds do not lower"


def test_without_scores_of_items_nothing_is_better() -> None:
    row = compared(10, items=None)
    assert (row.noise_floor, row.better) == (None, None)
    assert row.verdict == "not told apart: the noise floor of the metric is not known"


def test_without_scores_of_items_more_seeds_alone_would_not_do() -> None:
    assert compared(5, items=None).verdict == "not told apart: about 7 seeds and a known noise floor would do"


def test_what_is_equal_in_every_seed_is_not_counted_as_a_comparison() -> None:
    row = compared(10, "forgetting", {"lora": KEPT, "hybrid": KEPT})
    assert (row.p, row.p_adjusted, row.family) == (None, None, 1)
    assert row.verdict == "not told apart: equal in every seed"


def alternating(gain: float) -> Comparison:
    """Four seeds in which lora is by turns a tenth above and below hybrid, and so much above on top."""
    levels = {"hybrid": [0.5] * 4, "lora": [0.5 + gain + sign * 0.1 for sign in (1, -1, 1, -1)]}
    rows = [
        row
        for name, values in levels.items()
        for seed, value in enumerate(values)
        for row in scores(((0.0, 0.0), (0.6, 0.1), (value, value)), name, seed)
    ]
    return next(row for row in compare_approaches(rows, [ORDER]) if row.statistic == "average")


def test_differences_that_cancel_out_are_said_to() -> None:
    assert alternating(0).verdict == "not told apart: a mean difference of 0"


def test_a_difference_too_small_for_1000_seeds_is_said_to_be() -> None:
    row = alternating(0.0001)
    assert (row.seeds_needed, row.verdict) == (None, "not told apart: 1,000 seeds would not do")


def test_a_metric_off_the_headline_is_described_and_not_tested() -> None:
    rows = [*study(10, TWO), *study(10, TWO, "bleu")]
    found = compare_approaches(rows, [ORDER], {"mined": "bleu"}, LITTLE_NOISE)
    off = next(row for row in found if row.metric == "exact_match")
    assert (off.p, off.family, off.better, off.verdict) == (None, None, None, "not tested")
    assert off.effect_size is not None
    assert {row.verdict for row in found if row.metric == "bleu"} == {"hybrid is better"}


def test_a_metric_that_only_describes_is_not_tested() -> None:
    assert compared(10, metric="complexity").verdict == "not tested"


def test_no_verdict_but_that_of_the_better_one_has_the_word() -> None:
    verdicts = {compared(seeds, statistic).verdict for seeds in (1, 2, 5) for statistic in ("average", "forgetting")}
    assert all(verdict.startswith("not told apart: ") and "better" not in verdict for verdict in verdicts)


def test_the_headline_is_the_recipes_choice_where_it_was_measured() -> None:
    rows = [*scores(KEPT, metric="bleu"), *scores(KEPT, metric="chrf"), *scores(KEPT, metric="exact_match")]
    chosen = [headline_metrics(rows, wanted) for wanted in ({"mined": "bleu"}, {"mined": "loss"}, {})]
    assert chosen == [{"mined": "bleu"}, {"mined": "chrf"}, {"mined": "chrf"}]


def test_orders_of_a_seed_are_one_pair() -> None:
    other = "javascript+python"
    rows = [
        row
        for seed in range(3)
        for name, matrix in TWO.items()
        for order in (ORDER, other)
        for row in scores(matrix, name, seed, order)
    ]
    assert {row.seeds for row in compare_approaches(rows, [ORDER, other])} == {3}


def test_only_seeds_that_both_finished_are_compared() -> None:
    rows = compare_approaches([*scores(KEPT, "a", 1), *scores(KEPT, "a", 2), *scores(LOST, "b", 2)], [ORDER])
    assert {row.seeds for row in rows} == {1}


def test_approaches_without_a_common_seed_are_not_compared() -> None:
    assert compare_approaches([*scores(KEPT, "a", 1), *scores(LOST, "b", 2)], [ORDER]) == ()
