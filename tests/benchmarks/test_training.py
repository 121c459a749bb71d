from collections.abc import Callable
from typing import Any

import pytest
import torch

from graftwork.benchmarks import training
from graftwork.benchmarks.data import t5_of_shapes
from graftwork.errors import StudyError
from graftwork.models.linear import linears_of
from graftwork.training.batches import Encoded


def test_training_is_measured_against_the_peer_and_the_machine() -> None:
    measurements = {one.name: one for one in training.measure("toy", lambda text: None)}
    assert set(measurements) == {f"training/{name}" for name in (*training.PEERS, "matrix rate")}
    assert all(one.ours > 0 and one.peer is not None and one.ratio is not None for one in measurements.values())


def test_other_batches_than_the_peers_stop_the_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    batches_of: Callable[..., list[list[int]]] = training.batches_of

    def other(*arguments: Any, **keywords: Any) -> list[list[int]]:
        return batches_of(*arguments, **keywords)[::-1]

    monkeypatch.setattr(training, "batches_of", other)
    with pytest.raises(StudyError, match="the losses are .* apart"):
        training.measure("toy", lambda text: None)


def test_the_operations_of_a_step_are_those_that_pytorch_counts() -> None:
    """Forward and back to the inputs of a frozen base: all of it, but for attention's pairs, which are few here."""
    from torch.utils.flop_counter import FlopCounterMode

    model = t5_of_shapes(d_model=64, d_ff=128, d_kv=16, num_heads=4, num_layers=2, num_decoder_layers=2, vocab_size=999)
    model.requires_grad_(False)
    states = model.get_input_embeddings()(torch.arange(8)[None]).requires_grad_()
    with FlopCounterMode(display=False) as counter:
        output = model(inputs_embeds=states, decoder_inputs_embeds=states, labels=torch.arange(8)[None])
        output.loss.backward()
    branches = sum(6 * training.RANK * 8 * sum(one.weight.shape) for one in linears_of(model.encoder).values())
    branches += sum(6 * training.RANK * 8 * sum(one.weight.shape) for one in linears_of(model.decoder).values())
    ours = training._operations(model, Encoded(tuple(range(8)), tuple(range(8)))) - branches
    assert ours == pytest.approx(counter.get_total_flops(), rel=0.05)
