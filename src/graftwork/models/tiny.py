"""Tiny real models and a tokenizer, made in memory: what tests, examples and documentation run on."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from tokenizers.pre_tokenizers import ByteLevel
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    GPTBigCodeConfig,
    GPTBigCodeForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    MT5Config,
    MT5ForConditionalGeneration,
    PretrainedConfig,
    PreTrainedModel,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
    RobertaTokenizer,
    T5Config,
    T5ForConditionalGeneration,
)

from graftwork.errors import InputError, nearest
from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.load import Base

__all__ = [
    "tiny_base",
    "tiny_bigcode",
    "tiny_gpt2",
    "tiny_llama",
    "tiny_mistral",
    "tiny_model",
    "tiny_mt5",
    "tiny_qwen2",
    "tiny_qwen3",
    "tiny_t5",
    "tiny_tokenizer",
]

_TOKENS: dict[str, Any] = {"vocab_size": 261, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
_T5: dict[str, Any] = _TOKENS | {
    "d_model": 32,
    "d_kv": 8,
    "d_ff": 64,
    "num_layers": 2,
    "num_decoder_layers": 2,
    "num_heads": 4,
    "relative_attention_num_buckets": 8,
    "relative_attention_max_distance": 16,
    "decoder_start_token_id": 0,
}
# Weights are larger than in large models: with a spread of 0.02 a model so narrow would hardly look at its input.
_LLAMA: dict[str, Any] = _TOKENS | {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 1024,
    "initializer_range": 0.2,
}
_GPT2: dict[str, Any] = _TOKENS | {
    "n_embd": 32,
    "n_inner": 64,
    "n_layer": 2,
    "n_head": 4,
    "n_positions": 1024,
    "initializer_range": 0.2,
}


def tiny_t5(seed: int = 0, *, gated: bool = False, **overrides: Any) -> T5ForConditionalGeneration:
    """A T5 of 2 + 2 blocks, 32 wide, with random weights that depend on the seed alone; in evaluation mode.

    Args:
        seed: seed of the weights; the global random state is left as it was.
        gated: gated feed-forward blocks (``wi_0``, ``wi_1``, ``wo``) instead of plain ones (``wi``, ``wo``).
        overrides: any setting of ``T5Config``.
    """
    settings = {**_T5, "feed_forward_proj": "gated-gelu" if gated else "relu", **overrides}
    return _seeded(T5ForConditionalGeneration, T5Config(**settings), seed)


def tiny_mt5(seed: int = 0, **overrides: Any) -> MT5ForConditionalGeneration:
    """An mT5 of 2 + 2 blocks, 32 wide, otherwise as ``tiny_t5``; its feed-forward blocks are gated."""
    return _seeded(MT5ForConditionalGeneration, MT5Config(**(_T5 | overrides)), seed)


def tiny_llama(seed: int = 0, **overrides: Any) -> LlamaForCausalLM:
    """A Llama of 2 blocks, 32 wide, with 4 heads that share 2 keys and values; otherwise as ``tiny_t5``."""
    return _seeded(LlamaForCausalLM, LlamaConfig(**(_LLAMA | overrides)), seed)


def tiny_mistral(seed: int = 0, **overrides: Any) -> MistralForCausalLM:
    """A Mistral as ``tiny_llama``, whose attention looks 8 tokens back at most."""
    return _seeded(MistralForCausalLM, MistralConfig(**(_LLAMA | {"sliding_window": 8} | overrides)), seed)


def tiny_qwen2(seed: int = 0, **overrides: Any) -> Qwen2ForCausalLM:
    """A Qwen2 as ``tiny_llama``; queries, keys and values have biases, and input and output embeddings are one."""
    return _seeded(Qwen2ForCausalLM, Qwen2Config(**(_LLAMA | {"tie_word_embeddings": True} | overrides)), seed)


def tiny_qwen3(seed: int = 0, **overrides: Any) -> Qwen3ForCausalLM:
    """A Qwen3 as ``tiny_llama``; queries and keys are normed, and heads are together wider than the model."""
    return _seeded(Qwen3ForCausalLM, Qwen3Config(**(_LLAMA | {"head_dim": 16} | overrides)), seed)


def tiny_gpt2(seed: int = 0, **overrides: Any) -> GPT2LMHeadModel:
    """A GPT-2 of 2 blocks, 32 wide, with 4 heads; otherwise as ``tiny_t5``."""
    return _seeded(GPT2LMHeadModel, GPT2Config(**(_GPT2 | overrides)), seed)


def tiny_bigcode(seed: int = 0, **overrides: Any) -> GPTBigCodeForCausalLM:
    """A GPT-BigCode as ``tiny_gpt2``; all heads share one key and value."""
    return _seeded(GPTBigCodeForCausalLM, GPTBigCodeConfig(**(_GPT2 | overrides)), seed)


_MAKERS: Mapping[str, Callable[..., PreTrainedModel]] = {
    "gpt2": tiny_gpt2,
    "gpt_bigcode": tiny_bigcode,
    "llama": tiny_llama,
    "mistral": tiny_mistral,
    "mt5": tiny_mt5,
    "qwen2": tiny_qwen2,
    "qwen3": tiny_qwen3,
    "t5": tiny_t5,
    "t5-gated": partial(tiny_t5, gated=True),
}


def tiny_model(family: str, seed: int = 0, **settings: Any) -> PreTrainedModel:
    """A tiny model of any family that components can be hung on.

    Args:
        family: Transformers' ``model_type``, one of ``graftwork.models.anatomy.FAMILIES``, or ``t5-gated``.
        seed: seed of the weights; the global random state is left as it was.
        settings: what the family's function here takes, such as any setting of its configuration.

    Raises:
        InputError: there is no such family.
    """
    if family not in _MAKERS:
        raise InputError(f"unknown family {family!r}", "tiny model", nearest(family, _MAKERS))
    return _MAKERS[family](seed, **settings)


def tiny_tokenizer() -> RobertaTokenizer:
    """A tokenizer of CodeT5's class whose tokens are the 256 bytes and five special ones (261 together)."""
    tokens = ["<pad>", "<s>", "</s>", "<unk>", "<mask>", *sorted(ByteLevel.alphabet())]
    return RobertaTokenizer(vocab={token: number for number, token in enumerate(tokens)}, merges=[])


def tiny_base(seed: int = 0, family: str = "t5", **settings: Any) -> Base:
    """``tiny_model`` with its tokenizer, as ``load_base`` would give it."""
    model = tiny_model(family, seed, **settings)
    return Base(model=model, tokenizer=tiny_tokenizer(), name="tiny", fingerprint=model_fingerprint(model))


def _seeded(model: Callable[[PretrainedConfig], Any], config: PretrainedConfig, seed: int) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return model(config).eval()
