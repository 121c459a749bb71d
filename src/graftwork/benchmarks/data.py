"""What the benchmarks work on: documented functions of the standard library at their real lengths, and T5 shapes."""

import random
from functools import cache

import torch
from transformers import T5Config, T5ForConditionalGeneration

from graftwork.data.example import Example
from graftwork.data.mining import mine_files
from graftwork.data.sources.stdlib import stdlib_files
from graftwork.evaluation.encode import encode
from graftwork.languages import get_language
from graftwork.models.load import DEFAULT, Base, load_base, load_config
from graftwork.training.batches import Encoded

__all__ = ["PROMPT", "base", "encoded_functions", "fresh_base", "functions", "t5_of_shapes", "token_counts"]

PROMPT = "Generate {language}: {description}"
CODET5_SMALL = "Salesforce/codet5-small"


@cache
def base() -> Base:
    """The base that the package carries."""
    return load_base(DEFAULT)


def fresh_base() -> Base:
    """The same with a model of its own, for what changes it."""
    return load_base(DEFAULT)


@cache
def functions(count: int) -> tuple[Example, ...]:
    """The first documented Python functions of the standard library, in an order that mixes its files.

    Enough files are read for as many functions, so a few take a moment only.
    """
    language = get_language("python")
    files = stdlib_files(language)
    random.Random(0).shuffle(files)
    share = 8
    while True:
        chosen = files[: max(24, len(files) // share)]
        found = list(mine_files(chosen, language).examples)
        if len(found) >= count or len(chosen) >= len(files):
            random.Random(1).shuffle(found)
            return tuple(found[:count])
        share = max(1, share // 2)


def encoded_functions(count: int, max_source: int = 256, max_target: int = 512) -> list[Encoded]:
    """The functions as token numbers of the embedded base's tokenizer; what is longer than the limits is cut."""
    return encode(base().tokenizer, functions(count), PROMPT, max_source, max_target)


def token_counts(examples: list[Encoded]) -> tuple[int, int]:
    """Real tokens of the sources and of the targets."""
    return sum(len(one.source) for one in examples), sum(len(one.target) for one in examples)


def t5_of_shapes(seed: int = 0, **changes: int) -> T5ForConditionalGeneration:
    """A T5 of codet5-small's shapes with random weights, in evaluation mode.

    Args:
        seed: seed of the weights; the global random state is left as it was.
        changes: settings of its configuration that differ.
    """
    config = T5Config(**{**load_config(CODET5_SMALL).to_dict(), **changes})
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return T5ForConditionalGeneration(config).eval()
