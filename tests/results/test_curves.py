from typing import Any

from graftwork.results import Cell, thin_curve

CELL = Cell("lora", "python", 1)


def steps(number: int) -> list[dict[str, Any]]:
    return [{"step": step, "tokens": 10 * step, "loss": float(step)} for step in range(1, number + 1)]


def test_a_short_curve_is_kept_whole() -> None:
    assert [point.loss for point in thin_curve(steps(5), CELL, "python")] == [1, 2, 3, 4, 5]


def test_a_point_is_the_mean_of_the_steps_it_stands_for() -> None:
    points = thin_curve(steps(6), CELL, "python", most=3)
    assert [(point.step, point.tokens, point.loss) for point in points] == [(2, 20, 1.5), (4, 40, 3.5), (6, 60, 5.5)]


def test_the_last_step_is_always_there() -> None:
    assert thin_curve(steps(7), CELL, "python", most=3)[-1].step == 7


def test_no_validation_loss_is_lost() -> None:
    rows = steps(100)
    rows[6]["validation"] = [{"task": "python", "subset": "mined", "loss": 2.0}]
    points = thin_curve(rows, CELL, "python", most=2)
    assert [point.step for point in points if point.validation] == [7]


def test_a_moment_before_training_has_no_loss() -> None:
    rows = [{"step": 0, "tokens": 0, "loss": None}, *steps(1)]
    assert [point.loss for point in thin_curve(rows, CELL, "python")] == [None, 1.0]


def test_a_loss_that_is_no_number_does_not_reach_the_records() -> None:
    rows = [{"step": 1, "tokens": 1, "loss": float("nan")}]
    assert thin_curve(rows, CELL, "python")[0].loss is None


def test_no_steps_are_no_points() -> None:
    assert thin_curve([], CELL, "python") == ()
