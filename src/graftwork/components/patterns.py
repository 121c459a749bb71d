"""Regular expressions that came with an adapter: tried for a second, since some would take for ever."""

import re
import warnings

import regex

from graftwork.errors import InputError

__all__ = ["check_pattern", "match_pattern"]

SECONDS = 1.0


def check_pattern(expression: str) -> None:
    """See that a text is a regular expression.

    Raises:
        ValueError: it is none, or is out of all proportion.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # of what a later Python may read otherwise
            re.compile(expression)
            regex.compile(expression)
    except (re.error, regex.error, OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from None


def match_pattern(expression: str, text: str) -> "regex.Match[str] | None":
    """Match a regular expression at the start of a text, as ``re.match`` does.

    Raises:
        ValueError: it is no regular expression.
        InputError: it takes more than a second.
    """
    check_pattern(expression)
    try:
        return regex.match(expression, text, timeout=SECONDS)
    except TimeoutError:
        raise InputError(
            f"{expression!r} takes too long to match", right="write it without repeats in repeats"
        ) from None
