"""Inside: Python values as JSON lines between a program and its tests, which are two processes.

Plain values travel as copies. Anything else stays where it is, and the other side holds a number for it; so nothing
that the program defines, not even ``__eq__``, ever runs beside the tests.
"""

import json
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

__all__ = ["decode", "encode", "receive", "send"]

LARGEST_MESSAGE = 1 << 24
sys.set_int_max_str_digits(0)

SEQUENCES: dict[str, Callable[[list[Any]], Any]] = {
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "deque": deque,
    "bytes": bytes,
    "bytearray": bytearray,
}
OF_A_CLASS_OF_THEIR_OWN: dict[type, Callable[[Any], str]] = {int: int.__repr__, float: float.__repr__, str: str.__str__}
"""Numbers and texts such as the members of an IntEnum travel as what they are equal to."""
SPELLED: dict[str, Callable[[str], Any]] = {"complex": complex, "Decimal": Decimal, "Fraction": Fraction}


def encode(value: Any, keep: Callable[[Any], int]) -> Any:
    """Turn a value into plain JSON data; ``keep`` gives the number of what cannot travel."""
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if isinstance(value, dict):
        return {"dict": [[encode(key, keep), encode(item, keep)] for key, item in dict.items(value)]}
    if kind is list:
        return [encode(item, keep) for item in value]
    if kind.__name__ in SEQUENCES and kind in SEQUENCES.values():
        return {kind.__name__: [encode(item, keep) for item in value]}
    if kind in SPELLED.values():
        return {kind.__name__: str(value)}
    if kind is range:
        return {"range": [value.start, value.stop, value.step]}
    for plain, spell in OF_A_CLASS_OF_THEIR_OWN.items():
        if isinstance(value, plain):
            return plain(spell(value))
    if isinstance(value, list):
        return [encode(item, keep) for item in list.__iter__(value)]
    if isinstance(value, tuple):  # named tuples
        return {"tuple": [encode(item, keep) for item in tuple.__iter__(value)]}
    return {"remote": keep(value)}


def decode(data: Any, remote: Callable[[int], Any]) -> Any:
    """Turn plain JSON data into the value; ``remote`` gives what stands for a number."""
    if isinstance(data, list):
        return [decode(item, remote) for item in data]
    if not isinstance(data, dict):
        return data
    ((name, content),) = data.items()
    if name == "dict":
        return {decode(key, remote): decode(item, remote) for key, item in content}
    if name == "remote":
        return remote(content)
    if name == "range":
        return range(*content)
    if name in SPELLED:
        return SPELLED[name](content)
    return SEQUENCES[name]([decode(item, remote) for item in content])


def send(channel: int, message: Any) -> None:
    """Write one message."""
    data = json.dumps(message).encode() + b"\n"
    while data:
        data = data[os.write(channel, data) :]


def receive(channel: int) -> Iterator[Any]:
    """Yield the messages until the other side ends.

    Raises:
        ValueError: a message is no JSON or too long.
    """
    pieces: list[bytes] = []
    length = 0
    while piece := os.read(channel, 1 << 16):
        *ended, piece = piece.split(b"\n")
        for last in ended:
            yield json.loads(b"".join([*pieces, last]))
            pieces, length = [], 0
        pieces.append(piece)
        length += len(piece)
        if length > LARGEST_MESSAGE:
            raise ValueError("a value is too large to be handed over")
