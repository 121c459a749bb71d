"""Operations on a list of words."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from graftwork.data.problems.operations.operation import FEW, LETTERS, SMALL, Operation

__all__ = ["operations_on_words"]


def operations_on_words() -> list[Operation]:
    """Return them, in the order in which problems draw from them."""

    def to_words(name: str, phrases: tuple[str, ...], apply: Callable[..., Any], k: Any = (None,)) -> Operation:
        return Operation(name, "words", "words", phrases, apply, k)

    return [
        to_words(
            "sort_words",
            ("sort the words", "put the words in alphabetical order", "order the words from a to z"),
            lambda x, k: sorted(x),
        ),
        to_words(
            "reverse_words",
            ("reverse the order of the words", "put the words in reverse order", "list the words from last to first"),
            lambda x, k: x[::-1],
        ),
        to_words(
            "upper_words",
            ("convert each word to upper case", "capitalise all letters of each word"),
            lambda x, k: [w.upper() for w in x],
        ),
        to_words(
            "spell_words_backwards",
            ("reverse each word", "spell every word backwards"),
            lambda x, k: [w[::-1] for w in x],
        ),
        to_words(
            "keep_long_words",
            ("keep the words longer than {k} letters", "drop words of {k} letters or fewer"),
            lambda x, k: [w for w in x if len(w) > k],
            SMALL[:4],
        ),
        to_words(
            "keep_short_words",
            ("keep the words shorter than {k} letters", "drop words of {k} letters or more"),
            lambda x, k: [w for w in x if len(w) < k],
            SMALL[1:6],
        ),
        to_words(
            "keep_words_with",
            ('keep the words that contain "{k}"', 'select the words with an "{k}" in them'),
            lambda x, k: [w for w in x if k in w],
            LETTERS,
        ),
        to_words(
            "distinct_words",
            ("remove repeated words", "keep each word only once", "drop the duplicate words"),
            lambda x, k: list(dict.fromkeys(x)),
        ),
        to_words("first_words", ("take the first {k} words", "keep only the first {k} words"), lambda x, k: x[:k], FEW),
        to_words(
            "initials",
            ("keep the first letter of each word", "shorten every word to its first letter"),
            lambda x, k: [w[:1] for w in x],
        ),
        Operation(
            "join_words",
            "words",
            "text",
            ("join the words with spaces", "write the words with spaces between them"),
            lambda x, k: " ".join(x),
        ),
        Operation(
            "join_words_by_dash",
            "words",
            "text",
            ("join the words with dashes", "connect the words by dashes"),
            lambda x, k: "-".join(x),
        ),
        Operation(
            "count_words", "words", "number", ("count the words", "find how many words there are"), lambda x, k: len(x)
        ),
        Operation(
            "word_lengths",
            "words",
            "numbers",
            ("measure the length of each word", "replace each word by its number of letters"),
            lambda x, k: [len(w) for w in x],
        ),
        Operation(
            "count_each_word",
            "words",
            "mapping",
            ("count how often each word occurs", "tally the words"),
            lambda x, k: dict(Counter(x)),
        ),
        Operation(
            "map_words_to_lengths",
            "words",
            "mapping",
            ("map each word to its length", "pair every word with its number of letters"),
            lambda x, k: {w: len(w) for w in x},
        ),
    ]
