"""Attentions with new heads that are copies of their own."""

from collections.abc import Mapping
from typing import Any

import torch

from graftwork.models.anatomy import Anatomy, Attention

TOKENS = torch.arange(5, 17).reshape(2, 6)
MASK = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]])


def outputs_and_heads(
    anatomy: Anatomy, state: Mapping[str, torch.Tensor], place: Attention, heads: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """An attention's output in a forward pass of the base, and with new heads that have the weights of a state."""
    new = anatomy.new_heads(place, heads, place.head_size).eval()
    new.load_state_dict(state)
    seen = []

    def hook(_: Any, arguments: tuple[Any, ...], keywords: dict[str, Any], output: tuple[Any, ...]) -> None:
        seen.append((output, anatomy.run_heads(new, place, arguments, keywords, output, None)))

    handle = place.module.register_forward_hook(hook, with_kwargs=True)
    with torch.no_grad():
        anatomy.model(input_ids=TOKENS, attention_mask=MASK, labels=TOKENS)
    handle.remove()
    ((before, after),) = seen
    assert after[1:] == before[1:]
    return before[0], after[0]
