"""Which modules of a T5 compute otherwise while it is trained: the parts of its blocks, and of new blocks beside it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, final

import torch
from torch import nn
from transformers import PreTrainedConfig, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, eager_mask
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.models.t5.modeling_t5 import (
    T5Attention,
    T5DenseActDense,
    T5ForConditionalGeneration,
    T5LayerCrossAttention,
    T5LayerFF,
    T5LayerNorm,
    T5LayerSelfAttention,
)

from graftwork.models.quick.attention import AttentionPass, attention
from graftwork.models.quick.biases import Looks
from graftwork.models.quick.hooks import low_rank_on, modules_beside, only_for_all_rows, untouched
from graftwork.models.quick.layout import Layout
from graftwork.models.quick.projection import JoinedPass, joined_weight
from graftwork.models.quick.sublayers import CrossAttentionPass, FeedForwardPass, SelfAttentionPass, sublayer

__all__ = ["QuickT5"]

NAME = "graftwork_quick"
Forward = Callable[..., Any]


@final
class QuickT5:
    """The parts of a T5's blocks while it is trained; outside ``active`` it computes as its own."""

    def __init__(self, model: PreTrainedModel, bf16: bool) -> None:
        """Get ready.

        Args:
            model: with what hangs on it; its frozen parts are those whose parameters want no gradient now.
            bf16: whether training runs under autocast to bfloat16.
        """
        self._modules = list(model.modules())
        self._dtype = torch.bfloat16 if bf16 else torch.float32
        self._looks = Looks()
        modules = [*self._modules, *modules_beside(model)]
        configs = [getattr(module, "config", None) for module in modules]
        self._configs = list({id(one): one for one in configs if isinstance(one, PreTrainedConfig)}.values())
        self.forwards: dict[nn.Module, Forward] = {}
        """How modules compute in ``active``."""
        for module in modules:
            forward = self._forward_of(module)
            if forward is not None:
                self.forwards[module] = forward
        attentions = [one for one in modules if hasattr(one, "is_causal") and hasattr(one, "n_heads")]
        self._packs = type(model) is T5ForConditionalGeneration and all(type(one) is T5Attention for one in attentions)

    @contextmanager
    def active(self) -> Iterator[None]:
        """In this block attentions are computed by matrix products over whole batches; ``forwards`` are not set."""
        ALL_ATTENTION_FUNCTIONS.register(NAME, self._attention)
        ALL_MASK_ATTENTION_FUNCTIONS.register(NAME, self._mask)
        before = [config._attn_implementation_internal for config in self._configs]
        for config in self._configs:
            config._attn_implementation_internal = NAME
        try:
            yield
        finally:
            for config, own in zip(self._configs, before, strict=True):
                config._attn_implementation_internal = own
            self._looks.forget()

    def packs(self) -> bool:
        """Whether the model can now be given a batch without its padding."""
        return self._packs and only_for_all_rows(self._modules)

    @contextmanager
    def packing(self, source: Layout, target: Layout, real: torch.Tensor) -> Iterator[None]:
        """See ``Looks.packing``; the model is called with (1, rows) token numbers, without a mask."""
        with self._looks.packing(source, target, real):
            yield

    def _forward_of(self, module: nn.Module) -> Forward | None:
        if type(module) is T5LayerSelfAttention or type(module) is T5LayerCrossAttention:
            return _AttentionLayer(module, self._looks, self._dtype)
        if type(module) is T5LayerFF and type(module.DenseReluDense) is T5DenseActDense:
            return _FeedForwardLayer(module, self._dtype)
        if type(module) is T5Attention:
            return lambda *arguments, **keywords: self._attended(module, *arguments, **keywords)
        return None

    def _mask(self, *arguments: Any, **keywords: Any) -> torch.Tensor | None:
        return None if self._looks.packed else eager_mask(*arguments, **keywords)

    def _attended(
        self,
        module: Any,
        hidden_states: torch.Tensor,
        mask: torch.Tensor | None = None,
        key_value_states: torch.Tensor | None = None,
        position_bias: torch.Tensor | None = None,
        **others: Any,
    ) -> Any:
        """An attention that something hangs on, or that hangs beside one; by its own modules where all is padded."""
        if not self._looks.packed:
            return T5Attention.forward(module, hidden_states, mask, key_value_states, position_bias, **others)
        source = hidden_states if key_value_states is None else key_value_states
        layouts = self._looks.layouts(module, hidden_states, source)
        rows = [one(states)[0] for one, states in ((module.q, hidden_states), (module.k, source), (module.v, source))]
        if position_bias is None:
            position_bias = self._looks.positions(module, rows[0], layouts)
        cross = key_value_states is not None
        bias = self._looks.bias(module, position_bias, None, layouts, cross, rows[0].dtype)
        share = module.dropout if module.training else 0.0
        queries, keys = layouts
        mixed = attention(rows, (queries, keys, keys), module.n_heads, bias, position_bias, share)
        return module.o(mixed.unsqueeze(0)), position_bias, None

    def _attention(
        self,
        module: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attention_mask: torch.Tensor | None,
        dropout: float = 0.0,
        scaling: float | None = None,
        position_bias: torch.Tensor | None = None,
        **others: Any,
    ) -> tuple[torch.Tensor, None]:
        """What Transformers calls; (batch, heads, places, size) to (batch, places, heads, size)."""
        if position_bias is None or scaling != 1.0:
            return sdpa_attention_forward(  # type: ignore[no-any-return]  # Transformers is not typed
                module, query, key, value, attention_mask, dropout, scaling, position_bias=position_bias, **others
            )
        rows = [one.transpose(1, 2).reshape(-1, one.shape[1] * one.shape[3]) for one in (query, key, value)]
        queries, keys = self._looks.layouts(module, query[:, 0], key[:, 0])
        bias = self._looks.bias(module, position_bias, attention_mask, (queries, keys), False, query.dtype)
        mixed = attention(rows, (queries, keys, keys), query.shape[1], bias, position_bias, dropout)
        return mixed.view(query.shape[0], query.shape[2], query.shape[1], -1), None


