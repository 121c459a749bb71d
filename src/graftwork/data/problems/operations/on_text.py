"""Operations on a text."""

from collections.abc import Callable
from typing import Any

from graftwork.data.problems.operations.operation import FEW, LETTERS, SMALL, Operation

__all__ = ["operations_on_text"]


def operations_on_text() -> list[Operation]:
    """Return them, in the order in which problems draw from them."""

    def to_text(name: str, phrases: tuple[str, ...], apply: Callable[..., Any], k: Any = (None,)) -> Operation:
        return Operation(name, "text", "text", phrases, apply, k)

    return [
        to_text(
            "upper_text",
            ("convert the text to upper case", "write it in capital letters", "make all letters upper case"),
            lambda x, k: x.upper(),
        ),
        to_text(
            "lower_text",
            ("convert the text to lower case", "write it in small letters", "make all letters lower case"),
            lambda x, k: x.lower(),
        ),
        to_text(
            "reverse_text",
            ("reverse the text", "write the text backwards", "put the characters in reverse order"),
            lambda x, k: x[::-1],
        ),
        to_text(
            "trim_text",
            ("strip spaces from both ends", "trim the text", "remove leading and trailing spaces"),
            lambda x, k: x.strip(),
        ),
        to_text(
            "remove_spaces",
            ("remove all spaces", "delete every space", "squeeze the spaces out"),
            lambda x, k: x.replace(" ", ""),
        ),
        to_text(
            "dash_spaces",
            ("replace spaces with dashes", "put a dash in place of every space"),
            lambda x, k: x.replace(" ", "-"),
        ),
        to_text(
            "remove_letter",
            ('remove every "{k}"', 'delete all occurrences of "{k}"', 'drop each letter "{k}"'),
            lambda x, k: x.replace(k, ""),
            LETTERS,
        ),
        to_text(
            "first_characters",
            ("take the first {k} characters", "keep only the first {k} letters", "cut the text after {k} characters"),
            lambda x, k: x[:k],
            SMALL,
        ),
        to_text(
            "skip_characters",
            (
                "skip the first {k} characters",
                "leave out the first {k} letters",
                "remove {k} characters from the front",
            ),
            lambda x, k: x[k:],
            FEW,
        ),
        to_text("repeat_text", ("repeat the text {k} times", "write it {k} times in a row"), lambda x, k: x * k, FEW),
        to_text(
            "bracket_text",
            ("put the text in brackets", "wrap it in square brackets", "surround the text with brackets"),
            lambda x, k: "[" + x + "]",
        ),
        to_text(
            "exclaim_text",
            ("add an exclamation mark", "append an exclamation mark to the text", "end it with an exclamation mark"),
            lambda x, k: x + "!",
        ),
        Operation(
            "text_length",
            "text",
            "number",
            ("count the characters", "get the length of the text", "find how long the text is"),
            lambda x, k: len(x),
        ),
        Operation(
            "count_letter",
            "text",
            "number",
            ('count how often "{k}" occurs', 'find the number of times "{k}" appears'),
            lambda x, k: x.count(k),
            LETTERS,
        ),
        Operation(
            "split_words",
            "text",
            "words",
            ("split the text into words", "break it up at the spaces", "get the words of the text"),
            lambda x, k: x.split(),
        ),
    ]
