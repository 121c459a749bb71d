"""Examples and prompts as token numbers, in the form that a model of each kind is trained and asked in."""

import re
from collections.abc import Sequence

from transformers import PreTrainedTokenizerBase

from graftwork.data.example import Example
from graftwork.models.tokenizer import token_ids
from graftwork.training.batches import Encoded

__all__ = ["encode", "encode_prompts", "prompt_for", "text_of"]


def prompt_for(example: Example, template: str) -> str:
    """Fill a prompt template; it may use ``{language}``, ``{description}`` and ``{signature}``."""
    return re.sub(r"\{(language|description|signature)\}", lambda blank: getattr(example, blank[1]), template)


def encode_prompts(
    tokenizer: PreTrainedTokenizerBase, prompts: Sequence[str], encoder_decoder: bool, longest: int | None = None
) -> list[list[int]]:
    """Encode prompts as token numbers.

    For an encoder-decoder, a prompt ends with the end token. For a decoder-only model, it ends with a new line, after
    which the output goes on; and it begins with the token that the tokenizer begins every text with, if it has one.

    Args:
        tokenizer: the base's.
        prompts: the texts.
        encoder_decoder: the kind of model.
        longest: a prompt of more tokens than this is cut; its beginning and end are kept.
    """
    start: list[int] = [] if encoder_decoder else _start(tokenizer)
    end: list[int] = [tokenizer.eos_token_id] if encoder_decoder else token_ids(tokenizer, ["\n"])[0]
    room = None if longest is None else max(0, longest - len(start) - len(end))
    return [[*start, *tokens[:room], *end] for tokens in token_ids(tokenizer, prompts)]


def _start(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """The token that the tokenizer puts before every text: Llama's does, GPT-2's and Qwen's do not."""
    first = tokenizer("\n")["input_ids"][:1]
    return [token for token in first if token == tokenizer.bos_token_id]


def encode(
    tokenizer: PreTrainedTokenizerBase,
    examples: Sequence[Example],
    template: str,
    max_source: int,
    max_target: int,
    encoder_decoder: bool = True,
) -> list[Encoded]:
    """Encode examples as token numbers; a source or target over its limit is cut, its end kept.

    Args:
        tokenizer: the base's.
        examples: what to encode.
        template: the prompt, as ``prompt_for`` takes it.
        max_source: most tokens of a prompt, its end included.
        max_target: most tokens of a target, its end token included.
        encoder_decoder: the kind of model that it is for.
    """
    end = tokenizer.eos_token_id
    prompts = [prompt_for(example, template) for example in examples]
    targets = token_ids(tokenizer, [example.target for example in examples])
    return [
        Encoded(tuple(prompt), (*target[: max_target - 1], end))
        for prompt, target in zip(encode_prompts(tokenizer, prompts, encoder_decoder, max_source), targets, strict=True)
    ]


def text_of(tokenizer: PreTrainedTokenizerBase, tokens: Sequence[int]) -> str:
    """The text that a model wrote, to the letter: without special tokens, and with blanks as they stand in it."""
    text: str = tokenizer.decode(list(tokens), skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return text
