"""The work bench of all analyses: the study's base, its tasks cut to some items, and what was generated already."""

from collections.abc import Iterable, Mapping
from typing import final

from graftwork.data.example import Example
from graftwork.data.task import Subset, Task
from graftwork.evaluation.encode import encode, prompt_for, text_of
from graftwork.evaluation.evaluate import subset_loss
from graftwork.evaluation.generate import generate_greedy
from graftwork.metrics import score_predictions
from graftwork.models.load import Base
from graftwork.results.predictions import Prediction
from graftwork.study.config import StudyConfig
from graftwork.study.progress import Progress
from graftwork.training.batches import Encoded

__all__ = ["Bench", "Scores"]

Scores = Mapping[str, Mapping[str, float]]
"""Subset -> metric -> value."""


@final
class Bench:
    """Encodes, scores and measures losses of the model as it is."""

    def __init__(
        self,
        config: StudyConfig,
        base: Base,
        tasks: Mapping[str, Task],
        items: int,
        generated: Iterable[Prediction],
        progress: Progress,
    ) -> None:
        """Lay out the material.

        Args:
            config: the study.
            base: its base.
            tasks: its tasks, whole.
            items: at most so many test items, and so many validation items, of a subset are looked at.
            generated: what the study generated; the same function need not generate it again.
            progress: told how far a piece of work is.
        """
        self.config, self.base, self.tasks, self.progress = config, base, tasks, progress
        self.few = {name: _cut(task, items) for name, task in tasks.items()}
        """The tasks cut to the items that are looked at; training examples are all there."""
        self._generated: dict[tuple[str, str], dict[tuple[str, str], str]] = {}
        for row in generated:
            self._generated.setdefault((row.fingerprint, row.task), {})[row.subset, row.id] = row.prediction
        self._scores: dict[tuple[str, str], Scores] = {}

    def encode(self, examples: Iterable[Example]) -> list[Encoded]:
        """Examples as the study encodes them."""
        config = self.config
        kind = self.base.model.config.is_encoder_decoder
        longest = config.decoding.max_new_tokens
        return encode(self.base.tokenizer, list(examples), config.prompt, config.max_source_tokens, longest, kind)

    def losses(self, task: str) -> dict[str, float]:
        """The loss of the model as it is, on the validation items of each subset, in nats a target token."""
        return {one.name: subset_loss(self.base.model, self.encode(one.validation)) for one in self.few[task].subsets}

    def loss_items(self, task: str) -> dict[str, int]:
        """How many items the losses rest on, by subset."""
        return {one.name: len(one.validation) for one in self.few[task].subsets}

    def scores(self, task: str, function: str) -> Scores:
        """Every metric of what the model as it is writes for a task, and its loss.

        Args:
            task: name of the task.
            function: what tells the model as it is from all others: a fingerprint, or words of one's own. What the
                study generated with an equal fingerprint is taken, else it is generated.
        """
        known = self._scores.get((function, task))
        if known is None:
            known = self._scores[function, task] = self._score(task, function)
        return known

    def _score(self, task: str, function: str) -> Scores:
        losses, few = self.losses(task), self.few[task]
        texts = self._generated.get((function, task), {})
        missing = [(one.name, item) for one in few.subsets for item in one.test if (one.name, item.id) not in texts]
        texts = texts | dict(zip([(name, item.id) for name, item in missing], self._write(missing), strict=True))
        found = {}
        for one in few.subsets:
            predictions = [texts[one.name, item.id] for item in one.test]
            prompts = [prompt_for(item, self.config.prompt) for item in one.test]
            scored = score_predictions(predictions, [item.target for item in one.test], few.language, prompts)
            found[one.name] = {**scored.corpus, "loss": losses[one.name]}
        return found

    def _write(self, items: list[tuple[str, Example]]) -> list[str]:
        sources = [row.source for row in self.encode(item for _, item in items)]
        outputs = generate_greedy(self.base.model, sources, self.config.decoding, self.progress.advance)
        return [text_of(self.base.tokenizer, tokens) for tokens in outputs]

    def items(self, task: str, metric: str) -> dict[str, int]:
        """How many items a score rests on, by subset."""
        if metric == "loss":
            return self.loss_items(task)
        return {one.name: len(one.test) for one in self.few[task].subsets}


def _cut(task: Task, items: int) -> Task:
    subsets = tuple(Subset(one.name, one.train, one.validation[:items], one.test[:items]) for one in task.subsets)
    return Task(task.name, task.language, subsets)
