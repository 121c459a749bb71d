"""How everything is measured: ours and the peer's by turns, after a proof that both do the same work.

A benchmark is a function in a file of its own, ``measure(scale, say)``, which returns measurements; ``catalogue.py``
names it. It calls ``compare`` (two functions that do the same) or ``within`` (one function and a limit), and
``peak_memory`` where memory matters.
"""

import gc
import importlib
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, final

import torch
from pydantic import Field

from graftwork.config import Config
from graftwork.errors import InputError, StudyError

__all__ = ["Measurement", "Say", "Scale", "Unit", "compare", "measurement_of", "peer_package", "prove", "within"]

Scale = Literal["toy", "quick", "full"]
"""``toy`` is for tests (seconds, its figures mean nothing), ``quick`` for a first look, ``full`` for what is told."""
Say = Callable[[str], None]
"""Told what is going on."""
Unit = Literal["seconds", "bytes", "a second", "exponent"]
"""What is measured; of ``a second`` (tokens, rows) more is better, of the others less."""

REPETITIONS = 5


@final
class Measurement(Config):
    """One thing measured; a ratio above one means that ours is better."""

    name: str
    """``<benchmark>/<what>``."""
    ours: float
    peer: float | None
    """The peer's; where the conditions say ``peer: limit``, the limit that ours has to keep within."""
    ratio: float | None
    """How many times better ours is than the peer's."""
    reach: float | None
    """What the ratio is to be at least; None where it is only looked at."""
    peak_memory_ratio: float | None = Field(default=None)
    """Our peak memory by the peer's; less is better."""
    conditions: dict[str, Any]
    """``unit``, ``peer`` (what it is), sizes, threads, and the quartiles of the repetitions."""

    @property
    def reached(self) -> bool | None:
        """Whether the ratio is what it is to be; None if nothing was asked."""
        return None if self.reach is None or self.ratio is None else self.ratio >= self.reach


@final
@dataclass(frozen=True)
class _Times:
    """The repetitions of one side, in seconds."""

    seconds: tuple[float, ...]

    def quartiles(self) -> tuple[float, float, float]:
        if len(self.seconds) == 1:
            return (self.seconds[0],) * 3
        low, middle, high = statistics.quantiles(self.seconds, n=4, method="inclusive")
        return low, middle, high


def compare(
    name: str,
    ours: Callable[[], object],
    peer: Callable[[], object],
    *,
    proof: Callable[[], None],
    peer_is: str,
    reach: float | None = None,
    work: float | None = None,
    peer_work: float | None = None,
    repetitions: int = REPETITIONS,
    conditions: Mapping[str, Any] | None = None,
    peak_memory_ratio: float | None = None,
    warm_up: bool = True,
) -> Measurement:
    """Measure two functions that do the same work by turns, and compare their medians.

    Args:
        name: ``<benchmark>/<what>``.
        ours: does the work once.
        peer: does it once in the peer's way.
        proof: run first; it calls ``prove`` with whether both do the same work.
        peer_is: what the peer is, in words.
        reach: what the ratio is to be at least.
        work: how much is done each time (tokens, rows); the figures are then ``a second``, else seconds.
        peer_work: how much the peer does each time, where that is another amount.
        repetitions: of each, at least five in what is told.
        conditions: what else the figures depend on.
        peak_memory_ratio: where memory was measured, our peak by the peer's.
        warm_up: run both once more before; False where the proof does what is measured.

    Raises:
        StudyError: the two do not do the same work.
    """
    proof()
    if warm_up:
        ours()
        peer()
    gc.collect()
    ours_times: list[float] = []
    peer_times: list[float] = []
    for _ in range(repetitions):
        ours_times.append(_seconds(ours))
        peer_times.append(_seconds(peer))
    rates = _rates(_Times(tuple(ours_times)), work), _rates(_Times(tuple(peer_times)), peer_work or work)
    shown = {"peer": peer_is, "ours_quartiles": rates[0], "peer_quartiles": rates[1]}
    return measurement_of(
        name,
        rates[0][1],
        rates[1][1],
        unit="seconds" if work is None else "a second",
        reach=reach,
        conditions={**shown, "repetitions": repetitions, **(conditions or {})},
        peak_memory_ratio=peak_memory_ratio,
    )


def within(
    name: str,
    ours: Callable[[], object],
    limit: float,
    *,
    proof: Callable[[], None],
    calls: int = 1,
    repetitions: int = REPETITIONS,
    conditions: Mapping[str, Any] | None = None,
) -> Measurement:
    """Measure one function against a limit in seconds a call.

    Args:
        name: ``<benchmark>/<what>``.
        ours: makes the calls once.
        limit: the seconds that one call may take.
        proof: run first; it calls ``prove`` with whether the function does what it says, and warms up.
        calls: how many calls ``ours`` makes.
        repetitions: of the whole.
        conditions: what else the figure depends on.

    Raises:
        StudyError: the function does not do what it says.
    """
    proof()
    gc.collect()
    times = _Times(tuple(_seconds(ours) / calls for _ in range(repetitions)))
    quartiles = times.quartiles()
    shown = {"peer": "limit", "ours_quartiles": quartiles, "repetitions": repetitions, **(conditions or {})}
    return measurement_of(name, quartiles[1], limit, unit="seconds", reach=1.0, conditions=shown)


def measurement_of(
    name: str,
    ours: float,
    peer: float | None,
    *,
    unit: Unit,
    reach: float | None = None,
    conditions: Mapping[str, Any] | None = None,
    peak_memory_ratio: float | None = None,
) -> Measurement:
    """A measurement from figures that were taken, with its ratio and the number of threads."""
    ratio = None
    if peer is not None and ours > 0 and peer > 0:
        ratio = ours / peer if unit == "a second" else peer / ours
    shown = {"unit": unit, "threads": torch.get_num_threads(), **(conditions or {})}
    return Measurement(
        name=name,
        ours=ours,
        peer=peer,
        ratio=ratio,
        reach=reach,
        peak_memory_ratio=peak_memory_ratio,
        conditions=shown,
    )


def prove(same: bool, what: str) -> None:
    """Stop a benchmark whose two sides do not do the same work.

    Raises:
        StudyError: they do not.
    """
    if not same:
        raise StudyError(f"nothing was measured: {what}")


def peer_package(name: str) -> Any:
    """Import a peer's package.

    Raises:
        InputError: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name.partition(".")[0]:
            raise
        raise InputError(f"{name} is not installed", "bench", "pip install 'graftwork[bench]'") from None


def _seconds(function: Callable[[], object]) -> float:
    """The seconds of one call, in which no garbage is collected."""
    _wait_for_device()
    gc.disable()
    try:
        started = time.perf_counter()
        function()
        _wait_for_device()
        return time.perf_counter() - started
    finally:
        gc.enable()


def _wait_for_device() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def _rates(times: _Times, work: float | None) -> Sequence[float]:
    """Quartiles in seconds, or in work a second."""
    quartiles = times.quartiles()
    return quartiles if work is None else tuple(sorted(work / seconds for seconds in quartiles))
