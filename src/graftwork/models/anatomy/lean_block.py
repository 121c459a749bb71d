"""A block of T5's decoder for one token a row, of the base or of components, with what hangs on it."""

from collections.abc import Sequence
from typing import Any, final

import torch
from torch import nn

from graftwork.models.anatomy.added import Added, steps_on
from graftwork.models.anatomy.decoding import Decoding
from graftwork.models.anatomy.joined_linears import JoinedLinears
from graftwork.models.anatomy.lean_attention import CrossAttention, Moment, SelfAttention
from graftwork.models.anatomy.low_rank import acts_on
from graftwork.models.anatomy.made import Made
from graftwork.models.anatomy.stacked import Norm, Shares, linears_of_all

__all__ = ["Block"]


def _hooked(module: nn.Module, states: torch.Tensor, keywords: dict[str, Any], output: Any) -> Any:
    """What a module's forward hooks make of its output, as PyTorch calls them; it was given (rows, d_model)."""
    arguments = (states[:, None],)
    for number, hook in tuple(module._forward_hooks.items()):
        given = (arguments, keywords) if number in module._forward_hooks_with_kwargs else (arguments,)
        changed = hook(module, *given, output)
        output = output if changed is None else changed
    return output


@final
class FeedForward:
    """A feed-forward, plain or gated, with what hangs on its layers."""

    def __init__(self, modules: Sequence[Any], shares: Shares | None, pack: bool) -> None:
        self.module = modules[0]
        self.gated = hasattr(self.module, "wi_1")
        self.inner = linears_of_all(modules, ["wi_0", "wi_1"] if self.gated else ["wi"], shares, pack)
        self.outer = linears_of_all(modules, ["wo"], shares, pack)
        self.steps: list[Added] | None = []

    def prepare(self, made: Made) -> None:
        """Get ready for what acts now."""
        self.inner.prepare(made)
        self.outer.prepare(made)
        if isinstance(self.outer, JoinedLinears):
            self.steps = steps_on([self.module], self.outer.sizes, self.outer.weight, made)

    def run(self, states: torch.Tensor) -> torch.Tensor:
        """(rows, d_model) to the same."""
        inner = self.inner.run(states)
        if self.gated:
            gate, inner = inner.chunk(2, dim=-1)
            inner = self.module.act(gate) * inner
        else:
            inner = self.module.act(inner)
        output = self.outer.run(inner.to(self.outer.weight.dtype))
        if self.steps is None or any(step.num_named not in (None, len(states)) for step in self.steps):
            hooked: torch.Tensor = _hooked(self.module, states, {}, output[:, None])[:, 0]
            return hooked
        for step in self.steps:
            step.add(states, output)
        return output


@final
class Block:
    """A block of the base or of a component, or those of several adapters, each on rows of its own."""

    def __init__(self, blocks: Sequence[Any], shares: Shares | None = None, pack: bool = False) -> None:
        layers = list(zip(*(block.layer for block in blocks), strict=True))
        self.norms = [Norm([layer.layer_norm for layer in own], shares) for own in layers]
        self.own = SelfAttention([layer.SelfAttention for layer in layers[0]], shares, pack)
        self.cross = CrossAttention([layer.EncDecAttention for layer in layers[1]], shares, pack)
        self.feed = FeedForward([layer.DenseReluDense for layer in layers[2]], shares, pack)
        self.parts = (self.own.module, self.cross.module, blocks[0])
        self.acted = [False] * 3

    def prepare(self, made: Made) -> None:
        """Get ready for what acts now."""
        for linear in (*self.own.linears(), *self.cross.linears()):
            linear.prepare(made)
        self.feed.prepare(made)
        self.acted = [acts_on(module) for module in self.parts]  # nothing does on any of several

    def run(self, hidden: torch.Tensor, now: Moment, rows: torch.Tensor | None, decoding: Decoding) -> torch.Tensor:
        """The hidden states of its rows, (rows, d_model), to the same; with what hangs on it."""
        given, keywords = hidden, {"past_key_values": decoding}
        normed = self.norms[0].run(hidden)
        output = self.own.run(normed, now, rows)
        hidden = hidden + (self._acted(0, normed, output, keywords) if self.acted[0] else output)
        normed = self.norms[1].run(hidden)
        output = self.cross.run(normed, now, rows)
        hidden = hidden + (self._acted(1, normed, output, keywords) if self.acted[1] else output)
        hidden = hidden + self.feed.run(self.norms[2].run(hidden))
        return self._acted(2, given, hidden, keywords) if self.acted[2] else hidden

    def _acted(self, part: int, normed: torch.Tensor, output: torch.Tensor, keywords: dict[str, Any]) -> torch.Tensor:
        changed: torch.Tensor = _hooked(self.parts[part], normed, keywords, (output[:, None], None, None))[0][:, 0]
        return changed
