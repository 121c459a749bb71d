"""The slice of a study that both sides are measured on, and what a cell comes to by the rates found on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from graftwork.data.example import Example
from graftwork.data.task import Subset, Task
from graftwork.evaluation.encode import encode
from graftwork.models.load import Base
from graftwork.study.config import ApproachConfig, StudyConfig
from graftwork.study.curve import VALIDATIONS
from graftwork.study.estimate import Amount, work_of
from graftwork.training.batches import Encoded

__all__ = ["WARM_AND_TIMED", "Rates", "Slice", "evenly", "real_tokens"]

WARM_AND_TIMED = range(2)
"""Everything is done twice and timed the second time: what a process prepares for every shape that it meets for the
first time is much of a slice, and little of a study."""


@final
@dataclass(frozen=True)
class Rates:
    """What one side takes for one kind of cell, in seconds."""

    token: tuple[float, float]
    """A real token of training, in the first task and in later ones."""
    item: Mapping[str, float]
    """Generating for one test item, by subset."""
    loss_token: float
    """A real token of a validation loss."""
    gradient_token: float = 0.0
    """A token that the method takes a gradient for besides."""
    keeping: float = 0.0
    """Saving, fingerprinting and probing a task."""


@final
class Slice:
    """A study's data, encoded: what is measured of it, and how much there is of everything."""

    def __init__(self, config: StudyConfig, base: Base, tasks: Mapping[str, Task], items: int) -> None:
        """Get ready; so many test and validation items of each subset of the first task are measured."""
        self.config, self.tasks, self._base = config, tasks, base
        self.first = next(iter(tasks.values()))
        cut = [Subset(one.name, one.train, one.validation[:items], one.test[:items]) for one in self.first.subsets]
        self.cut = Task(self.first.name, self.first.language, tuple(cut))
        self.train = self.encoded(tuple(self.first.examples("train")))
        self.tests = {one.name: self.encoded(one.test) for one in cut}
        self.validation = [row for one in cut for row in self.encoded(one.validation)]
        self._amounts = {name: self._amount(task) for name, task in tasks.items()}
        self._losses = {
            name: sum(real_tokens(self.encoded(one.validation)) for one in task.subsets) for name, task in tasks.items()
        }

    def encoded(self, examples: Sequence[Example]) -> list[Encoded]:
        """Examples as token numbers, as the study has them."""
        config = self.config
        limits = (config.max_source_tokens, config.decoding.max_new_tokens)
        return encode(self._base.tokenizer, list(examples), config.prompt, *limits)

    def _amount(self, task: Task) -> Amount:
        rows = self.encoded(tuple(task.examples("train")))
        return Amount(len(rows), real_tokens(rows) / len(rows))

    def train_seconds(self, approach: ApproachConfig, rates: Rates, equal: Sequence[object] = ()) -> float:
        """Training all tasks of a cell, with the validation losses on the way, and keeping them.

        Those that are equal to another cell's are taken over from it: for each task the cell, None for none.
        """
        training = self.config.training_of(approach)
        works = work_of(approach.method, training, list(self._amounts.values()))
        seconds = 0.0
        for place, (task, work) in enumerate(zip(self.tasks, works, strict=True)):
            seconds += work.gradient_tokens * rates.gradient_token + rates.keeping
            if place >= len(equal) or equal[place] is None:
                losses = (VALIDATIONS + 1) * self._losses[task] * rates.loss_token
                seconds += work.tokens * rates.token[min(place, 1)] + losses
        return seconds

    def evaluate_seconds(self, rates: Rates, scoring: Mapping[str, float]) -> float:
        """Scoring every task once; ``scoring`` is what an output of each subset takes beside generating it."""
        seconds = 0.0
        for name, task in self.tasks.items():
            seconds += self._losses[name] * rates.loss_token
            seconds += sum(len(one.test) * (rates.item[one.name] + scoring[one.name]) for one in task.subsets)
        return seconds


def real_tokens(rows: Sequence[Encoded]) -> int:
    """Source and target tokens, without padding."""
    return sum(len(row.source) + len(row.target) for row in rows)


def evenly(rows: Sequence[Encoded], batches: Sequence[Sequence[int]], count: int) -> list[Sequence[int]]:
    """So many batches of a whole training, evenly from the smallest to the largest with their padding, and one more.

    The clock starts after the first, which is the one in the middle.
    """

    def padded(batch: Sequence[int]) -> int:
        chosen = [rows[index] for index in batch]
        return len(chosen) * (max(len(row.source) for row in chosen) + max(len(row.target) for row in chosen))

    ordered = sorted(batches, key=padded)
    places = [int((step + 0.5) * len(ordered) / count) for step in range(count)]
    return [ordered[len(ordered) // 2], *(ordered[place] for place in places)]
