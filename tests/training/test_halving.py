import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from transformers import T5ForConditionalGeneration

from graftwork.errors import StudyError
from graftwork.models.tiny import tiny_t5
from graftwork.training.batches import Encoded
from graftwork.training.halving import is_out_of_memory
from graftwork.training.loop import StepRecord, TrainingConfig, train

EXAMPLES = [Encoded(tuple(range(10, 14 + n % 3)), (*range(30, 31 + n), 2)) for n in range(5)]
"""Targets of 2 to 6 tokens, so that the halves of a batch count differently."""
CONFIG = TrainingConfig(epochs=1, batch_rows=5, learning_rate=1e-3, precision="float32", clip=1e9)


@contextmanager
def small_memory(model: T5ForConditionalGeneration, rows: int, error: type[Exception], text: str) -> Iterator[None]:
    """In this block no more rows fit through the model."""

    def refuse(module: Any, arguments: Any, keywords: Any) -> None:
        if keywords["input_ids"].shape[0] > rows:
            raise error(text)

    handle = model.encoder.register_forward_pre_hook(refuse, with_kwargs=True)
    try:
        yield
    finally:
        handle.remove()


def gradients(rows: int, error: type[Exception] = torch.OutOfMemoryError, text: str = "CUDA out of memory") -> Any:
    """The gradients of one batch, and what was told of the step, where so many rows fit."""
    model, steps = tiny_t5(), list[StepRecord]()
    found: dict[str, torch.Tensor] = {}
    for name, parameter in model.named_parameters():
        parameter.register_post_accumulate_grad_hook(lambda one, name=name: found.update({name: one.grad.clone()}))
    with small_memory(model, rows, error, text):
        train(model, {"base": list(model.parameters())}, EXAMPLES, CONFIG, 0, steps.append)
    return found, steps


def test_two_halves_have_the_gradient_of_the_whole() -> None:
    whole, halves = gradients(5)[0], gradients(3)[0]
    assert whole.keys() == halves.keys()
    for name, gradient in whole.items():
        torch.testing.assert_close(halves[name], gradient, rtol=1e-4, atol=1e-6)


def test_two_halves_have_the_loss_and_the_tokens_of_the_whole() -> None:
    (whole,), (halves,) = gradients(5)[1], gradients(3)[1]
    assert math.isclose(halves.loss, whole.loss, rel_tol=1e-5)
    assert halves.tokens == whole.tokens


def test_a_step_says_in_how_many_parts_it_was_computed() -> None:
    assert [gradients(rows)[1][0].parts for rows in (5, 3)] == [1, 2]


def test_where_half_a_batch_does_not_fit_the_step_fails_and_says_what_would_help() -> None:
    with pytest.raises(StudyError, match=r"out of memory, even in halves \(training examples 0, .*batch_rows"):
        gradients(2)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (MemoryError, ""),
        (RuntimeError, "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory"),
        (RuntimeError, "DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes."),
    ],
)
def test_the_processors_memory_counts_too(error: type[Exception], text: str) -> None:
    assert gradients(3, error, text)[1][0].parts == 2


def test_other_errors_are_not_taken_for_it() -> None:
    with pytest.raises(RuntimeError, match="shapes differ"):
        gradients(3, RuntimeError, "shapes differ")
    assert not is_out_of_memory(ValueError("out of memory"))
