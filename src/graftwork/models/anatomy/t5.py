"""Where T5 and mT5 keep their parts."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal, final

import torch
from torch import nn
from transformers import PreTrainedModel

from graftwork.models.anatomy.anatomy import Anatomy, Attention, FeedForward, FeedForwardNames
from graftwork.models.anatomy.calls import call_beside, input_of, with_part, with_states
from graftwork.models.anatomy.decoding import Decoding
from graftwork.models.anatomy.joined_heads import JoinedHeads
from graftwork.models.anatomy.starts import changed, silence, start_block
from graftwork.models.anatomy.t5_decoding import T5Decoding, decodes_lean
from graftwork.models.linear import linear_features

__all__ = ["T5Anatomy"]

_OUTPUTS = ("o", "wo")
_PLAIN = FeedForwardNames("wi", None, "wo", "act", "d_ff")
_GATED = FeedForwardNames("wi_1", "wi_0", "wo", "act", "d_ff")


@final
class T5Anatomy(Anatomy):
    """T5 and mT5, with plain (``wi``, ``wo``) and gated (``wi_0``, ``wi_1``, ``wo``) feed-forward blocks."""

    def __init__(self, model: PreTrainedModel) -> None:
        self.model = model
        self.stacks = {
            stack: tuple(f"{stack}.block.{index}" for index in range(len(getattr(model, stack).block)))
            for stack in ("encoder", "decoder")
        }

    def new_block(
        self, stack: str, index: int, start: Literal["copy", "fresh"], *, feed_forward_width: int | None = None
    ) -> nn.Module:
        """See ``Anatomy.new_block``; the block has no table of relative positions but is given the stack's biases."""
        neighbour: Any = self.block(stack, index)
        config = getattr(self.model, stack).config
        if feed_forward_width is not None:
            config = changed(config, d_ff=feed_forward_width)
        weight = neighbour.layer[-1].layer_norm.weight
        with torch.device(weight.device):
            # It is layer 0 of a cache of its own, so it needs no number among the base's layers.
            block = type(neighbour)(config, has_relative_attention_bias=False, layer_idx=0).to(weight.dtype)
        return start_block(block, neighbour, self.model, start, _OUTPUTS)

    def run_block(
        self,
        block: nn.Module,
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
        output: Any,
        rows: torch.Tensor | None,
    ) -> Any:
        """See ``Anatomy.run_block``."""
        hidden, position_bias, cross_position_bias = output
        decoding = keywords.get("past_key_values")
        if isinstance(decoding, T5Decoding):
            states, rows = decoding.run_blocks([block], hidden, [rows])
            return with_states(hidden, states, rows), None, None
        _, mask, _, encoder_hidden, encoder_mask, _ = arguments
        given = (hidden, mask, position_bias, encoder_hidden, encoder_mask, cross_position_bias)
        states = call_beside(block, given, keywords, rows, hidden.shape[0], len(self.stacks["decoder"]))[0]
        return with_states(hidden, states, rows), position_bias, cross_position_bias

    def run_blocks(
        self,
        blocks: Sequence[nn.Module],
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
        output: Any,
        rows: Sequence[torch.Tensor],
    ) -> Any:
        """See ``Anatomy.run_blocks``; while tokens are decoded by lean steps, they are one pass where they can be."""
        decoding = keywords.get("past_key_values")
        if not (isinstance(decoding, T5Decoding) and decoding.together(blocks, rows)):
            return super().run_blocks(blocks, arguments, keywords, output, rows)
        states, given = decoding.run_blocks(blocks, output[0], rows)
        return with_states(output[0], states, given), None, None

    def hand_on(
        self,
        block: nn.Module,
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
        states: torch.Tensor,
        lengths: tuple[int, int] | None = None,
    ) -> Any:
        """See ``Anatomy.hand_on``; a stack's first block also makes the biases that all blocks of the stack use."""
        _, _, positions, source, _, cross_positions = arguments
        attention: Any = block.layer[0].SelfAttention  # type: ignore[index, union-attr]
        length, source_length = lengths or (states.shape[1], 0 if source is None else source.shape[1])
        if positions is None:
            positions = attention.compute_bias(length, length, device=states.device)
        if source is not None and cross_positions is None:
            kind = states.device.type
            dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else states.dtype
            cross_positions = states.new_zeros(1, attention.n_heads, length, source_length, dtype=dtype)
        return states, positions, cross_positions

    def feed_forwards(self) -> tuple[FeedForward, ...]:
        """See ``Anatomy.feed_forwards``."""
        return tuple(
            FeedForward(
                path=path,
                stack=stack,
                block=block,
                module=module,
                d_model=linear_features(module.wo)[1],
                width=linear_features(module.wo)[0],
                names=_GATED if hasattr(module, "wi_1") else _PLAIN,
                activation=module.act,
            )
            for path, stack, block, module in self._parts("DenseReluDense")
        )

    def attentions(self) -> tuple[Attention, ...]:
        """See ``Anatomy.attentions``."""
        return tuple(
            Attention(
                path=path,
                stack=stack,
                block=block,
                kind="self" if path.endswith("SelfAttention") else "cross",
                module=module,
                heads=module.n_heads,
                key_value_heads=module.n_heads,
                head_size=module.key_value_proj_dim,
                free_head_size=True,
            )
            for path, stack, block, module in self._parts("SelfAttention", "EncDecAttention")
        )

    def new_heads(self, attention: Attention, heads: int, head_size: int) -> nn.Module:
        """See ``Anatomy.new_heads``; they have no table of relative positions but are given the base's biases."""
        base: Any = attention.module
        config = changed(base.config, num_heads=heads, d_kv=head_size)
        with torch.device(base.o.weight.device):
            module = type(base)(config, layer_idx=0, is_causal=base.is_causal).to(base.o.weight.dtype)
        module.apply(self.model._init_weights)
        with torch.no_grad():
            # T5 does not divide scores by the root of a head's size but starts queries smaller by it: by the base's.
            module.q.weight.mul_((attention.head_size / head_size) ** 0.5)
        silence(module, _OUTPUTS)
        return module.requires_grad_(True)  # type: ignore[no-any-return]  # the class is the base's

    def run_heads(
        self,
        module: nn.Module,
        attention: Attention,
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
        output: Any,
        rows: torch.Tensor | None,
    ) -> Any:
        """See ``Anatomy.run_heads``; a new head stands to positions as one of the base's does, each in its turn."""
        decoding = keywords.get("past_key_values")
        if isinstance(decoding, T5Decoding):
            part, rows = decoding.run_heads([module], input_of(arguments, keywords), [rows], attention.kind == "self")
            return with_part(output, part, rows)
        keywords = {**keywords, "position_bias": _biases_of_heads(module, attention, output)}
        part = call_beside(module, arguments, keywords, rows, output[0].shape[0], len(self.stacks["decoder"]))[0]
        return with_part(output, part, rows)

    def run_all_heads(
        self,
        modules: Sequence[nn.Module],
        attention: Attention,
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
        output: Any,
        rows: Sequence[torch.Tensor],
    ) -> Any:
        """See ``Anatomy.run_all_heads``; as ``run_blocks``, and one attention wherever no cache is written."""
        decoding = keywords.get("past_key_values")
        if isinstance(decoding, T5Decoding):
            if not decoding.together(modules, rows):
                return super().run_all_heads(modules, attention, arguments, keywords, output, rows)
            part, given = decoding.run_heads(modules, input_of(arguments, keywords), rows, attention.kind == "self")
            return with_part(output, part, given)
        alike = len({(module.n_heads, module.key_value_proj_dim) for module in modules}) == 1
        if decoding is not None or not alike:
            return super().run_all_heads(modules, attention, arguments, keywords, output, rows)
        keywords = {**keywords, "position_bias": _biases_of_heads(modules[0], attention, output)}
        joined, order = JoinedHeads(modules, [len(own) for own in rows]), torch.cat(list(rows))
        part = call_beside(joined, arguments, keywords, order, output[0].shape[0], len(self.stacks["decoder"]))[0]
        return with_part(output, part, order)

    def embeddings(self) -> tuple[str, ...]:
        """See ``Anatomy.embeddings``."""
        return tuple(f"{stack}.embed_tokens" for stack in self.stacks)

    def decoding(self) -> Decoding | None:
        """See ``Anatomy.decoding``."""
        blocks = [self.block("decoder", index) for index in range(len(self.stacks["decoder"]))]
        return T5Decoding(self.model, blocks) if decodes_lean(self.model, blocks) else None

    def _parts(self, *names: str) -> Iterator[tuple[str, str, int, Any]]:
        """Parts of the blocks by the name of their module: (path, stack, block, module)."""
        for stack, blocks in self.stacks.items():
            for index, block in enumerate(blocks):
                for path, module in self.block(stack, index).named_modules():
                    if path.rpartition(".")[2] in names:
                        yield f"{block}.{path}", stack, index, module


def _biases_of_heads(module: Any, attention: Attention, output: Any) -> torch.Tensor | None:
    """For each new head, the biases of positions of one of the base's; none for attention to the source."""
    if attention.kind != "self":
        return None
    biases: torch.Tensor = output[1][:, [head % attention.heads for head in range(module.n_heads)]]
    return biases
