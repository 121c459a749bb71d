"""A tokenizer for code, byte-level BPE that keeps indentation together and digits apart; and texts as token numbers."""

from collections.abc import Iterable, Sequence

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

__all__ = ["NUM_SENTINELS", "token_ids", "train_tokenizer"]

NUM_SENTINELS = 32
PIECES = r"\n[ \t]*| ?\p{L}+| ?\d| ?[^\s\p{L}\d]+|\s+"
"""What a token may not cross: a new line with its indentation, a word, a digit, a run of punctuation."""


def train_tokenizer(texts: Iterable[str], vocabulary_size: int) -> PreTrainedTokenizerFast:
    """Train byte-level BPE (Sennrich et al. 2016, https://arxiv.org/abs/1508.07909) with T5's special tokens.

    Every text survives encoding and decoding unchanged, since all 256 bytes are in the vocabulary.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    sentinels = [f"<extra_id_{number}>" for number in range(NUM_SENTINELS)]
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        special_tokens=["<pad>", "</s>", "<unk>", *sentinels],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", tokenizer.token_to_id("</s>"))]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        extra_special_tokens=sentinels,
        clean_up_tokenization_spaces=False,
    )


def token_ids(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[list[int]]:
    """Encode texts as they stand: nothing is added, and what looks like a special token (``</s>``) is text as well."""
    if not texts:
        return []
    encoded: list[list[int]] = tokenizer(list(texts), add_special_tokens=False, split_special_tokens=True)["input_ids"]
    return encoded
