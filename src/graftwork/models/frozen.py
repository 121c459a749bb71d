"""The lowest blocks of a model, where nothing that is trained can change what comes out of them.

What the last of them returns is then the same in every step for the same tokens. It can be kept, and the blocks left
out: while they are, their ``forward`` is replaced on the instance, so hooks on the last one go on working, and neither
a class nor a weight is touched.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self, final

import torch
from torch import nn
from transformers import PreTrainedModel

from graftwork.errors import InputError
from graftwork.models.anatomy import Anatomy, anatomy_of

__all__ = ["FrozenBlocks"]

Forward = Callable[..., Any]
HEAD = "lm_head"
"""The path of the head in every family that components can be hung on."""


@final
class FrozenBlocks:
    """The blocks of a model up to the lowest that something hangs on, that one included."""

    def __init__(self, anatomy: Anatomy, counts: Mapping[str, int]) -> None:
        """Name the blocks.

        Args:
            anatomy: of the model.
            counts: how many blocks of each stack they are, for the stacks that have any, in the order they are run.
        """
        self._anatomy, self.counts = anatomy, dict(counts)
        self._blocks = {stack: [anatomy.block(stack, place) for place in range(n)] for stack, n in counts.items()}

    @property
    def model(self) -> PreTrainedModel:
        """The model they are blocks of."""
        return self._anatomy.model

    @classmethod
    def of(cls, model: PreTrainedModel) -> Self | None:
        """The frozen blocks of a model as it is now; None if there are none.

        There are none either where a parameter of the model is trained, or something hangs on a module that is
        neither in a block nor the head.
        """
        if any(parameter.requires_grad for parameter in model.parameters()):
            return None
        try:
            anatomy = anatomy_of(model)
        except InputError:
            return None
        behind = {path for path, module in model.named_modules() if module._forward_hooks}
        before = {path for path, module in model.named_modules() if module._forward_pre_hooks}
        blocks = [(stack, block) for stack, paths in anatomy.stacks.items() for block in paths]
        if not all(path == HEAD or any(_within(path, block) for _, block in blocks) for path in behind | before):
            return None
        counts: dict[str, int] = {}
        for stack, block in blocks:
            if any(_within(path, block) for path in before | behind - {block}):
                break
            counts[stack] = counts.get(stack, 0) + 1
            if block in behind:
                break
        return cls(anatomy, counts) if counts else None

    @contextmanager
    def left_out(self, states: Mapping[str, torch.Tensor], lengths: Mapping[str, int] | None = None) -> Iterator[None]:
        """In this block of code the model takes what the last of the blocks return as given.

        Args:
            states: by stack, the hidden states behind its last frozen block, hooks on that one not counted:
                (rows, length, width) for the batch that the model is called with.
            lengths: by stack, how long the batch's sequences are, where the model is called with its places as one row,
                without padding.
        """
        with _replaced(
            {
                block: self._forward(
                    block,
                    states[stack] if place == len(blocks) - 1 else None,
                    None if lengths is None else (lengths[stack], lengths.get("encoder", 0)),
                )
                for stack, blocks in self._blocks.items()
                for place, block in enumerate(blocks)
            }
        ):
            yield

    def _forward(self, block: nn.Module, known: torch.Tensor | None, lengths: tuple[int, int] | None) -> Forward:
        def forward(*arguments: Any, **keywords: Any) -> Any:
            states = arguments[0] if known is None else known
            return self._anatomy.hand_on(block, arguments, keywords, states, lengths)

        return forward

    def states(self, inputs: Mapping[str, Any]) -> dict[str, torch.Tensor]:
        """What ``left_out`` takes, for a batch, without a gradient; what is above is not computed.

        Args:
            inputs: what to call the model with.
        """
        *_, top = self._blocks
        found: dict[str, torch.Tensor] = {}

        def caught(stack: str, block: nn.Module) -> Forward:
            own = block.forward

            def forward(*arguments: Any, **keywords: Any) -> Any:
                output = own(*arguments, **keywords)
                found[stack] = output[0] if isinstance(output, tuple) else output
                if stack == top:
                    raise _ReachedError
                return output

            return forward

        lasts = {blocks[-1]: caught(stack, blocks[-1]) for stack, blocks in self._blocks.items()}
        with _replaced(lasts), torch.no_grad():
            try:
                self.model(**inputs)
            except _ReachedError:
                return found
        raise AssertionError("every frozen block is run")


class _ReachedError(Exception):
    """The forward pass has come as far as it was to."""


def _within(path: str, block: str) -> bool:
    return f"{path}.".startswith(f"{block}.")


@contextmanager
def _replaced(forwards: Mapping[nn.Module, Forward]) -> Iterator[None]:
    """In this block of code some modules compute otherwise; then again as before."""
    before = {module: module.__dict__.get("forward") for module in forwards}
    for module, forward in forwards.items():
        module.__dict__["forward"] = forward
    try:
        yield
    finally:
        for module, own in before.items():
            del module.__dict__["forward"]
            if own is not None:
                module.__dict__["forward"] = own
