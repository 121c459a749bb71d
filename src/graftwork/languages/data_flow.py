"""Which nodes of a grammar move values: the part of data flow that differs between languages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

__all__ = ["DataFlow"]

Fields = tuple[str, str]
"""The field of the variables that are set, and the field of what they are set to."""


@final
@dataclass(frozen=True)
class DataFlow:
    """How a language sets variables, branches and repeats; `graftwork.metrics.codebleu.data_flow` follows it.

    A branch has its ways in the fields ``consequence`` and ``alternative``, which all grammars agree on.

    Attributes:
        defines: types of nodes that introduce variables, which then *come from* their first value, if any.
        assigns: types of nodes whose variables are *computed from* values; the heads of loops over values too.
        updates: types of nodes that compute a variable from itself, such as ``i++``.
        branches: types of nodes of which one way or another is gone.
        loops: types of nodes that are gone through again and again.
        heads: types of nodes that hold the parts of a loop's head together.
        initializers: fields of a loop, or of its head, that are gone through once.
        first: types of nodes that are gone through before what stands left of them, as in comprehensions.
        lists: types of nodes that list variables or values; where two are as long, they are taken one by one.
        strings: types of nodes that are one value, whatever the grammar sees in them.
    """

    defines: Mapping[str, Fields]
    assigns: Mapping[str, Fields]
    branches: frozenset[str]
    loops: frozenset[str]
    updates: frozenset[str] = frozenset()
    heads: frozenset[str] = frozenset()
    initializers: frozenset[str] = frozenset()
    first: frozenset[str] = frozenset()
    lists: frozenset[str] = field(default=frozenset())
    strings: frozenset[str] = frozenset()
