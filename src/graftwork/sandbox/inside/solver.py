"""Inside: load a program and do with it what is asked for, over a channel or for a list of inputs.

The program runs here and can do anything to this process. What it cannot reach is the tests' process, which decides.
"""

import json
import operator
import os
import sys
import types
from collections.abc import Callable
from typing import Any

from graftwork.sandbox.inside.wire import decode, encode, receive, send

__all__: list[str] = []

REQUESTS, REPLIES, RESULT = 3, 4, 5
LONGEST_REASON = 500


def load(program: str) -> types.ModuleType:
    """Run a program's text as a module."""
    module = types.ModuleType("program")
    sys.modules["program"] = module
    exec(compile(program, "program", "exec"), module.__dict__)
    return module


def reason_of(error: BaseException) -> list[str]:
    """The kind and text of an error; an error class of the program may fail to tell its text."""
    try:
        return [type(error).__name__, str(error)[:LONGEST_REASON]]
    except BaseException:
        return [type(error).__name__, ""]


class Served:
    """A loaded program, and the objects of it that the other side holds numbers for."""

    def __init__(self, program: str) -> None:
        self.kept: list[Any] = []
        self.numbers: dict[int, int] = {}
        self.failure: list[str] | None = None
        self.module = types.ModuleType("program")
        try:
            self.module = load(program)
        except BaseException as error:
            self.failure = reason_of(error)
        self.functions: dict[str, Callable[..., Any]] = {
            "find": self.find,
            "getattr": getattr,
            "setattr": setattr,
            "iter": iter,
            "next": next,
            "len": len,
            "getitem": operator.getitem,
            "setitem": operator.setitem,
        }

    def find(self, names: list[str]) -> dict[str, int]:
        """Those of the names that the program defines, with the numbers of what they stand for."""
        defined = self.module.__dict__
        return {name: self.keep(defined[name]) for name in names if name in defined}

    def keep(self, value: Any) -> int:
        """The number of an object, always the same one; what is kept lives on, so its id stays its own."""
        if id(value) not in self.numbers:
            self.numbers[id(value)] = len(self.kept)
            self.kept.append(value)
        return self.numbers[id(value)]

    def answer(self, ask: Any) -> dict[str, Any]:
        """Call a function; with its value goes what it changed in the lists, sets and mappings it was given."""
        if self.failure is not None:
            return {"raised": self.failure}
        try:
            name = ask["function"]
            arguments = [decode(data, self.kept.__getitem__) for data in ask["arguments"]]
            keywords = {key: decode(data, self.kept.__getitem__) for key, data in ask["keywords"].items()}
            function = self.functions[name] if isinstance(name, str) else self.kept[name["remote"]]
            reply = {"value": encode(function(*arguments, **keywords), self.keep)}
            containers = [i for i, value in enumerate(arguments) if type(value) in (list, dict, set, bytearray)]
            after = {i: encode(arguments[i], self.keep) for i in containers}
            changed = {str(i): data for i, data in after.items() if data != ask["arguments"][i]}
            return reply | ({"changed": changed} if changed else {})
        except BaseException as error:
            return {"raised": reason_of(error)}


def serve(program: str) -> None:
    """Answer requests until the tests end."""
    served = Served(program)
    for ask in receive(REQUESTS):
        reply = served.answer(ask)
        try:
            send(REPLIES, reply)
        except (RecursionError, ValueError, TypeError) as error:
            send(REPLIES, {"raised": reason_of(error)})


def plain(value: Any) -> Any:
    """Return the value if JSON can say it; tuples are lists there.

    Raises:
        TypeError: it cannot.
    """
    if value is None or type(value) in (bool, int, str, float):
        return value
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict) and all(type(key) is str for key in value):
        return {key: plain(item) for key, item in value.items()}
    raise TypeError(f"JSON has no {type(value).__name__}")


def run_cases(program: str, function: str, cases: list[list[Any]]) -> list[dict[str, Any]]:
    """Call a function for each list of arguments; stop at the first that raises."""
    results: list[dict[str, Any]] = []
    try:
        called = getattr(load(program), function)
        for arguments in cases:
            results.append({"value": plain(called(*arguments))})
    except BaseException as error:
        results.append({"raised": reason_of(error)})
    return results


def main() -> None:
    with open(0, "rb", closefd=False) as file:
        job = json.load(file)["job"]
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv = ["program"]
    if "cases" in job:
        send(RESULT, run_cases(job["program"], job["function"], job["cases"]))
    else:
        serve(job["program"])


if __name__ == "__main__":
    main()
