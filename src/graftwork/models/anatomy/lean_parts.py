"""Blocks and heads of components while tokens are decoded, one after the other or those of several adapters as one."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import final

import torch
from torch import nn

from graftwork.models.anatomy.decoding import Decoding
from graftwork.models.anatomy.lean_attention import CrossAttention, Moment, SelfAttention, span_of
from graftwork.models.anatomy.lean_block import Block
from graftwork.models.anatomy.made import Made
from graftwork.models.anatomy.stacked import Shares, stackable

__all__ = ["BlocksPart", "CrossHeadsPart", "NewPart", "NewParts", "OwnHeadsPart"]

Rows = Sequence[torch.Tensor | None]


class NewPart(ABC):
    """A block or heads of a component, or those of several adapters, each with rows of its own."""

    own: Sequence[SelfAttention] = ()
    """What attends to the decoder's own states."""
    crosses: Sequence[CrossAttention] = ()
    """What attends to the source."""

    def __init__(self, modules: Sequence[nn.Module], rows: Rows, pack: bool) -> None:
        self.modules = tuple(modules)
        self.rows = tuple(rows)
        self.shares = Shares([own for own in rows if own is not None]) if modules[1:] else None

    @abstractmethod
    def run(self, states: torch.Tensor, now: Moment, rows: torch.Tensor | None, decoding: Decoding) -> torch.Tensor:
        """(rows, d_model) to the same; rows are those of all adapters, None for all that there are."""

    def prepare(self, made: Made) -> None:
        """Get ready for what acts now."""
        for linear in (one for attention in (*self.own, *self.crosses) for one in attention.linears()):
            linear.prepare(made)

    @final
    def divide(self, rows: Rows) -> None:
        """Go on with other rows."""
        self.rows = tuple(rows)
        if self.shares is not None:
            self.shares.divide([own for own in rows if own is not None])
        for cross in self.crosses:
            cross.stale = True

    @final
    def given(self, slots: int) -> torch.Tensor | None:
        """The rows of all adapters, ascending; None if that is every slot."""
        rows = self.rows[0] if self.shares is None else self.shares.given
        return None if rows is None or len(rows) == slots else rows

    @final
    def take_over(self, module: nn.Module, before: "NewPart") -> None:
        """What another part remembers of the rows of a module, which is part of both."""
        span = span_of(self.rows[self.modules.index(module)])
        for attention, old in zip(self.own, before.own, strict=True):
            attention.memory[:, span] = old.memory[:, span]


@final
class BlocksPart(NewPart):
    """See ``NewPart``."""

    def __init__(self, modules: Sequence[nn.Module], rows: Rows, pack: bool) -> None:
        super().__init__(modules, rows, pack)
        self._block = Block(modules, self.shares, pack)
        self.own, self.crosses = [self._block.own], [self._block.cross]

    def prepare(self, made: Made) -> None:
        """See ``NewPart.prepare``."""
        self._block.prepare(made)

    def run(self, states: torch.Tensor, now: Moment, rows: torch.Tensor | None, decoding: Decoding) -> torch.Tensor:
        """See ``NewPart.run``."""
        return self._block.run(states, now, rows, decoding)


@final
class OwnHeadsPart(NewPart):
    """See ``NewPart``; heads that attend to the decoder's own states."""

    def __init__(self, modules: Sequence[nn.Module], rows: Rows, pack: bool) -> None:
        super().__init__(modules, rows, pack)
        self.own = [SelfAttention(modules, self.shares, pack)]

    def run(self, states: torch.Tensor, now: Moment, rows: torch.Tensor | None, decoding: Decoding) -> torch.Tensor:
        """See ``NewPart.run``."""
        return self.own[0].run(states, now, rows)


@final
class CrossHeadsPart(NewPart):
    """See ``NewPart``; heads that attend to the source."""

    def __init__(self, modules: Sequence[nn.Module], rows: Rows, pack: bool) -> None:
        super().__init__(modules, rows, pack)
        self.crosses = [CrossAttention(modules, self.shares, pack)]

    def run(self, states: torch.Tensor, now: Moment, rows: torch.Tensor | None, decoding: Decoding) -> torch.Tensor:
        """See ``NewPart.run``."""
        return self.crosses[0].run(states, now, rows)


@final
class NewParts:
    """The parts that run now, with what they remember; those that no longer do go, and their stacked weights."""

    def __init__(self, made: Made, pack: bool) -> None:
        self._made, self._pack = made, pack
        self._parts: dict[nn.Module, NewPart] = {}
        self._ran: dict[nn.Module, NewPart] = {}
        """Those that ran since something else acts, or on other rows."""
        self._together: dict[tuple[nn.Module, ...], bool] = {}
        self._all_ran = True

    def begin(self) -> None:
        """Something else acts, or on other rows."""
        self._ran, self._together, self._all_ran = {}, {}, False

    def forget(self) -> None:
        """A token is written: what had no part in it is no longer needed."""
        if not self._all_ran:
            self._parts, self._all_ran = dict(self._ran), True

    def together(self, modules: Sequence[nn.Module], rows: Sequence[torch.Tensor]) -> bool:
        """Whether modules with these rows are best run as one."""
        key = tuple(modules)
        if key not in self._together:
            self._together[key] = stackable(modules, rows)
        return self._together[key]

    def part(self, kind: type[NewPart], modules: Sequence[nn.Module], rows: Rows, room: tuple[int, int]) -> NewPart:
        """The part that modules are, on these rows; with room for as many slots and columns."""
        part = self._ran.get(modules[0])
        if part is not None:
            return part
        part = self._parts.get(modules[0])
        if part is None or part.modules != tuple(modules):
            part = kind(modules, rows, self._pack)
            for attention in part.own:
                attention.resize(*room)
            for module in modules:
                if module in self._parts:
                    part.take_over(module, self._parts[module])
        elif not _same(part.rows, rows):
            part.divide(rows)
        part.prepare(self._made)
        for module in modules:
            self._parts[module] = self._ran[module] = part
        return part

    def modules(self) -> list[nn.Module]:
        """The blocks and heads."""
        return list(self._parts)

    def own(self) -> list[SelfAttention]:
        """What attends to the decoder's own states."""
        return [one for part in self._all() for one in part.own]

    def crosses(self) -> list[CrossAttention]:
        """What attends to the source."""
        return [one for part in self._all() for one in part.crosses]

    def _all(self) -> list[NewPart]:
        return list(dict.fromkeys(self._parts.values()))


def _same(some: Rows, others: Rows) -> bool:
    pairs = zip(some, others, strict=True)
    return all(
        one is other or (one is not None and other is not None and torch.equal(one, other)) for one, other in pairs
    )
