"""Fingerprints of weights."""

import pytest
import torch
from torch import nn

from graftwork.models.fingerprint import model_fingerprint, tensors_fingerprint


def example(**changes: torch.Tensor) -> str:
    tensors = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.ones(2, dtype=torch.bfloat16)}
    return tensors_fingerprint(tensors | changes)


def test_equal_tensors_have_one_fingerprint_in_any_order() -> None:
    assert tensors_fingerprint({"b": torch.ones(2, dtype=torch.bfloat16), "a": torch.arange(6.0).reshape(2, 3)}) == (
        example()
    )


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"a": torch.arange(6.0).reshape(3, 2)}, id="shape"),
        pytest.param({"a": torch.arange(6).reshape(2, 3)}, id="type"),
        pytest.param({"b": torch.tensor([1.0, 1.0078125], dtype=torch.bfloat16)}, id="last bit"),
        pytest.param({"c": torch.zeros(0)}, id="one more, empty"),
    ],
)
def test_any_change_changes_it(change: dict[str, torch.Tensor]) -> None:
    assert example(**change) != example()


def test_names_count() -> None:
    assert tensors_fingerprint({"a": torch.ones(1)}) != tensors_fingerprint({"b": torch.ones(1)})


def test_strides_do_not_count() -> None:
    assert example(a=torch.arange(6.0).reshape(2, 3).T.contiguous().T) == example()


def test_tied_weights_count_like_copies() -> None:
    weight = torch.arange(4.0)
    assert tensors_fingerprint({"a": weight, "b": weight}) == tensors_fingerprint({"a": weight, "b": weight.clone()})


def test_views_of_one_memory_are_told_apart() -> None:
    weight = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert tensors_fingerprint({"a": weight, "b": weight.T}) != tensors_fingerprint({"a": weight, "b": weight})


def test_a_model_is_read_as_it_is_now() -> None:
    model = nn.Linear(2, 2)
    before = model_fingerprint(model)
    with torch.no_grad():
        model.bias[1] += 1
    assert model_fingerprint(model) != before
