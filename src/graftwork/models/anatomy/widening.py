"""What the parts of a feed-forward are called, by family: for a model of the same class with wider ones."""

from dataclasses import dataclass
from typing import final

from graftwork.models.anatomy.anatomy import FeedForward
from graftwork.models.linear import linears_of

__all__ = ["FeedForwardNames", "names_in"]


@final
@dataclass(frozen=True)
class FeedForwardNames:
    """The linear layers of a feed-forward y = W_out act(W_in x), or gated, W_out (act(W_gate x) * W_in x)."""

    w_in: str
    w_gate: str | None
    """None where it is not gated."""
    w_out: str
    setting: str
    """What the family's configuration calls its width."""


_FAMILIES = (
    FeedForwardNames("wi", None, "wo", "d_ff"),
    FeedForwardNames("wi_1", "wi_0", "wo", "d_ff"),
    FeedForwardNames("up_proj", "gate_proj", "down_proj", "intermediate_size"),
    FeedForwardNames("c_fc", None, "c_proj", "n_inner"),
)


def names_in(place: FeedForward) -> FeedForwardNames:
    """What the parts of a feed-forward of the base are called."""
    there = linears_of(place.module).keys()
    return next(names for names in _FAMILIES if {names.w_in, names.w_gate or names.w_in, names.w_out} == there)
