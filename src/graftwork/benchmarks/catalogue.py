"""The benchmarks there are, by name; one is imported when it is run."""

import importlib
from collections.abc import Callable, Mapping, Sequence

from graftwork.benchmarks.harness import Measurement, Say, Scale
from graftwork.errors import InputError, nearest

__all__ = ["BENCHMARKS", "run_benchmarks"]

BENCHMARKS: Mapping[str, str] = {
    "start": "graftwork.benchmarks.start",
    "switching": "graftwork.benchmarks.switching",
    "rows": "graftwork.benchmarks.rows",
    "library": "graftwork.benchmarks.library",
    "training": "graftwork.benchmarks.training",
    "activations": "graftwork.benchmarks.activations",
    "together": "graftwork.benchmarks.together",
    "generation": "graftwork.benchmarks.generation",
    "evaluation": "graftwork.benchmarks.evaluation",
    "study": "graftwork.benchmarks.study",
    "growth": "graftwork.benchmarks.growth",
}
"""The module of each, whose ``measure(scale, say)`` returns its measurements."""


def run_benchmarks(
    names: Sequence[str], scale: Scale, say: Say = lambda text: None, on_done: Callable[[Measurement], None] = print
) -> list[Measurement]:
    """Run benchmarks by name, all of them if none is named.

    Args:
        names: which.
        scale: how large.
        say: told what is going on.
        on_done: given each measurement as soon as its benchmark is done.

    Raises:
        InputError: there is no benchmark of a name, or a peer is not installed.
        StudyError: two sides do not do the same work.
    """
    for name in names:
        if name not in BENCHMARKS:
            raise InputError(f"no benchmark is called {name!r}", "bench", nearest(name, BENCHMARKS))
    measurements: list[Measurement] = []
    for name in names or BENCHMARKS:
        say(name)
        for measurement in importlib.import_module(BENCHMARKS[name]).measure(scale, say):
            measurements.append(measurement)
            on_done(measurement)
    return measurements
