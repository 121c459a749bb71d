"""Pieces that look at one item at a time: they change it, skip it or end the walk.

``apply(n, k, memory)`` gives the item, or the signal to skip or stop.
"""

from collections.abc import Callable

from graftwork.data.problems.operations.operation import SMALL
from graftwork.data.problems.pieces.piece import SKIP, STOP, Memory, Piece, Signal

__all__ = ["CHANGES", "GUARDS", "REMEMBERING"]

Change = Callable[[int, int], int]
Condition = Callable[[int, int], bool]
BOUNDS = (*SMALL, 12, 15)


def _change(name: str, phrases: tuple[str, ...], code: str, apply: Change, parameters: tuple[int, ...] = ()) -> Piece:
    return Piece(name, phrases, (f"n = {code}",), lambda n, k, memory: apply(n, k), parameters or (None,))


def _guard(
    name: str, phrases: tuple[str, ...], code: str, condition: Condition, signal: Signal, k: tuple[int, ...] = ()
) -> Piece:
    def apply(n: int, k: int, memory: Memory) -> int | Signal:
        return signal if condition(n, k) else n

    return Piece(name, phrases, (f"if {code}:", f"    {signal.name}"), apply, k or (None,))


CHANGES = (
    _change("square", ("square it", "multiply it by itself"), "n * n", lambda n, k: n * n),
    _change("negate", ("flip its sign", "take its opposite"), "-n", lambda n, k: -n),
    _change("absolute", ("take its absolute value", "ignore its sign"), "abs(n)", lambda n, k: abs(n)),
    _change("add", ("add {k} to it", "raise it by {k}"), "n + K", lambda n, k: n + k, SMALL),
    _change("subtract", ("subtract {k} from it", "lower it by {k}"), "n - K", lambda n, k: n - k, SMALL),
    _change("multiply", ("multiply it by {k}", "take {k} times it"), "n * K", lambda n, k: n * k, SMALL),
    _change("subtract_from", ("subtract it from {k}", "take {k} minus it"), "K - n", lambda n, k: k - n, SMALL),
    _change("at_most", ("cap it at {k}", "limit it to at most {k}"), "min(n, K)", min, SMALL),
    _change("at_least", ("raise it to {k} if it is lower", "make it at least {k}"), "max(n, K)", max, SMALL),
)

GUARDS = (
    _guard(
        "skip_even",
        ("skip it if it is even", "leave it out if it is even"),
        "n % 2 == 0",
        lambda n, k: n % 2 == 0,
        SKIP,
    ),
    _guard(
        "skip_odd", ("skip it if it is odd", "leave it out if it is odd"), "n % 2 != 0", lambda n, k: n % 2 != 0, SKIP
    ),
    _guard(
        "skip_negative",
        ("skip it if it is negative", "leave it out if it is below zero"),
        "n < 0",
        lambda n, k: n < 0,
        SKIP,
    ),
    _guard(
        "skip_above",
        ("skip it if it is above {k}", "leave it out if it is greater than {k}"),
        "n > K",
        lambda n, k: n > k,
        SKIP,
        BOUNDS,
    ),
    _guard(
        "skip_below",
        ("skip it if it is below {k}", "leave it out if it is less than {k}"),
        "n < K",
        lambda n, k: n < k,
        SKIP,
        BOUNDS,
    ),
    _guard(
        "skip_multiple",
        ("skip it if {k} divides it", "leave it out if it is a multiple of {k}"),
        "n % K == 0",
        lambda n, k: n % k == 0,
        SKIP,
        (3, 4, 5),
    ),
    _guard(
        "skip_equal",
        ("skip it if it is {k}", "leave it out if it equals {k}"),
        "n == K",
        lambda n, k: n == k,
        SKIP,
        SMALL,
    ),
    _guard(
        "stop_above",
        ("stop if it is above {k}", "end as soon as it is greater than {k}"),
        "n > K",
        lambda n, k: n > k,
        STOP,
        BOUNDS,
    ),
    _guard(
        "stop_below",
        ("stop if it is below {k}", "end as soon as it is less than {k}"),
        "n < K",
        lambda n, k: n < k,
        STOP,
        SMALL[:3],
    ),
    _guard(
        "stop_equal", ("stop if it is {k}", "end as soon as it equals {k}"), "n == K", lambda n, k: n == k, STOP, SMALL
    ),
)


def _times_place(n: int, k: int, memory: Memory) -> int:
    memory["place"] = memory.get("place", 0) + 1
    return n * memory["place"]


def _alternate(n: int, k: int, memory: Memory) -> int:
    memory["sign"] = -memory.get("sign", -1)
    return n * memory["sign"]


def _difference(n: int, k: int, memory: Memory) -> int:
    before = memory.get("before", 0)
    memory["before"] = n
    return n - before


def _every_other(n: int, k: int, memory: Memory) -> int | Signal:
    memory["turn"] = 1 - memory.get("turn", 0)
    return SKIP if memory["turn"] == 0 else n


def _first_few(n: int, k: int, memory: Memory) -> int | Signal:
    memory["seen"] = memory.get("seen", 0) + 1
    return STOP if memory["seen"] > k else n


def _rising(n: int, k: int, memory: Memory) -> int | Signal:
    if n <= memory.get("top", 0):
        return SKIP
    memory["top"] = n
    return n


REMEMBERING = (
    Piece(
        "times_place",
        (
            "multiply it by its place among those that are left, counted from one",
            "multiply it by how many are left up to it",
        ),
        ("place += 1", "n = n * place"),
        _times_place,
        setup=("place = 0",),
    ),
    Piece(
        "alternate_sign",
        (
            "flip the sign of every second one that is left",
            "let the signs of those that are left alternate, the first kept",
        ),
        ("sign = -sign", "n = n * sign"),
        _alternate,
        setup=("sign = -1",),
    ),
    Piece(
        "difference",
        (
            "subtract the one before it, the first minus zero",
            "take how much it is above the one before it, which is zero for the first",
        ),
        ("change = n - before", "before = n", "n = change"),
        _difference,
        setup=("before = 0",),
    ),
    Piece(
        "every_other",
        ("skip every second one that is left", "leave out every other one that is left, the first kept"),
        ("turn = 1 - turn", "if turn == 0:", "    SKIP"),
        _every_other,
        setup=("turn = 0",),
    ),
    Piece(
        "first_few",
        ("stop after {k} of those that are left", "end when {k} of those that are left are done"),
        ("seen += 1", "if seen > K:", "    STOP"),
        _first_few,
        (2, 3, 4, 5),
        setup=("seen = 0",),
    ),
    Piece(
        "rising",
        (
            "skip it unless it is larger than all before it and zero",
            "leave it out unless it sets a new record above zero",
        ),
        ("if n <= top:", "    SKIP", "top = n"),
        _rising,
        setup=("top = 0",),
    ),
)
"""Pieces that remember earlier items; only loops have them."""
