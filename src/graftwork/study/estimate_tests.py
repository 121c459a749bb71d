"""How long running the tests of a study's items takes here: by running some references as a model's outputs."""

import time
from collections.abc import Callable

from graftwork.data.task import Task
from graftwork.evaluation.item_tests import Wanted, find_item_tests

__all__ = ["execution_seconds"]

RUN = 8
"""Programs of a subset that are timed."""


def execution_seconds(task: Task, wanted: Wanted, say: Callable[[str], None]) -> float:
    """Seconds that the tests of all outputs for a task take, if each is a program that was not run before.

    What loops for ever takes longer than the references that are run here, an output that is known no time.

    Args:
        task: whose test items' references are run, a few of each subset that has tests.
        wanted: whether the study runs them; nothing is run, and nothing takes time, where it does not.
        say: told which language cannot be run here, and why.

    Raises:
        InputError: the study wants them run always, and they cannot be run here.
    """
    tests = find_item_tests({one.language for one in task.examples("test") if one.tests}, wanted, say)
    seconds = 0.0
    for subset in task.subsets:
        if tests is None or not tests.apply(subset.test):
            continue
        first, *others = subset.test[: RUN + 1]
        if others:
            tests.passed([first.target], [first])  # what is prepared once is not timed
        timed = others or [first]
        started = time.perf_counter()
        tests.passed([one.target for one in timed], timed)
        seconds += (time.perf_counter() - started) / len(timed) * len(subset.test)
    return seconds
