import pytest

from graftwork.report.visible import cut, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("\x1b[31m", "⟨U+001B⟩[31m"),
        ("\x00", "⟨U+0000⟩"),
        ("\ud800", "⟨U+D800⟩"),
        ("a\u200bb", "a⟨U+200B⟩b"),
        ("\U000e0041", "⟨U+E0041⟩"),
    ],
)
def test_what_hides_or_reorders_text_is_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("text", ["def f():\n\treturn 1", "漢字 🙂 ñ", "مرحبا"])
def test_ordinary_text_of_any_script_is_left_alone(text: str) -> None:
    assert visible(text) == text


def test_line_ends_become_newlines() -> None:
    assert visible("a\r\nb\rc") == "a\nb\nc"


def test_long_text_is_cut_and_says_by_how_much() -> None:
    assert cut("x" * 1500, 400) == "x" * 400 + "\n… 1,100 more characters"
