import pytest
from hypothesis import given
from hypothesis import strategies as st

from graftwork.statistics.continual import (
    average,
    backward_transfer,
    forgetting,
    forgetting_rate,
    forward_transfer,
    intransigence,
    retention,
    summarize,
)

TWO = [[0.1, 0.2], [0.8, 0.3], [0.6, 0.9]]
"""Base; after the first task; after the second, which took 0.2 from the first."""

THREE = [[0.1, 0.1, 0.2], [0.5, 0.3, 0.1], [0.7, 0.6, 0.4], [0.4, 0.8, 0.9]]

FRACTIONS = st.floats(0.01, 1)


@st.composite
def matrices(draw: st.DrawFn) -> list[list[float]]:
    num_tasks = draw(st.integers(2, 4))
    row = st.lists(FRACTIONS, min_size=num_tasks, max_size=num_tasks)
    return draw(st.lists(row, min_size=num_tasks + 1, max_size=num_tasks + 1))


def test_two_tasks_by_hand() -> None:
    assert summarize(TWO, individual=[0.8, 1.0]) == pytest.approx(
        {
            "average": (0.6 + 0.9) / 2,
            "forgetting": 0.8 - 0.6,
            "forgetting_rate": (0.8 - 0.6) / 0.8,
            "backward_transfer": 0.6 - 0.8,
            "forward_transfer": 0.3 - 0.2,
            "retention": (0.6 / 0.8 + 0.9 / 0.2) / 2,
            "intransigence": ((0.8 - 0.8) + (1.0 - 0.9)) / 2,
        }
    )


def test_three_tasks_by_hand() -> None:
    assert summarize(THREE, individual=[0.6, 0.6, 0.6]) == pytest.approx(
        {
            "average": (0.4 + 0.8 + 0.9) / 3,
            "forgetting": ((0.7 - 0.4) + (0.6 - 0.8)) / 2,
            "forgetting_rate": ((0.5 - 0.4) / 0.5 + (0.6 - 0.8) / 0.6) / 2,
            "backward_transfer": ((0.4 - 0.5) + (0.8 - 0.6)) / 2,
            "forward_transfer": ((0.3 - 0.1) + (0.4 - 0.2)) / 2,
            "retention": ((0.4 / 0.5 + 0.8 / 0.6) / 2 + (0.6 / 0.1 + 0.9 / 0.2) / 2) / 2,
            "intransigence": ((0.6 - 0.5) + (0.6 - 0.6) + (0.6 - 0.9)) / 3,
        }
    )


def test_forgetting_is_measured_from_the_best_score_before() -> None:
    # The first task was best after the second task (0.7), not after its own (0.5).
    assert forgetting([[0, 0, 0], [0.5, 0, 0], [0.7, 0, 0], [0.4, 0, 0]]) == pytest.approx(0.3 / 2)


def test_forgetting_does_not_count_the_base() -> None:
    assert forgetting([[0.9, 0.0], [0.5, 0.0], [0.5, 0.0]]) == 0


def test_improvement_is_forgetting_below_0() -> None:
    assert forgetting([[0, 0], [0.5, 0], [0.6, 0]]) == pytest.approx(-0.1)


def test_harm_to_a_later_task_is_forward_transfer_below_0() -> None:
    assert forward_transfer([[0, 0.3], [0.5, 0.1], [0.5, 0.9]]) == pytest.approx(-0.2)


def test_an_isolated_task_is_forgotten_exactly_not_at_all() -> None:
    kept = 0.1 + 0.2
    measures = summarize([[0.0, 0.3], [kept, 0.3], [kept, 0.7]])
    assert measures["forgetting"] == measures["forgetting_rate"] == measures["backward_transfer"] == 0


def test_one_task_leaves_only_what_needs_no_other() -> None:
    measures = summarize([[0.1], [0.5]], individual=[0.7])
    defined = {name: value for name, value in measures.items() if value is not None}
    assert defined == pytest.approx({"average": 0.5, "intransigence": 0.2})


def test_intransigence_needs_a_reference() -> None:
    assert summarize(TWO)["intransigence"] is None


def test_a_rate_of_nothing_learned_is_undefined() -> None:
    assert forgetting_rate([[0, 0], [0, 0], [0.5, 0.5]]) is None


