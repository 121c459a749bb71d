"""A table before anybody decides how to draw it: the same one goes to HTML, Markdown and the terminal."""

from dataclasses import dataclass
from typing import Literal, final

__all__ = ["EVERYTHING", "FACETS", "About", "Column", "Facet", "Table", "by_approach", "columns"]

Facet = Literal["approach", "task", "subset", "metric"]
FACETS: tuple[Facet, ...] = ("approach", "task", "subset", "metric")
"""What readers of the page may choose from."""

SEVERAL = "|"
"""Between the values of something that is about several; it occurs in no name."""


@final
@dataclass(frozen=True)
class About:
    """What something on the page is about, in the words that readers see; empty where it is about all of them."""

    approach: str = ""
    task: str = ""
    subset: str = ""
    metric: str = ""

    @property
    def marks(self) -> dict[str, str]:
        """What is said, by facet."""
        return {facet: value for facet in FACETS if (value := getattr(self, facet))}


EVERYTHING = About()
"""About nothing in particular: no filter hides it."""


@final
@dataclass(frozen=True)
class Column:
    """A column: its heading, what it holds, the facet whose values its cells are, and what all of it is about."""

    label: str
    kind: Literal["text", "number", "code"] = "text"
    facet: Facet | None = None
    about: About = EVERYTHING


@final
@dataclass(frozen=True)
class Table:
    """Finished text in rows; the first cell of a row names it. ``about`` is what the whole table is about."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    about: About = EVERYTHING

    def row_about(self, row: tuple[str, ...]) -> About:
        """What a row is about: its cells in columns that are facets; two columns of one facet give both values."""
        found: dict[str, list[str]] = {}
        for column, cell in zip(self.columns, row, strict=True):
            if column.facet is not None:
                found.setdefault(column.facet, []).append(cell)
        return About(**{facet: SEVERAL.join(dict.fromkeys(cells)) for facet, cells in found.items()})


def columns(first: str, *numbers: str) -> tuple[Column, ...]:
    """Return the commonest columns: a name, then numbers."""
    return (Column(first), *(Column(label, "number") for label in numbers))


def by_approach(*numbers: str) -> tuple[Column, ...]:
    """Return columns of numbers, one row an approach."""
    return (Column("Approach", facet="approach"), *(Column(label, "number") for label in numbers))
