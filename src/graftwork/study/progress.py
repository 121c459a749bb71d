"""Who is told how far the work at hand is."""

from typing import Protocol

__all__ = ["Progress"]


class Progress(Protocol):
    """Told how far the work at hand is."""

    def start(self, what: str, total: int) -> None:
        """A piece of work begins."""

    def advance(self, done: int) -> None:
        """So much of it is done."""
