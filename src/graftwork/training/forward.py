"""One training step's forward and backward pass, by the base's own modules or by quicker ones."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Protocol, final

import torch
from torch import nn
from transformers import PreTrainedModel

from graftwork.models.quick import Layout, QuickForward
from graftwork.training.activations import Activations
from graftwork.training.batches import IGNORED_LABEL, Batch, inputs_of
from graftwork.training.vocabulary_loss import vocabulary_loss

__all__ = ["Output", "StepForward"]


class Output(Protocol):
    """What a model said of a batch: the loss, and the logits for a method that asks for them."""

    @property
    def loss(self) -> torch.Tensor:
        """Mean cross-entropy of the target tokens in nats: a scalar with its gradient."""

    @property
    def logits(self) -> torch.Tensor:
        """(rows, places, vocabulary), with their gradient."""


@final
class _FromStates:
    """The loss from the states below the head; logits are made if somebody asks."""

    def __init__(self, loss: torch.Tensor, states: torch.Tensor, weight: torch.Tensor, layout: Layout | None) -> None:
        self.loss, self._states, self._weight, self._layout = loss, states, weight, layout

    @property
    def logits(self) -> torch.Tensor:
        states = self._states if self._layout is None else self._layout.padded(self._states[0])
        return nn.functional.linear(states, self._weight.to(states.dtype))


@final
class StepForward:
    """Passes batches through a model that is being trained; made for one training, when it is known what is frozen."""

    def __init__(self, model: PreTrainedModel, bf16: bool, quick: bool) -> None:
        """Get ready.

        Args:
            model: in the state it is to be trained in.
            bf16: whether training runs under autocast to bfloat16.
            quick: whether to go the quicker ways where there are some; else the model computes as it always does.
        """
        self._model = model
        head: Any = model.get_output_embeddings()
        self._quick = QuickForward(model, bf16) if quick and model.device.type == "cpu" else None
        self._head = head
        self._dtype = torch.bfloat16 if bf16 else torch.float32
        self._weight: torch.Tensor | None = None
        if self._quick and isinstance(head, nn.Linear) and head.bias is None:
            trained = head.weight.requires_grad
            self._weight = head.weight if trained else head.weight.detach().to(self._dtype)
        self._activations: Activations | None = None

    def leave_out(self, activations: Activations | None) -> None:
        """From now on take what the frozen blocks return as stored; None to compute them."""
        self._activations = activations

    @contextmanager
    def active(self) -> Iterator[None]:
        """In this block the model computes the quicker way, if one was chosen."""
        if self._quick is None:
            yield
            return
        with self._quick.active():
            yield

    def __call__(self, batch: Batch) -> Output:
        """The loss of a batch."""
        model = self._model
        if self._weight is None or self._head._forward_hooks or self._head._forward_pre_hooks:
            device = model.device
            with self._leaving_out(batch):
                output: Output = model(
                    input_ids=batch.input_ids.to(device),
                    attention_mask=batch.attention_mask.to(device),
                    labels=batch.labels.to(device),
                    use_cache=False,
                )
            return output
        packing = self._quick.packing() if self._quick else None
        if packing is None:
            with _handing_on(self._head), self._leaving_out(batch):
                states = model(**inputs_of(model, batch)).logits
            return self._lost(states, batch.labels.to(model.device), None)
        real = batch.attention_mask.bool()
        source, target = Layout.of(real), Layout.of(batch.labels != IGNORED_LABEL)
        written = model.prepare_decoder_input_ids_from_labels(batch.labels)
        rows = {"input_ids": source.packed(batch.input_ids), "decoder_input_ids": target.packed(written)}
        leaving_out = self._leaving_out(batch, {"encoder": source, "decoder": target})
        with _handing_on(self._head), packing(source, target, real), leaving_out:
            states = model(use_cache=False, **{name: numbers[None] for name, numbers in rows.items()}).logits
        return self._lost(states, target.packed(batch.labels)[None], target)

    def _leaving_out(self, batch: Batch, layouts: Mapping[str, Layout] | None = None) -> AbstractContextManager[None]:
        """Around a step's own pass, and not in all of ``active``, in which a method may pass other batches through."""
        return nullcontext() if self._activations is None else self._activations.acting(batch, layouts)

    def _lost(self, states: torch.Tensor, labels: torch.Tensor, layout: Layout | None) -> Output:
        """The loss from the states below the head, at all places of a batch or those of a layout."""
        assert self._weight is not None
        encoder_decoder = self._model.config.is_encoder_decoder
        below, wanted = (states, labels) if encoder_decoder else (states[:, :-1], labels[:, 1:])
        places = (wanted != IGNORED_LABEL).flatten().nonzero().squeeze(1)
        rows = below.flatten(0, 1).index_select(0, places).to(self._dtype)
        loss = vocabulary_loss(rows, self._weight, wanted.flatten()[places])
        return _FromStates(loss, states, self._weight, layout)


@contextmanager
def _handing_on(head: nn.Module) -> Iterator[None]:
    """In this block the head returns what it is given, so that logits are made only where they are needed."""
    own = head.__dict__.get("forward")
    head.__dict__["forward"] = lambda states: states
    try:
        yield
    finally:
        del head.__dict__["forward"]
        if own is not None:
            head.__dict__["forward"] = own
