import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from graftwork.data.example import make_example
from graftwork.evaluation.encode import encode, encode_prompts, prompt_for, text_of
from graftwork.models.tiny import tiny_tokenizer

TEMPLATE = "{language} {description}"
TOKENIZER = tiny_tokenizer()
EXAMPLES = [make_example("python", "a", "def a(x):\n  return x"), make_example("python", "b", "def b(x):\n  x += 1")]


def without_start() -> PreTrainedTokenizerFast:
    """A tokenizer of bytes that adds nothing to a text, and asks for blanks to be tidied when it decodes."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({token: n for n, token in enumerate(["</s>", *alphabet])}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="</s>", clean_up_tokenization_spaces=True)


def test_a_prompt_is_filled_from_the_example() -> None:
    example = make_example("ruby", "Add two numbers.", "x", signature="def add(a, b)")
    text = prompt_for(example, "{language}: {description} {signature} {other} {language}")
    assert text == "ruby: Add two numbers. def add(a, b) {other} ruby"


def test_what_an_example_says_is_never_taken_for_a_blank() -> None:
    example = make_example("ruby", r"Fill {signature} \1.", "x", signature="def f(a = '{description}')")
    assert prompt_for(example, "{description} {signature}") == r"Fill {signature} \1. def f(a = '{description}')"


@pytest.mark.parametrize(("encoder_decoder", "prompt"), [(True, "python a</s>"), (False, "<s>python a\n")])
def test_prompts_end_as_the_kind_of_model_has_them(encoder_decoder: bool, prompt: str) -> None:
    (row,) = encode(TOKENIZER, EXAMPLES[:1], TEMPLATE, 100, 100, encoder_decoder)
    assert TOKENIZER.decode(row.source) == prompt
    assert TOKENIZER.decode(row.target) == EXAMPLES[0].target + "</s>"


def test_a_prompt_begins_with_nothing_where_the_tokenizer_adds_nothing() -> None:
    tokenizer = without_start()
    (tokens,) = encode_prompts(tokenizer, ["python a"], encoder_decoder=False)
    assert text_of(tokenizer, tokens) == "python a\n"
    assert len(tokens) == len("python a\n")


@pytest.mark.parametrize(("encoder_decoder", "prompt"), [(True, "pytho</s>"), (False, "<s>pyth\n")])
def test_what_is_too_long_is_cut_and_keeps_its_end(encoder_decoder: bool, prompt: str) -> None:
    (row,) = encode(TOKENIZER, EXAMPLES[:1], TEMPLATE, max_source=6, max_target=6, encoder_decoder=encoder_decoder)
    assert (TOKENIZER.decode(row.source), TOKENIZER.decode(row.target)) == (prompt, "def a</s>")


def test_what_fits_exactly_is_not_cut() -> None:
    (row,) = encode(TOKENIZER, EXAMPLES[:1], TEMPLATE, len("python a") + 1, len(EXAMPLES[0].target) + 1)
    assert TOKENIZER.decode(row.source[:-1]) == "python a"
    assert TOKENIZER.decode(row.target[:-1]) == EXAMPLES[0].target


def test_prompts_alone_are_encoded_as_those_of_examples() -> None:
    for kind in (True, False):
        rows = encode(TOKENIZER, EXAMPLES, TEMPLATE, 100, 100, kind)
        prompts = [prompt_for(example, TEMPLATE) for example in EXAMPLES]
        assert [list(row.source) for row in rows] == encode_prompts(TOKENIZER, prompts, kind)


@pytest.mark.parametrize("encoder_decoder", [True, False])
def test_no_examples_are_encoded_as_none(encoder_decoder: bool) -> None:
    assert encode(TOKENIZER, [], TEMPLATE, 10, 10, encoder_decoder) == []


def test_text_comes_back_to_the_letter() -> None:
    tokenizer, code = without_start(), "f (a , b) ; x != 'no n't' ."
    (tokens,) = encode_prompts(tokenizer, [code], encoder_decoder=False)
    assert text_of(tokenizer, [*tokens, tokenizer.eos_token_id]) == code + "\n"
