"""What a method asks of the model while a task is trained, and what that costs."""

from collections.abc import Callable, Sequence
from typing import final

import torch
from transformers import PreTrainedModel
from transformers.utils import ModelOutput

from graftwork.continual.method import Step
from graftwork.data.example import Example
from graftwork.training.batches import Batch, Encoded, collate_for, inputs_of, target_losses
from graftwork.training.loop import TrainingConfig, precision

__all__ = ["Moments", "target_logits"]


@final
class Moments:
    """Answers a method about the model as it is at the moment, and counts the tokens that this takes."""

    def __init__(
        self, model: PreTrainedModel, encode: Callable[[Sequence[Example]], list[Encoded]], config: TrainingConfig
    ) -> None:
        self._model, self._encode, self._config = model, encode, config
        self.forward_tokens = 0
        """Tokens passed forward alone."""
        self.gradient_tokens = 0
        """Tokens passed forward so that a gradient can be taken."""

    def state(self) -> dict[str, int]:
        """The counts, for a checkpoint."""
        return {"forward_tokens": self.forward_tokens, "gradient_tokens": self.gradient_tokens}

    def take_up(self, state: dict[str, int] | None) -> None:
        """Go on counting from there; None is the beginning."""
        if state is not None:
            self.forward_tokens, self.gradient_tokens = state["forward_tokens"], state["gradient_tokens"]

    def log_likelihood(self, example: Example) -> torch.Tensor:
        """Log p(target | prompt) in nats, summed over the target's tokens: a scalar with its gradient, in float32."""
        batch = collate_for(self._model, self._encode([example]), [0])
        self.gradient_tokens += batch.num_tokens
        logits = self._model(**inputs_of(self._model, batch)).logits
        labels = batch.labels.to(logits.device)
        return -target_losses(logits, labels, self._model.config.is_encoder_decoder).sum()

    def step(self, batch: Batch, output: ModelOutput) -> Step:
        """One step of training as a method sees it."""
        return Step(
            logits=lambda: target_logits(self._model, batch, output.logits),
            logits_again=lambda: self._logits_again(batch),
        )

    @torch.no_grad()
    def _logits_again(self, batch: Batch) -> torch.Tensor:
        self.forward_tokens += batch.num_tokens
        with precision(self._config, self._model.device):
            logits = self._model(**inputs_of(self._model, batch)).logits
        return target_logits(self._model, batch, logits)


def target_logits(model: PreTrainedModel, batch: Batch, logits: torch.Tensor) -> torch.Tensor:
    """The logits that target tokens are predicted by, row after row: (tokens, vocabulary)."""
    labels = batch.labels.to(logits.device)
    if not model.config.is_encoder_decoder:  # a place predicts the next one
        logits, labels = logits[:, :-1], labels[:, 1:]
    return logits[labels != -100]
