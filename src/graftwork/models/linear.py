"""Linear layers, whatever the class: ``nn.Linear``, or Transformers' ``Conv1D``, whose weight is transposed."""

from torch import nn
from transformers.pytorch_utils import Conv1D

__all__ = ["is_linear", "linear_features", "linears_of"]


def is_linear(module: nn.Module) -> bool:
    """Whether a module is a linear layer that components know how to hang on."""
    return isinstance(module, nn.Linear | Conv1D)


def linear_features(module: nn.Module) -> tuple[int, int]:
    """The numbers of inputs and outputs of a linear layer.

    Raises:
        TypeError: the module is no linear layer.
    """
    if isinstance(module, nn.Linear):
        return module.in_features, module.out_features
    if isinstance(module, Conv1D):
        return int(module.nx), int(module.nf)
    raise TypeError(f"{type(module).__name__} is no linear layer")


def linears_of(module: nn.Module) -> dict[str, nn.Module]:
    """The linear layers inside a module, by their path in it."""
    return {path: part for path, part in module.named_modules() if is_linear(part)}
