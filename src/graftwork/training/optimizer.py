"""AdamW with its gradient clipped, on a CPU in one pass over the numbers.

PyTorch's plain AdamW passes over weights, gradients and moments a dozen times, and over the gradients twice more to
clip them: 16 % of a step of the whole embedded base (a profile), most of it memory. Here one loop reads each number
once and writes it once, element by element in a fixed order, so the same gradients give the same bits.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, final

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from graftwork.compiled import compiled

__all__ = ["ClippedAdamW"]

_Floats = npt.NDArray[np.float32]


@final
class ClippedAdamW(torch.optim.AdamW):
    """AdamW (Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101); its state is laid out as PyTorch's."""

    def __init__(
        self, parameters: Mapping[str, Sequence[nn.Parameter]], rates: Mapping[str, float], decay: float, quick: bool
    ) -> None:
        """Get ready.

        Args:
            parameters: what is trained, by kind of part.
            rates: learning rates by kind.
            decay: weight decay.
            quick: in one pass, where all parameters are float32 on a CPU; else as PyTorch does it.
        """
        groups = [
            {"params": list(part), "lr": rates[kind], "initial_lr": rates[kind]} for kind, part in parameters.items()
        ]
        super().__init__(groups, weight_decay=decay, foreach=True)
        flat = [one for part in parameters.values() for one in part]
        fits = all(one.dtype == torch.float32 and one.device.type == "cpu" and one.is_contiguous() for one in flat)
        self._parameters, self._update = flat, compiled(_update) if quick and fits else None

    def norm(self) -> torch.Tensor:
        """The norm of the gradient of all parameters together, a scalar."""
        return nn.utils.get_total_norm([one.grad for one in self._parameters if one.grad is not None], foreach=True)

    def step_clipped(self, norm: torch.Tensor, most: float) -> None:
        """Take a step down the gradient, made as short as ``most`` if its ``norm`` is larger."""
        if self._update is None:
            nn.utils.clip_grads_with_norm_(self._parameters, most, norm, foreach=True)
            self.step()
            return
        share = min(1.0, most / (float(norm) + 1e-6))  # as PyTorch clips
        for group in self.param_groups:
            known: dict[float, _Floats] = {}
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state["step"] = torch.tensor(0.0)
                    state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(parameter), torch.zeros_like(parameter)
                taken = state["step"].add_(1.0).item()
                if taken not in known:
                    known[taken] = _numbers(group, taken, share)
                arrays = (parameter.detach(), parameter.grad.contiguous(), state["exp_avg"], state["exp_avg_sq"])
                self._update(*(one.numpy().reshape(-1) for one in arrays), known[taken])


def _numbers(group: Mapping[str, Any], taken: float, share: float) -> _Floats:
    """What ``_update`` takes for a step, which is so many steps after the start."""
    rate, (beta, beta_squares) = group["lr"], group["betas"]
    numbers = [
        share,
        1 - rate * group["weight_decay"],
        1 - beta,
        beta_squares,
        1 - beta_squares,
        math.sqrt(1 - beta_squares**taken),
        group["eps"],
        rate / (1 - beta**taken),
    ]
    return np.array(numbers, dtype=np.float32)


def _update(weights: _Floats, gradient: _Floats, mean: _Floats, squares: _Floats, numbers: _Floats) -> None:
    """One step on flat arrays, in place. Plain Python that numba compiles.

    Args:
        weights: of a parameter.
        gradient: not clipped.
        mean: moving mean of gradients.
        squares: moving mean of their squares.
        numbers: the share of the gradient that clipping leaves; of a weight that decay leaves; of the new gradient in
            the mean; of the old and the new square in their mean; the root of what corrects that mean's bias; what is
            added to the denominator; the rate, with the correction of the gradients' mean.
    """
    share, kept, new, kept_squares, new_squares, root, epsilon, rate = numbers
    for place in range(weights.shape[0]):
        slope = gradient[place] * share
        average = mean[place] + new * (slope - mean[place])
        square = squares[place] * kept_squares + new_squares * (slope * slope)
        mean[place], squares[place] = average, square
        weights[place] = weights[place] * kept - rate * (average / (np.sqrt(square) / root + epsilon))
