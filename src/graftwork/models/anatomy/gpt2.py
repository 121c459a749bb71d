"""Where GPT-2 and GPT-BigCode keep their parts."""

from typing import Any, final

import torch
import torch.nn.functional as F
from torch import nn
from transformers import PreTrainedModel
from transformers.cache_utils import Cache

from graftwork.errors import InputError
from graftwork.models.anatomy.anatomy import Attention, FeedForwardNames
from graftwork.models.anatomy.calls import call_beside, input_of, with_part
from graftwork.models.anatomy.decoder_only import DecoderOnlyAnatomy
from graftwork.models.anatomy.starts import key_value_heads, silence
from graftwork.models.linear import linear_features

__all__ = ["GPT2Anatomy"]

_WITH_MASKS = ("eager", "sdpa")
"""The implementations of attention whose mask says for each query and key whether they meet."""


@final
class GPT2Anatomy(DecoderOnlyAnatomy):
    """Families with learned positions, one projection for queries, keys and values, and plain feed-forwards."""

    attention_name = "attn"
    outputs = ("c_proj",)
    feed_forward_names = FeedForwardNames("c_fc", None, "c_proj", "act", "n_inner")

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__(model, "transformer.h")
        if model.config.add_cross_attention:
            what = f"components cannot be hung on a {type(model).__name__} with cross-attention"
            raise InputError(what, right="use one that is a decoder alone (add_cross_attention = false)")

    def window(self, attention: nn.Module) -> int | None:
        """See ``DecoderOnlyAnatomy.window``."""
        return None

    def attentions(self) -> tuple[Attention, ...]:
        """See ``Anatomy.attentions``."""
        found = []
        for index, path in enumerate(self.stacks["decoder"]):
            module: Any = self.model.get_submodule(f"{path}.attn")
            size = module.head_dim
            projected = linear_features(module.c_attn)[1] // size
            shared = (projected - module.num_heads) // 2  # its outputs are queries, keys and values
            found.append(
                Attention(f"{path}.attn", "decoder", index, "self", module, module.num_heads, shared, size, True)
            )
        return tuple(found)

    def new_heads(self, attention: Attention, heads: int, head_size: int) -> nn.Module:
        """See ``Anatomy.new_heads``; the family's own class cannot have heads that do not fill the model's width."""
        implementation = self.model.config._attn_implementation
        if implementation not in _WITH_MASKS:
            what = f"new heads cannot be hung on a {type(self.model).__name__} with {implementation!r} attention"
            raise InputError(what, right=f"load it with attn_implementation {' or '.join(_WITH_MASKS)}")
        base: Any = attention.module
        weight = base.c_proj.weight
        # The base's scale may depend on the depth as well, but on a head's size by its root.
        scale = base.scaling * (attention.head_size / head_size) ** 0.5
        with torch.device(weight.device):
            module = _Heads(
                linear_features(base.c_proj)[1], heads, key_value_heads(attention, heads), head_size, scale
            ).to(weight.dtype)
        module.dropout = self.model.config.attn_pdrop
        module.apply(self.model._init_weights)
        silence(module, ("o",))
        return module.requires_grad_(True)

    def run_heads(
        self,
        module: nn.Module,
        attention: Attention,
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
        output: Any,
        rows: torch.Tensor | None,
    ) -> Any:
        """See ``Anatomy.run_heads``."""
        cache = keywords.get("past_key_values", keywords.get("layer_past"))  # GPT-BigCode has the second word for it
        given = (input_of(arguments, keywords), keywords.get("attention_mask"), cache)
        part = call_beside(module, given, {}, rows, output[0].shape[0], len(self.stacks["decoder"]))
        return with_part(output, part, rows)

    def embeddings(self) -> tuple[str, ...]:
        """See ``Anatomy.embeddings``."""
        return ("transformer.wte",)


@final
class _Heads(nn.Module):
    """Causal self-attention with projections of its own (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762).

    As in the base, queries, keys and values have biases; the output has none, the base's being there already.
    """

    def __init__(self, d_model: int, heads: int, key_value_heads: int, head_size: int, scale: float) -> None:
        super().__init__()
        self.q = nn.Linear(d_model, heads * head_size)
        self.k = nn.Linear(d_model, key_value_heads * head_size)
        self.v = nn.Linear(d_model, key_value_heads * head_size)
        self.o = nn.Linear(heads * head_size, d_model, bias=False)
        self.head_size = head_size
        self.scale = scale
        self.dropout = 0.0

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor | None, cache: Cache | None) -> torch.Tensor:
        """Attend to the tokens so far.

        Args:
            hidden: shape (batch, length, d_model).
            mask: which keys a query meets, shape (batch, 1, length, past and length), true or 0 where it does;
                None for all up to its own.
            cache: keys and values of the past, as layer 0.

        Returns:
            Shape (batch, length, d_model).
        """
        queries, keys, values = (
            projected.unflatten(-1, (-1, self.head_size)).transpose(1, 2)
            for projected in (self.q(hidden), self.k(hidden), self.v(hidden))
        )
        if cache is not None:
            keys, values = cache.update(keys, values, 0)
        states = F.scaled_dot_product_attention(
            queries,
            keys,
            values,
            attn_mask=mask,
            dropout_p=self.dropout if self.training else 0.0,
            is_causal=mask is None and queries.shape[2] > 1,
            scale=self.scale,
            enable_gqa=keys.shape[1] != queries.shape[1],
        )
        part: torch.Tensor = self.o(states.transpose(1, 2).flatten(2))
        return part
