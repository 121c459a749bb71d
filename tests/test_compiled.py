import tempfile

import numpy as np
import pytest

from graftwork.compiled import compiled


def total(numbers: np.ndarray) -> float:
    summed = np.float32(0.0)
    for number in numbers:
        summed += number
    return summed


def test_a_compiled_loop_gives_what_the_loop_gives() -> None:
    numbers = np.random.default_rng(0).normal(size=1000).astype(np.float32)
    assert compiled(total)(numbers) == total(numbers)


def test_sums_in_any_order_are_equal_but_for_rounding() -> None:
    numbers = np.random.default_rng(0).normal(size=1000).astype(np.float32)
    assert compiled(total, sums_in_any_order=True)(numbers) == pytest.approx(numbers.astype(np.float64).sum(), abs=1e-4)


def test_a_function_is_compiled_once() -> None:
    assert compiled(total) is compiled(total)


def test_a_function_is_compiled_where_nothing_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    def product(numbers: np.ndarray) -> float:
        return numbers[0] * numbers[1]

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)  # by which numba finds out whether it may write
    found = compiled(product)
    assert found(np.array([6.0, 7.0])) == 42
    assert found.stats.cache_path is None
