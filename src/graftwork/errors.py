"""Every error the package raises on purpose.

GraftworkError
├── InputError       the input is wrong: one line saying what, where, what would be right (exit code 2)
│   └── NoSpaceError the disk is full or cannot be written
└── StudyError       the study failed; what is done is kept (exit code 1)
    └── IsolationError an isolated adapter gave other outputs than before
"""

import difflib
import os
import re
from collections.abc import Iterable

__all__ = ["GraftworkError", "InputError", "IsolationError", "NoSpaceError", "StudyError", "nearest", "one_line"]

LONGEST = 2_000
_CREDENTIALS = re.compile(r"(\w://)[^/\s@'\"]+@")
_HUB_TOKEN = re.compile(r"\bhf_[A-Za-z0-9]{8,}")
_SECRET_VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_HUB_TOKEN")


class GraftworkError(Exception):
    """Base of all errors raised on purpose; the command line prints its text and no traceback."""

    exit_code = 1


class InputError(GraftworkError):
    """The input is wrong.

    Args:
        what: what is wrong, e.g. ``unknown key 'seed'``.
        where: the file, line or setting it stands in.
        right: what would be right, e.g. ``did you mean 'seeds'?``.
    """

    exit_code = 2

    def __init__(self, what: str, where: str | None = None, right: str | None = None) -> None:
        text = what if where is None else f"{where}: {what}"
        super().__init__(one_line(text if right is None else f"{text}; {right}"))
        self.what, self.where, self.right = what, where, right


class NoSpaceError(InputError):
    """The disk is full or cannot be written."""


class StudyError(GraftworkError):
    """The study failed; what is done is kept."""


class IsolationError(StudyError):
    """An adapter that nothing may have changed gave other outputs than before."""


def one_line(text: str) -> str:
    """Return a text as it can be shown and kept: on one line, not too long, without credentials.

    What would move the cursor, colour the terminal or reverse the reading direction is written as its escape.
    """
    for secret in filter(None, map(os.environ.get, _SECRET_VARIABLES)):
        text = text.replace(secret, "***")
    text = _HUB_TOKEN.sub("***", _CREDENTIALS.sub(r"\1***@", text))
    text = " ".join(text[: 2 * LONGEST].split()) if len(text) > 2 * LONGEST else " ".join(text.split())
    shown = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]} …"


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'?`` or, if nothing is near, the list of known names."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
