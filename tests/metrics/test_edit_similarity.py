import pytest
from hypothesis import given
from hypothesis import strategies as st

from graftwork.metrics.edit_similarity import edit_similarity
from graftwork.metrics.exact_match import exact_match

CODE = st.text(alphabet="ab \n\r", max_size=12)


def test_by_hand() -> None:
    assert edit_similarity("kitten", "sitting") == pytest.approx(1 - 3 / 7)


def test_an_empty_prediction_has_nothing_in_common() -> None:
    assert edit_similarity("", "abc") == 0


def test_two_empty_texts_are_equal() -> None:
    assert edit_similarity("", " \n") == 1


@given(CODE, CODE)
def test_1_exactly_where_texts_match(first: str, second: str) -> None:
    assert (edit_similarity(first, second) == 1) == (exact_match(first, second) == 1)


@given(st.text(), st.text())
def test_either_way_the_same_and_within_bounds(first: str, second: str) -> None:
    assert 0 <= edit_similarity(first, second) == edit_similarity(second, first) <= 1
