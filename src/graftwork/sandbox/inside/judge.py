"""Inside: run tests beside nothing but plain values; what they call of the program runs in the program's process."""

import ast
import builtins
import json
import os
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any, final

from graftwork.sandbox.inside.wire import decode, encode, receive, send

__all__: list[str] = []

REPLIES, REQUESTS, RESULT = 3, 4, 5
LONGEST_REASON = 500
COMMON_MODULES = (
    "cmath",
    "collections",
    "copy",
    "datetime",
    "itertools",
    "json",
    "math",
    "operator",
    "random",
    "re",
    "sys",
)
"""Modules that tests use without importing them, because the reference programs of their benchmark do."""


class ProgramError(Exception):
    """The program raised an error of a class that is not built in, or ended."""


@final
class Channel:
    """The program's process, seen from here. Whatever it says may have been written by the program itself."""

    def __init__(self, objects: bool) -> None:
        self.replies = receive(REPLIES)
        self.objects = objects

    def ask(self, function: Any, *arguments: Any, **keywords: Any) -> Any:
        """Call a function over there; errors come through, and so do changes to lists, sets and mappings."""
        sent = [encode(value, number_of) for value in arguments]
        named = {name: encode(value, number_of) for name, value in keywords.items()}
        try:
            send(REQUESTS, {"function": function, "arguments": sent, "keywords": named})
        except BrokenPipeError:
            raise ProgramError("the program ended before its tests did") from None
        reply = next(self.replies, None)
        if reply is None:
            raise ProgramError("the program ended before its tests did")
        if "raised" in reply:
            raise error_of(*reply["raised"])
        for index, data in reply.get("changed", {}).items():
            replace(arguments[int(index)], decode(data, self.nested))
        return self.result(reply["value"])

    def result(self, data: Any) -> Any:
        """What a call gave: a plain value, or one thing that stays over there."""
        if isinstance(data, dict) and data.keys() == {"remote"}:
            return self.remote(data["remote"])
        return decode(data, self.nested)

    def find(self, names: list[str]) -> dict[str, Any]:
        """What the program defines by these names, and by no other."""
        found = self.ask("find", list(names))  # a copy: what is handed over, the other side may change
        return {name: self.remote(found[name]) for name in names if name in found}

    def remote(self, number: int) -> "Remote":
        return Remote(self, int(number))

    def nested(self, number: int) -> "Remote":
        """For something that stays over there inside a value: its methods could answer for a list or a text."""
        if not self.objects:
            raise ProgramError("objects of its own in what the program gives back")
        return self.remote(number)


def replace(old: Any, new: Any) -> None:
    """Make a list, set or mapping hold what another one holds."""
    if type(old) is not type(new):
        raise ProgramError("an argument came back as something else")
    old.clear()
    (old.extend if isinstance(old, list | bytearray) else old.update)(new)


def error_of(kind: str, text: str) -> Exception:
    """The error to raise here for one over there."""
    known = getattr(builtins, kind, None)
    if isinstance(known, type) and issubclass(known, Exception):
        try:
            return known(text)
        except TypeError:  # some take more than a text
            pass
    return ProgramError(f"{kind}: {text}")


@final
class Remote:
    """Something in the program's process that cannot travel. It is equal to nothing but itself."""

    def __init__(self, channel: Channel, number: int) -> None:
        object.__setattr__(self, "_channel", channel)
        object.__setattr__(self, "_number", number)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Remote) and number_of(self) == number_of(other)

    def __hash__(self) -> int:
        return hash(number_of(self))

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return channel_of(self).ask({"remote": number_of(self)}, *arguments, **keywords)

    def __getattr__(self, name: str) -> Any:
        check_objects(self)
        return channel_of(self).ask("getattr", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        check_objects(self)
        channel_of(self).ask("setattr", self, name, value)

    def __iter__(self) -> Iterator[Any]:
        iterator = channel_of(self).ask("iter", self)
        while True:
            try:
                yield channel_of(self).ask("next", iterator)
            except StopIteration:
                return

    def __next__(self) -> Any:
        return channel_of(self).ask("next", self)

    def __len__(self) -> int:
        return int(channel_of(self).ask("len", self))

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, key: Any) -> Any:
        return channel_of(self).ask("getitem", self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        channel_of(self).ask("setitem", self, key, value)


def channel_of(remote: Remote) -> Channel:
    channel: Channel = object.__getattribute__(remote, "_channel")
    return channel


def check_objects(remote: Remote) -> None:
    """Refuse attributes, unless the tests are said to work on the program's objects.

    ``f(2).startswith("ab")`` would else hand the expected value to an object of the program, and take its word.
    """
    if not channel_of(remote).objects:
        raise ProgramError("the program gave back an object of its own, and the tests are not said to use such")


def number_of(value: Any) -> int:
    """The number of something remote.

    Raises:
        TypeError: it is of the tests' own making, and no plain value.
    """
    if type(value) is not Remote:
        raise TypeError(f"tests can hand plain values to a program, no {type(value).__name__}")
    number: int = object.__getattribute__(value, "_number")
    return number


def names_in(code: str) -> list[str]:
    """The names that tests use and that are neither built in nor the standard library's, each once."""
    nodes = (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name))
    names = dict.fromkeys(node.id for node in nodes)
    return [name for name in names if not hasattr(builtins, name) and name not in sys.stdlib_module_names]


def modules_in(code: str) -> dict[str, Any]:
    """The modules of the standard library that tests name, so that no program can put others in their place."""
    names = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    return {name: import_module(name) for name in names & set(COMMON_MODULES)}


def judge(setup: str, test: str, names: list[str] | None, objects: bool) -> dict[str, Any]:
    """Run the tests to their end; only that is a pass."""
    try:
        found = Channel(objects).find(names_in(test) if names is None else names)
        space = {"__name__": "tests"} | modules_in(test) | found
        exec(compile(setup, "setup", "exec"), space)
        exec(compile(test, "tests", "exec"), space)
    except BaseException as error:
        return {"passed": False, "reason": f"{type(error).__name__}: {error}"[:LONGEST_REASON].removesuffix(": ")}
    return {"passed": True, "reason": ""}


def main() -> None:
    with open(0, "rb", closefd=False) as file:
        job = json.load(file)["job"]
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv = ["tests"]
    send(RESULT, judge(job["setup"], job["test"], job["names"], job["objects"]))
    os._exit(0)  # threads and exit functions that tests may have left have no say


if __name__ == "__main__":
    main()
