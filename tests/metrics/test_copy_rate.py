from hypothesis import given
from hypothesis import strategies as st

from graftwork.metrics.copy_rate import RUN_LENGTH, copied, copy_signature

WORDS = st.lists(st.sampled_from("abc"), max_size=20)


def test_a_copied_prompt_is_all_copied() -> None:
    assert copied("def add(a, b):", "def add(a, b):") == 1


def test_a_run_of_four_is_not_copied() -> None:
    assert copied("a b c d", "a b c d e") == 0


def test_a_run_of_five_is_copied() -> None:
    assert copied("x a b c d e y z", "1 a b c d e 2") == 5 / 8


def test_runs_that_overlap_count_their_tokens_once() -> None:
    assert copied("a b c d e f x", "a b c d e f") == 6 / 7


def test_a_run_with_a_gap_is_not_copied() -> None:
    assert copied("a b x c d e", "a b c d e") == 0


def test_layout_makes_no_difference() -> None:
    assert copied("f(\n  a,\n  b)", "f(a, b)") == 1


def test_an_empty_prediction_is_undefined() -> None:
    assert copied(" \n", "a b c d e") is None


def test_nothing_can_be_copied_from_an_empty_prompt() -> None:
    assert copied("a b c d e f", "") == 0


@given(WORDS.filter(bool), WORDS)
def test_equal_to_the_definition(tokens: list[str], prompt: list[str]) -> None:
    def stands_in_prompt(run: list[str]) -> bool:
        return any(prompt[start : start + len(run)] == run for start in range(len(prompt)))

    def lies_in_a_run(position: int) -> bool:
        return any(
            stands_in_prompt(tokens[start:end])
            for start in range(position + 1)
            for end in range(max(position + 1, start + RUN_LENGTH), len(tokens) + 1)
        )

    expected = sum(map(lies_in_a_run, range(len(tokens)))) / len(tokens)
    assert copied(" ".join(tokens), " ".join(prompt)) == expected


def test_the_length_of_run_is_named() -> None:
    assert "run:5" in copy_signature()
