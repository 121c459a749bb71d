"""Names that become folders and files: cells of a study and their parts."""

import re
from dataclasses import dataclass
from typing import final

from graftwork.errors import InputError

__all__ = ["PINNED", "Cell", "check_approach", "check_name", "order_name", "order_tasks"]

PINNED = "@pinned"
"""What is put behind an approach's name where every task is served by its own version of what is shared."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_RESERVED = {"base", "con", "prn", "aux", "nul"}


def check_name(name: str, where: str) -> str:
    """Return a name that is safe as a folder on every system.

    Raises:
        InputError: it could leave its folder, hides itself, is too long, or means something else here.
    """
    if _NAME.fullmatch(name) is None or name.endswith(".") or "__" in name or name.lower() in _RESERVED:
        right = "use 1 to 64 letters, digits, '.', '_' or '-', starting with a letter or digit, without '__'"
        raise InputError(f"cannot use the name {name!r}", where, right)
    return name


def check_approach(name: str) -> str:
    """Return the name of an approach as it may stand in records: one of a recipe, or that of its pinned versions.

    Raises:
        InputError: see ``check_name``.
    """
    check_name(name.removesuffix(PINNED), "approach")
    return name


def order_name(tasks: tuple[str, ...]) -> str:
    """Return a task order as one word, ``python+javascript``: ``>`` cannot stand in a file name everywhere."""
    return "+".join(check_name(task, "task") for task in tasks)


def order_tasks(order: str) -> tuple[str, ...]:
    """Return the tasks of an order's name, first trained first."""
    return tuple(order.split("+"))


@final
@dataclass(frozen=True)
class Cell:
    """One run of a study: an approach, a task order and a seed."""

    approach: str
    order: str
    seed: int

    @property
    def tasks(self) -> tuple[str, ...]:
        """Tasks in the order they are trained."""
        return order_tasks(self.order)

    @property
    def pinned(self) -> "Cell":
        """The same run with every task served by its own version of what is shared, as it was saved."""
        return Cell(f"{self.approach}{PINNED}", self.order, self.seed)

    def __str__(self) -> str:
        return f"{self.approach}, {self.order}, seed {self.seed}"
