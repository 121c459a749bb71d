"""Where Llama, Mistral, Qwen2 and Qwen3 keep their parts."""

from typing import Any, final

import torch
from torch import nn
from transformers import PreTrainedModel

from graftwork.errors import InputError
from graftwork.models.anatomy.anatomy import Attention, FeedForwardNames
from graftwork.models.anatomy.calls import call_beside, with_part
from graftwork.models.anatomy.decoder_only import DecoderOnlyAnatomy
from graftwork.models.anatomy.starts import changed, key_value_heads, silence
from graftwork.models.linear import linear_features

__all__ = ["LlamaAnatomy"]


@final
class LlamaAnatomy(DecoderOnlyAnatomy):
    """Families with rotary positions, grouped queries and gated feed-forwards; sliding windows too."""

    attention_name = "self_attn"
    outputs = ("o_proj", "down_proj")
    feed_forward_names = FeedForwardNames("up_proj", "gate_proj", "down_proj", "act_fn", "intermediate_size")

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__(model, "model.layers")

    def window(self, attention: nn.Module) -> int | None:
        """See ``DecoderOnlyAnatomy.window``; Qwen's attentions have their own, Mistral's are those of the model."""
        shared = getattr(attention.config, "sliding_window", None)
        found: int | None = getattr(attention, "sliding_window", shared)
        return found

    def attentions(self) -> tuple[Attention, ...]:
        """See ``Anatomy.attentions``."""
        found = []
        for index, path in enumerate(self.stacks["decoder"]):
            module: Any = self.model.get_submodule(f"{path}.self_attn")
            size = module.head_dim
            asking = linear_features(module.q_proj)[1] // size
            shared = linear_features(module.k_proj)[1] // size
            found.append(Attention(f"{path}.self_attn", "decoder", index, "self", module, asking, shared, size, False))
        return tuple(found)

    def new_heads(self, attention: Attention, heads: int, head_size: int) -> nn.Module:
        """See ``Anatomy.new_heads``; norms of queries and keys start as the base's, and the output has no bias."""
        if head_size != attention.head_size:
            what = f"rotary positions fix the size of a head, and it is not {head_size}"
            raise InputError(what, attention.path, f"give {attention.head_size}")
        base: Any = attention.module
        config = changed(
            base.config,
            num_attention_heads=heads,
            num_key_value_heads=key_value_heads(attention, heads),
            head_dim=head_size,
        )
        with torch.device(base.o_proj.weight.device):
            module = type(base)(config, layer_idx=attention.block).to(base.o_proj.weight.dtype)
        module.layer_idx = 0  # of a cache of its own
        module.apply(self.model._init_weights)
        for norm in ("q_norm", "k_norm"):
            if hasattr(base, norm):
                module.get_submodule(norm).load_state_dict(base.get_submodule(norm).state_dict())
        module.o_proj.bias = None
        silence(module, self.outputs)
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
        """See ``Anatomy.run_heads``; rotary positions are among the base's arguments."""
        batch, layers = output[0].shape[0], len(self.stacks["decoder"])
        part = call_beside(module, arguments, keywords, rows, batch, layers, self.window(module))[0]
        return with_part(output, part, rows)

    def embeddings(self) -> tuple[str, ...]:
        """See ``Anatomy.embeddings``."""
        return ("model.embed_tokens",)
