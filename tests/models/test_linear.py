"""Linear layers of either class."""

import pytest
from torch import nn
from transformers.pytorch_utils import Conv1D

from graftwork.models.linear import is_linear, linear_features, linears_of


@pytest.mark.parametrize("layer", [nn.Linear(3, 5), Conv1D(5, 3)], ids=["Linear", "Conv1D"])
def test_both_classes_tell_inputs_and_outputs(layer: nn.Module) -> None:
    assert is_linear(layer)
    assert linear_features(layer) == (3, 5)


def test_anything_else_is_none() -> None:
    assert not is_linear(nn.Embedding(3, 5))
    with pytest.raises(TypeError, match="Embedding is no linear layer"):
        linear_features(nn.Embedding(3, 5))


def test_linears_are_found_by_path_at_any_depth() -> None:
    inner = nn.Sequential(nn.Linear(1, 1), nn.ReLU(), Conv1D(1, 1))
    assert list(linears_of(nn.ModuleDict({"a": inner, "b": nn.Linear(1, 1)}))) == ["a.0", "a.2", "b"]
