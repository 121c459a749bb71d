"""Every error the package raises on purpose.

GraftworkError
├── InputError       the input is wrong: one line saying what, where, what would be right (exit code 2)
│   └── NoSpaceError the disk is full or cannot be written
└── StudyError       the study failed; what is done is kept (exit code 1)
    └── IsolationError an isolated adapter gave other outputs than before
"""

import difflib
from collections.abc import Iterable

__all__ = ["GraftworkError", "InputError", "IsolationError", "NoSpaceError", "StudyError", "nearest"]


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
        super().__init__(text if right is None else f"{text}; {right}")
        self.what, self.where, self.right = what, where, right


class NoSpaceError(InputError):
    """The disk is full or cannot be written."""


class StudyError(GraftworkError):
    """The study failed; what is done is kept."""


class IsolationError(StudyError):
    """An adapter that nothing may have changed gave other outputs than before."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'?`` or, if nothing is near, the list of known names."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
