"""Linear layers whose weights are laid out once for the processor's own matrix kernels, for passes without a gradient.

PyTorch multiplies float32 matrices on a CPU by a library that reads a weight as it lies in memory, and that on some
processors leaves half of the vector unit idle. oneDNN, which it also brings, reads a weight in blocks; laid out so
beforehand, products take 0.4 to 0.5 of the time (measured on an AMD EPYC with AVX-512: 32 rows of 256 to 1,024 in 81
in place of 173 µs; 1,536 rows at 260 in place of 110 GFLOP/s). In bfloat16 it is 0.6 to 0.75 for few rows (16 of 256 to
4,096 in 128 in place of 168 µs). A row's outputs are the same bits with however many other rows it is multiplied.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, final

import torch
import torch.nn.functional as F
from torch import nn

from graftwork.models.processor import has_any

__all__ = ["PackedForward", "multiplication", "packs"]

Multiplication = Callable[[torch.Tensor], torch.Tensor]

INSTRUCTIONS = "avx512_f"
"""Where the processor has these; what there is to gain elsewhere has not been measured."""
LARGEST_BYTES = 2 * 2**30
"""The layout is a copy, so the layers of models with larger weights than this are left as they are."""
ROWS = 32
"""For how many rows a weight is laid out; from 2 on, the layout is the same (measured)."""


def packs(module: nn.Module) -> bool:
    """Whether the layers of a model can, and should, be laid out: asked once for a whole model."""
    known = hasattr(torch.ops.mkldnn, "_reorder_linear_weight") and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    library: Any = torch.backends.mkldnn
    if not (known and library.is_available() and library.enabled):
        return False
    return has_any(INSTRUCTIONS) and sum(one.nbytes for one in module.parameters()) <= LARGEST_BYTES


def _can_be_laid_out(weight: torch.Tensor) -> bool:
    if weight.device.type != "cpu":
        return False
    bf16 = weight.dtype == torch.bfloat16 and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return bool(bf16) or weight.dtype == torch.float32


def multiplication(weight: torch.Tensor, bias: torch.Tensor | None = None, *, pack: bool) -> Multiplication:
    """The product of a weight with states, (..., inputs) to (..., outputs), without a gradient.

    Args:
        weight: (outputs, inputs); what it is later does not act where it was laid out.
        bias: (outputs,).
        pack: whether to lay it out, if it is of the type for that; ``packs`` says whether that can be done.
    """
    if not (pack and _can_be_laid_out(weight)):
        return lambda states: F.linear(states, weight, bias)
    laid_out = torch.ops.mkldnn._reorder_linear_weight(weight.detach(), ROWS)
    product = torch.ops.mkldnn._linear_pointwise

    def multiply(states: torch.Tensor) -> torch.Tensor:
        outputs: torch.Tensor = product(states, laid_out, bias, "none", [], "")
        return outputs

    return multiply


@final
class PackedForward:
    """The forward passes of a model's linear layers with their weights laid out; for one use, with weights as they are.

    A layer's ``forward`` is replaced on the instance for the length of a ``with`` block, so hooks on it go on working,
    and neither its class nor its weights are touched.
    """

    def __init__(self, modules: Iterable[nn.Module], pack: bool) -> None:
        """Lay out the weights of those that are linear layers; of none without ``pack``."""
        self._forwards: dict[nn.Module, Multiplication] = {}
        for module in modules if pack else ():
            if type(module) is nn.Linear and _can_be_laid_out(module.weight) and "forward" not in vars(module):
                self._forwards[module] = multiplication(module.weight, module.bias, pack=True)

    @contextmanager
    def active(self) -> Iterator[None]:
        """In this block the layers compute this way."""
        for module, forward in self._forwards.items():
            module.__dict__["forward"] = forward
        try:
            yield
        finally:
            for module in self._forwards:
                module.__dict__.pop("forward", None)
