"""How often a study evaluates while it learns one task after another: what is the same function is measured once."""

import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, final

from transformers.utils import logging

from graftwork.benchmarks.fit import exponent
from graftwork.benchmarks.harness import Measurement, Say, Scale, measurement_of, prove
from graftwork.continual.runner import TaskRecord
from graftwork.models.tiny import tiny_base
from graftwork.results.names import Cell
from graftwork.study.config import StudyConfig
from graftwork.study.run import run_study

__all__ = ["measure"]

COUNTS = {"toy": (1, 2), "quick": (2, 4, 8, 16), "full": (2, 4, 8, 16)}
LINEAR = 1.1
"""An exponent up to which growth counts as linear."""


@final
class _Counter:
    """An observer that counts evaluations as they begin: of tasks that were learned by then, and of others."""

    def __init__(self) -> None:
        self.learned = self.ahead = 0
        self._trained: set[str] = set()

    def start(self, what: str, total: int) -> None:
        """See ``Progress.start``."""
        if found := re.search(r": train (\S+)$", what):
            self._trained.add(found[1])
        elif found := re.search(r": evaluate (\S+)$", what):
            self.learned += found[1] in self._trained
            self.ahead += found[1] not in self._trained

    def advance(self, done: int) -> None:
        """See ``Progress.advance``."""

    def begin(self, num_tasks: int) -> None:
        """See ``Observer.begin``."""

    def task_done(self, cell: Cell, task: str, record: TaskRecord) -> None:
        """See ``Observer.task_done``."""

    def say(self, text: str) -> None:
        """See ``Observer.say``."""

    def beside(self, number: int) -> "_Counter":
        """See ``Observer.beside``."""
        return self


def measure(scale: Scale, say: Say) -> list[Measurement]:
    """Evaluations of an isolated approach against the number of tasks, by running such studies."""
    counts = COUNTS[scale]
    counters = []
    for count in counts:
        say(f"evaluation: {count} tasks")
        counters.append(_study(count))
        prove(counters[-1].learned == count, f"{counters[-1].learned} evaluations of {count} tasks learned")
    return [
        _growth("all together", counts, [one.learned + one.ahead for one in counters], LINEAR),
        _growth("tasks learned", counts, [one.learned for one in counters], LINEAR),
        _growth("tasks ahead, and the base", counts, [one.ahead for one in counters]),
    ]


def _growth(what: str, counts: Sequence[int], evaluations: Sequence[int], limit: float | None = None) -> Measurement:
    """The exponent that evaluations grow with, and how many there were."""
    return measurement_of(
        f"evaluation/{what}",
        exponent(counts, evaluations),
        limit,
        unit="exponent",
        reach=None if limit is None else 1.0,
        conditions={"tasks": counts, "peer": "limit", "evaluations": evaluations},
    )


def _study(count: int) -> _Counter:
    """A study of one isolated approach over so many tasks of generated problems, on a tiny base."""
    counter = _Counter()
    with TemporaryDirectory() as directory:
        base = tiny_base()
        logging.disable_progress_bar()
        base.model.save_pretrained(directory)
        base.tokenizer.save_pretrained(directory)
        subset = {"kind": "generated", "train": 2, "validation": 1, "test": 1}
        recipe: dict[str, Any] = {
            "name": "evaluations",
            "base": directory,
            "tasks": [{"name": f"t{number}", "language": "python", "subsets": [subset]} for number in range(count)],
            "approaches": [{"name": "lora", "components": {"lora": {"kind": "lora", "rank": 1}}}],
            "training": {"epochs": 1, "batch_rows": 2},
            "decoding": {"max_new_tokens": 2},
            "execute": "never",
            "probes": 1,
        }
        run_study(StudyConfig.read(recipe, "benchmark"), Path(directory) / "run", counter)
    return counter
