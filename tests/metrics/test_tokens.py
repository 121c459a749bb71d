from hypothesis import given
from hypothesis import strategies as st

from graftwork.metrics.tokens import code_tokens


def test_words_stay_whole_and_symbols_stand_alone() -> None:
    assert code_tokens("total+=x_1;") == ["total", "+", "=", "x_1", ";"]


@given(st.text())
def test_tokens_hold_all_but_the_white_space(text: str) -> None:
    assert "".join(code_tokens(text)) == "".join(text.split())


@given(st.text())
def test_layout_makes_no_difference(text: str) -> None:
    assert code_tokens("  " + text + "\n") == code_tokens(text)
