"""What a program is tested by: code in its language, or inputs with the values that must come out."""

from dataclasses import dataclass
from typing import final

__all__ = ["CodeTest", "ValueTest"]


@final
@dataclass(frozen=True)
class CodeTest:
    """Tests written in the program's language, which raise an error unless the program is right.

    Attributes:
        code: the tests.
        setup: code that runs before them, such as helpers that the prompt gives. In a compiled language it ends in the
            opening line of the function under test, whose body the tests' side puts in place of the program's.
        names: what of the program the tests may use; None for every name in them that is not built in. The fewer, the
            less a program can replace.
        objects: whether the tests work on objects of the program's own classes, whose methods are taken at their word.
    """

    code: str
    setup: str = ""
    names: tuple[str, ...] | None = None
    objects: bool = False


@final
@dataclass(frozen=True)
class ValueTest:
    """A function, and what it must give back for some arguments.

    Attributes:
        function: its name.
        cases: pairs of a JSON list of arguments and the JSON of the expected value.
    """

    function: str
    cases: tuple[tuple[str, str], ...]
