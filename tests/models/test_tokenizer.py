import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from graftwork.models.tokenizer import NUM_SENTINELS, token_ids, train_tokenizer

CODE = [
    "def solve(numbers):\n    return [number * 25 for number in numbers]",
    "function solve(numbers) {\n  return numbers.map((number) => number * 25);\n}",
    "def solve(words):\n    numbers = [len(w) for w in words]\n    return numbers[:2]",
] * 5


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return train_tokenizer(CODE, 400)


def pieces(tokenizer: PreTrainedTokenizerFast, text: str) -> list[str]:
    return [tokenizer.decode([token]) for token in tokenizer(text, add_special_tokens=False)["input_ids"]]


def test_the_vocabulary_has_the_asked_size() -> None:
    assert len(train_tokenizer(CODE, 320)) == 320


def test_special_tokens_come_first_as_the_model_expects_them(tokenizer: PreTrainedTokenizerFast) -> None:
    assert (tokenizer.pad_token_id, tokenizer.eos_token_id, tokenizer.unk_token_id) == (0, 1, 2)
    sentinels = [f"<extra_id_{number}>" for number in range(NUM_SENTINELS)]
    assert tokenizer.convert_tokens_to_ids(sentinels) == list(range(3, 3 + NUM_SENTINELS))


@settings(max_examples=60)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_survives_unchanged(tokenizer: PreTrainedTokenizerFast, text: str) -> None:
    tokens = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert tokenizer.decode(tokens, skip_special_tokens=False) == text
    assert tokenizer.unk_token_id not in tokens


@pytest.mark.parametrize("text", ["x = f( a , b ) .", "don 't  do \t that !", "  \n\n    y\r\n"])
def test_white_space_and_signs_are_not_tidied(tokenizer: PreTrainedTokenizerFast, text: str) -> None:
    tokens = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert tokenizer.decode(tokens, skip_special_tokens=True) == text


def test_a_frequent_word_is_one_token(tokenizer: PreTrainedTokenizerFast) -> None:
    assert pieces(tokenizer, "return numbers") == ["return", " numbers"]


def test_a_new_line_keeps_its_indentation(tokenizer: PreTrainedTokenizerFast) -> None:
    assert pieces(tokenizer, "):\n    return")[-2:] == ["\n    ", "return"]


def test_digits_stay_apart_however_often_they_come_together(tokenizer: PreTrainedTokenizerFast) -> None:
    assert pieces(tokenizer, "* 25")[-2:] == [" 2", "5"]


def test_the_end_token_is_added_only_where_asked(tokenizer: PreTrainedTokenizerFast) -> None:
    assert tokenizer("solve")["input_ids"] == [*tokenizer("solve", add_special_tokens=False)["input_ids"], 1]


def test_a_sentinel_is_one_token_wherever_it_stands(tokenizer: PreTrainedTokenizerFast) -> None:
    assert 8 in tokenizer("def <extra_id_5>(x)", add_special_tokens=False)["input_ids"]


def test_equal_texts_give_an_equal_tokenizer(tokenizer: PreTrainedTokenizerFast) -> None:
    assert train_tokenizer(CODE, 400).get_vocab() == tokenizer.get_vocab()


def test_a_saved_tokenizer_reads_back_the_same(tokenizer: PreTrainedTokenizerFast, tmp_path_factory) -> None:
    folder = tmp_path_factory.mktemp("tokenizer")
    tokenizer.save_pretrained(folder)
    again = PreTrainedTokenizerFast.from_pretrained(folder)
    text = CODE[0] + "<extra_id_3>"
    assert again(text)["input_ids"] == tokenizer(text)["input_ids"]
    assert again.decode(again(text)["input_ids"]) == tokenizer.decode(tokenizer(text)["input_ids"])


@pytest.mark.parametrize("text", ["return '</s>'", "<pad> and <extra_id_3>", "<unk>"])
def test_what_looks_like_a_special_token_is_text(tokenizer: PreTrainedTokenizerFast, text: str) -> None:
    (tokens,) = token_ids(tokenizer, [text])
    assert not set(tokens) & set(tokenizer.all_special_ids)
    assert tokenizer.decode(tokens, skip_special_tokens=True) == text
