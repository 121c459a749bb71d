"""Tiny real models and a tokenizer, made in memory: what tests, examples and documentation run on."""

from typing import Any

import torch
from tokenizers.pre_tokenizers import ByteLevel
from transformers import RobertaTokenizer, T5Config, T5ForConditionalGeneration

from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.load import Base

__all__ = ["tiny_base", "tiny_t5", "tiny_tokenizer"]


def tiny_t5(seed: int = 0, *, gated: bool = False, **overrides: Any) -> T5ForConditionalGeneration:
    """A T5 of 2 + 2 blocks, 32 wide, with random weights that depend on the seed alone; in evaluation mode.

    Args:
        seed: seed of the weights; the global random state is left as it was.
        gated: gated feed-forward blocks (``wi_0``, ``wi_1``, ``wo``) instead of plain ones (``wi``, ``wo``).
        overrides: any setting of ``T5Config``.
    """
    settings: dict[str, Any] = {
        "vocab_size": 261,
        "d_model": 32,
        "d_kv": 8,
        "d_ff": 64,
        "num_layers": 2,
        "num_decoder_layers": 2,
        "num_heads": 4,
        "relative_attention_num_buckets": 8,
        "relative_attention_max_distance": 16,
        "feed_forward_proj": "gated-gelu" if gated else "relu",
        "pad_token_id": 0,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "decoder_start_token_id": 0,
    }
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return T5ForConditionalGeneration(T5Config(**(settings | overrides))).eval()


def tiny_tokenizer() -> RobertaTokenizer:
    """A tokenizer of CodeT5's class whose tokens are the 256 bytes and five special ones (261 together)."""
    tokens = ["<pad>", "<s>", "</s>", "<unk>", "<mask>", *sorted(ByteLevel.alphabet())]
    return RobertaTokenizer(vocab={token: number for number, token in enumerate(tokens)}, merges=[])


def tiny_base(seed: int = 0, *, gated: bool = False, **overrides: Any) -> Base:
    """``tiny_t5`` with its tokenizer, as ``load_base`` would give it."""
    model = tiny_t5(seed, gated=gated, **overrides)
    return Base(model=model, tokenizer=tiny_tokenizer(), name="tiny", fingerprint=model_fingerprint(model))
