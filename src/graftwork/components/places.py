"""Which feed-forwards or attentions of a base a component goes beside: chosen by what they are and by their blocks."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal, Protocol, TypeVar

from pydantic import AfterValidator, Field

from graftwork.errors import InputError, nearest

__all__ = ["Blocks", "canonical", "choose_blocks", "choose_kinds"]


class _Place(Protocol):
    @property
    def stack(self) -> str: ...
    @property
    def block(self) -> int: ...


Place = TypeVar("Place", bound=_Place)
Value = TypeVar("Value", str, int)


def canonical(values: tuple[Value, ...]) -> tuple[Value, ...]:
    """Each value once, in one order, so that equal choices are equal configurations."""
    return tuple(sorted(set(values)))


Blocks = Literal["all"] | Annotated[tuple[int, ...], Field(min_length=1), AfterValidator(canonical)]
"""Numbers of blocks, counted in each stack (0 is the first, -1 the last), or ``all``."""


def choose_kinds(
    places: Sequence[Place], kind: Callable[[Place], str], wanted: Sequence[str] | Literal["all"], where: str
) -> list[Place]:
    """The places of the wanted kinds, in the order given.

    Args:
        places: what to choose from.
        kind: what a place is, by the name that ``wanted`` has for it.
        wanted: kinds, or ``all``.
        where: the setting they stand in, for messages.

    Raises:
        InputError: the base has no place of a wanted kind.
    """
    if wanted == "all":
        return list(places)
    known = {kind(place) for place in places}
    for name in wanted:
        if name not in known:
            raise InputError(f"the base has no {name!r}", where, nearest(name, known))
    return [place for place in places if kind(place) in wanted]


def choose_blocks(
    places: Sequence[Place], stacks: Mapping[str, Sequence[str]], wanted: Sequence[int] | Literal["all"], where: str
) -> list[Place]:
    """The places in the wanted blocks, in the order given.

    Args:
        places: what to choose from.
        stacks: the base's stacks, whose lengths say which block is the last.
        wanted: numbers of blocks, or ``all``.
        where: the setting they stand in, for messages.

    Raises:
        InputError: a wanted block has none of the places.
    """
    if wanted == "all":
        return list(places)
    numbers = [{place.block, place.block - len(stacks[place.stack])} for place in places]
    for number in wanted:
        if not any(number in both for both in numbers):
            last = max(place.block for place in places)
            raise InputError(f"no block {number}", where, f"there are 0 to {last}, or -1 for the last")
    return [place for place, both in zip(places, numbers, strict=True) if both.intersection(wanted)]