@final
class _Linears:
    """Linear layers of one input in one training."""

    def __init__(self, modules: Sequence[Any], dtype: torch.dtype) -> None:
        self.modules, self._dtype = tuple(modules), dtype
        self.plain = all(type(one) is nn.Linear and one.bias is None for one in modules)
        self._frozen = self.plain and not any(module.weight.requires_grad for module in modules)
        self._weight: torch.Tensor | None = None

    def begin(self) -> JoinedPass | None:
        """One pass with what hangs on them now; None if they have to be called."""
        parts = [low_rank_on(module) for module in self.modules]
        known = [own for own in parts if own is not None]
        alike = len({part.activation is None for own in known for part in own}) < 2
        if not self.plain or len(known) < len(parts) or not alike or _dtype_now() != self._dtype:
            return None
        if self._weight is not None:
            return JoinedPass(self.modules, self._weight, known)
        weight = joined_weight(self.modules, self._dtype)
        self._weight = weight if self._frozen else None
        return JoinedPass(self.modules, weight, known)


@final
class _FeedForwardLayer:
    """T5LayerFF."""

    def __init__(self, layer: Any, dtype: torch.dtype) -> None:
        self._layer, self._dtype = layer, dtype
        dense = layer.DenseReluDense
        self._inner, self._outer = _Linears([dense.wi], dtype), _Linears([dense.wo], dtype)
        self._around = [layer.layer_norm, dense, dense.act, dense.dropout, layer.dropout]
        self._plain = type(layer.layer_norm) is T5LayerNorm and type(dense.act) is nn.ReLU

    def __call__(self, hidden_states: torch.Tensor) -> torch.Tensor:
        layer = self._layer
        fits = self._plain and hidden_states.dtype == torch.float32 and not _drops(layer.dropout)
        if fits and not _drops(layer.DenseReluDense.dropout) and untouched(self._around):
            inner, outer = self._inner.begin(), self._outer.begin()
            if inner is not None and outer is not None:
                return sublayer(FeedForwardPass(inner, outer), layer.layer_norm, hidden_states, self._dtype)
        forwarded: torch.Tensor = type(layer).forward(layer, hidden_states)
        return forwarded


@final
class _AttentionLayer:
    """T5LayerSelfAttention and T5LayerCrossAttention."""

    def __init__(self, layer: Any, looks: Looks, dtype: torch.dtype) -> None:
        self._layer, self._looks, self._dtype = layer, looks, dtype
        self._cross = type(layer) is T5LayerCrossAttention
        own = self._attention = layer.EncDecAttention if self._cross else layer.SelfAttention
        joined = [[own.q], [own.k, own.v]] if self._cross else [[own.q, own.k, own.v]]
        self._linears = [_Linears(modules, dtype) for modules in [*joined, [own.o]]]
        self._around = [layer.layer_norm, own, layer.dropout]
        self._plain = type(layer.layer_norm) is T5LayerNorm and type(own) is T5Attention and own.scaling == 1.0

    def __call__(
        self,
        hidden_states: torch.Tensor,
        key_value_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        position_bias: torch.Tensor | None = None,
        **others: Any,
    ) -> Any:
        layer, own = self._layer, self._attention
        joined = self._passes(hidden_states, others)
        if joined is None:
            if self._cross:
                others["key_value_states"] = key_value_states
            given = {"attention_mask": attention_mask, "position_bias": position_bias, **others}
            return type(layer).forward(layer, hidden_states, **given)
        source = hidden_states if key_value_states is None else key_value_states
        layouts = self._looks.layouts(own, hidden_states, source)
        if position_bias is None:
            position_bias = self._looks.positions(own, hidden_states, layouts)
        bias = self._looks.bias(own, position_bias, attention_mask, layouts, self._cross, self._dtype)
        share = own.dropout if own.training else 0.0
        dtype, norm = self._dtype, layer.layer_norm
        if self._cross:
            across = CrossAttentionPass(joined, AttentionPass(layouts, (1, 2), own.n_heads, share), bias)
            states = sublayer(across, norm, hidden_states, dtype, source=source)
        else:
            attend = AttentionPass(layouts[:1], (3,), own.n_heads, share)
            within = SelfAttentionPass(joined, attend, bias, position_bias)
            states = sublayer(within, norm, hidden_states, dtype, positions=position_bias)
        return states, position_bias, None

    def _passes(self, states: torch.Tensor, others: dict[str, Any]) -> list[JoinedPass] | None:
        """The products with what hangs on them now; None if the layer has to go its own way."""
        fits = self._plain and states.dtype == torch.float32 and not _drops(self._layer.dropout)
        if not fits or any(value is not None for value in others.values()) or not untouched(self._around):
            return None
        passes = [linears.begin() for linears in self._linears]
        known = [one for one in passes if one is not None]
        return known if len(known) == len(passes) else None


def _dtype_now() -> torch.dtype:
    """Of products at this place in the program: a method may pass batches through outside of autocast."""
    return torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else torch.float32


def _drops(dropout: Any) -> bool:
    return bool(dropout.training and dropout.p)