def test_retention_above_a_base_of_0_is_undefined() -> None:
    assert retention([[0, 0], [0.5, 0], [0.5, 0.5]]) is None


def test_a_missing_score_makes_undefined_only_what_needs_it() -> None:
    matrix: list[list[float | None]] = [[0.1, 0.2], [0.8, None], [0.6, 0.9]]
    assert forward_transfer(matrix) is None
    assert forgetting(matrix) == forgetting(TWO)
    assert retention(matrix) == retention(TWO)


def test_a_loss_that_rises_is_forgotten() -> None:
    losses = [[5.0, 5.0], [1.0, 4.0], [2.0, 1.0]]
    measures = summarize(losses, lower_is_better=True, individual=[1.0, 0.5])
    assert measures == pytest.approx(
        {
            "average": 1.5,
            "forgetting": 1.0,
            "forgetting_rate": 1.0,
            "backward_transfer": -1.0,
            "forward_transfer": 1.0,
            "retention": (1.0 / 2.0 + 5.0 / 1.0) / 2,
            "intransigence": 0.25,
        }
    )


def test_nothing_changed_is_0_and_never_minus_0() -> None:
    measures = summarize([[1.0, 1.0]] * 3, lower_is_better=True, individual=[1.0, 1.0])
    assert all(str(value) != "-0.0" for value in measures.values())


@given(matrices())
def test_differences_turn_around_with_the_direction(matrix: list[list[float]]) -> None:
    negative = [[-value for value in row] for row in matrix]
    for measure in (forgetting, backward_transfer, forward_transfer):
        assert measure(matrix) == measure(negative, lower_is_better=True)


@given(matrices())
def test_retention_turns_around_with_the_direction(matrix: list[list[float]]) -> None:
    inverse = [[1 / value for value in row] for row in matrix]
    assert retention(matrix) == pytest.approx(retention(inverse, lower_is_better=True))


@given(matrices())
def test_forgetting_is_at_least_what_backward_transfer_lost(matrix: list[list[float]]) -> None:
    forgotten, transferred = forgetting(matrix), backward_transfer(matrix)
    assert forgotten is not None
    assert transferred is not None
    assert forgotten >= -transferred - 1e-12


@given(matrices())
def test_the_average_stays_in_the_metrics_own_direction(matrix: list[list[float]]) -> None:
    assert summarize(matrix, lower_is_better=True)["average"] == average(matrix)


@given(matrices(), st.floats(-1, 1))
def test_intransigence_is_how_much_more_the_reference_reached(matrix: list[list[float]], more: float) -> None:
    individual = [row[task] + more for task, row in enumerate(matrix[1:])]
    assert intransigence(matrix, individual) == pytest.approx(more, abs=1e-12)


def test_retention_of_the_study() -> None:
    # LoRA: Python 0.2150, of which later training took 0.78 %; JavaScript 0.0196 before and 0.2489 after.
    after_javascript = 0.2150 * (1 - 0.0078)
    value = retention([[0.0038, 0.0196], [0.2150, None], [after_javascript, 0.2489]])
    # The study's inputs are rounded to four digits, and the base's is small.
    assert value == pytest.approx(6.83, abs=0.03)


def test_forgetting_rate_of_the_study() -> None:
    hybrid: list[list[float | None]] = [[0.0038, 0.0196], [0.2569, None], [0.2456, 0.2425]]
    assert forgetting_rate(hybrid) == pytest.approx(0.0438, abs=5e-4)


def test_what_the_study_clips_to_0_is_shown() -> None:
    # P_base, J_base; P_afterP, J_afterP; P_afterJ, J_afterJ
    matrix = [[0.1, 0.3], [0.5, 0.2], [0.6, 0.7]]
    assert forward_transfer(matrix) == pytest.approx(-0.1)
    assert backward_transfer(matrix) == pytest.approx(0.1)


@pytest.mark.parametrize("matrix", [[], [[]], [[0.1, 0.2]], [[0.1, 0.2], [0.1], [0.1, 0.2]]])
def test_a_matrix_of_another_shape_is_refused(matrix: list[list[float]]) -> None:
    with pytest.raises(ValueError, match=r"T \+ 1 rows"):
        average(matrix)


def test_references_of_another_number_are_refused() -> None:
    with pytest.raises(ValueError, match="2 tasks"):
        intransigence(TWO, [0.5])
