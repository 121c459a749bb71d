"""The tokens of code that METEOR and the copy rate count; the same rule for every language."""

import re

__all__ = ["SIGNATURE", "code_tokens"]

SIGNATURE = "tok:word-or-symbol"
"""Name of the rule in signatures."""

_TOKEN = re.compile(r"\w+|[^\w\s]")


def code_tokens(text: str) -> list[str]:
    """Return the tokens of a text: runs of word characters (letters, digits, ``_``) and single other characters.

    So ``total+=x_1`` gives ``total + = x_1``. White space is dropped, identifiers are not split at capitals
    or underscores, and operators of several characters are several tokens: nothing depends on a language.
    """
    return _TOKEN.findall(text)
