"""Where families of models keep their parts: the only package that knows module paths, signatures and caches."""

from collections.abc import Callable, Mapping

from torch import nn
from transformers import PreTrainedModel

from graftwork.errors import InputError
from graftwork.models.anatomy.added import products_by_row, thin
from graftwork.models.anatomy.anatomy import Anatomy, Attention, FeedForward, FeedForwardNames
from graftwork.models.anatomy.calls import input_of
from graftwork.models.anatomy.decoding import Decoding
from graftwork.models.anatomy.gpt2 import GPT2Anatomy
from graftwork.models.anatomy.llama import LlamaAnatomy
from graftwork.models.anatomy.low_rank import ActsOnModules, LowRankPart
from graftwork.models.anatomy.t5 import T5Anatomy
from graftwork.models.linear import linears_of

__all__ = [
    "FAMILIES",
    "ActsOnModules",
    "Anatomy",
    "Attention",
    "Decoding",
    "FeedForward",
    "FeedForwardNames",
    "GPT2Anatomy",
    "LlamaAnatomy",
    "LowRankPart",
    "T5Anatomy",
    "anatomy_of",
    "input_of",
    "linears_of",
    "products_by_row",
    "thin",
]

_ANATOMIES: Mapping[str, Callable[[PreTrainedModel], Anatomy]] = {
    "gpt2": GPT2Anatomy,
    "gpt_bigcode": GPT2Anatomy,
    "llama": LlamaAnatomy,
    "mistral": LlamaAnatomy,
    "mt5": T5Anatomy,
    "qwen2": LlamaAnatomy,
    "qwen3": LlamaAnatomy,
    "t5": T5Anatomy,
}

FAMILIES = tuple(_ANATOMIES)
"""The model families (Transformers' ``model_type``) that components can be hung on."""


def anatomy_of(model: nn.Module) -> Anatomy:
    """Return the anatomy of a model.

    Raises:
        InputError: the model is of a family that is not known here, or writes no tokens.
    """
    family = str(getattr(getattr(model, "config", None), "model_type", None))
    kind = f"components cannot be hung on a {type(model).__name__}"
    if family not in _ANATOMIES or not isinstance(model, PreTrainedModel):
        raise InputError(kind, right=f"the families that work are {', '.join(FAMILIES)}")
    if not hasattr(model, "lm_head"):
        raise InputError(kind, right=f"give the {family} model that writes tokens, with its head")
    return _ANATOMIES[family](model)
