import time
from typing import Any

import pytest

from graftwork.benchmarks.fit import exponent
from graftwork.benchmarks.harness import compare, measurement_of, peer_package, prove, within
from graftwork.benchmarks.memory import peak_memory
from graftwork.errors import InputError, StudyError


def fails() -> None:
    prove(False, "the tokens differ")


def test_sides_are_measured_by_turns_after_the_proof() -> None:
    calls: list[str] = []
    compare(
        "a/b",
        lambda: calls.append("ours"),
        lambda: calls.append("peer"),
        proof=lambda: calls.append("proof"),
        peer_is="p",
        repetitions=3,
    )
    assert calls == ["proof", *["ours", "peer"] * 4]  # once to warm up


def test_nothing_is_measured_without_equal_work() -> None:
    calls: list[int] = []
    with pytest.raises(StudyError, match="nothing was measured: the tokens differ"):
        compare("a/b", lambda: calls.append(1), lambda: calls.append(2), proof=fails, peer_is="p")
    with pytest.raises(StudyError, match="nothing was measured: the tokens differ"):
        within("a/b", lambda: calls.append(1), 1.0, proof=fails)
    assert calls == []


@pytest.mark.parametrize(("unit", "ratio"), [("a second", 0.5), ("seconds", 2.0), ("bytes", 2.0), ("exponent", 2.0)])
def test_a_ratio_above_one_means_that_ours_is_better(unit: Any, ratio: float) -> None:
    assert measurement_of("a/b", 1.0, 2.0, unit=unit).ratio == ratio


def test_a_slower_side_takes_longer() -> None:
    measured = compare(
        "a/b", lambda: None, lambda: time.sleep(0.02), proof=lambda: None, peer_is="p", work=10, reach=2.0
    )
    assert measured.ratio is not None and measured.ratio > 2
    assert measured.reached
    assert measured.peer is not None and measured.peer < 500


def test_the_reach_is_judged_by_the_ratio() -> None:
    assert measurement_of("a/b", 1.0, 2.0, unit="seconds", reach=2.5).reached is False
    assert measurement_of("a/b", 1.0, None, unit="seconds", reach=2.5).reached is None


def test_a_peer_that_is_not_installed_is_said_in_one_line() -> None:
    with pytest.raises(InputError, match=r"no_such_peer is not installed; pip install 'graftwork\[bench\]'"):
        peer_package("no_such_peer")


def test_a_power_is_found_again() -> None:
    assert exponent([2, 4, 8], [12, 48, 192]) == pytest.approx(2)
    assert exponent([2, 4, 8], [3, 3, 3]) == pytest.approx(0)


def takes(megabytes: int) -> None:
    assert len(b"x" * (megabytes << 20)) == megabytes << 20


def test_memory_is_what_the_call_takes() -> None:
    used = peak_memory(f"{__name__}:takes", megabytes=64)
    assert 60 << 20 <= used < 96 << 20


def test_a_call_that_fails_while_its_memory_is_measured_is_said() -> None:
    with pytest.raises(StudyError, match="takes failed"):
        peak_memory(f"{__name__}:takes", no_such_argument=1)
