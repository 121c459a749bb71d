"""A table before anybody decides how to draw it: the same one goes to HTML, Markdown and the terminal."""

from dataclasses import dataclass
from typing import Literal, final

__all__ = ["Column", "Table", "columns"]


@final
@dataclass(frozen=True)
class Column:
    """A column: its heading and what it holds."""

    label: str
    kind: Literal["text", "number", "code"] = "text"


@final
@dataclass(frozen=True)
class Table:
    """Finished text in rows; the first cell of a row names it."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def columns(first: str, *numbers: str) -> tuple[Column, ...]:
    """Return the commonest columns: a name, then numbers."""
    return (Column(first), *(Column(label, "number") for label in numbers))
