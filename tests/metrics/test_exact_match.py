from hypothesis import given
from hypothesis import strategies as st

from graftwork.metrics.exact_match import exact_match, without_trailing_space


def test_line_ends_and_trailing_space_do_not_count() -> None:
    assert exact_match("def f():\r\n    pass  \r\n\r\n", "def f():\n    pass") == 1


def test_indentation_counts() -> None:
    assert exact_match("if a:\n  b", "if a:\n    b") == 0


def test_space_inside_a_line_counts() -> None:
    assert exact_match("a+b", "a + b") == 0


def test_blank_lines_in_between_and_before_count() -> None:
    assert exact_match("a\n\nb", "a\nb") == exact_match("\na", "a") == 0


def test_case_counts() -> None:
    assert exact_match("Return", "return") == 0


@given(st.text())
def test_the_rule_has_nothing_to_do_twice(text: str) -> None:
    once = without_trailing_space(text)
    assert without_trailing_space(once) == once
