"""Saying a problem in varied English: one clause a step, joined in several ways, now and then in another order."""

import random
from collections.abc import Sequence
from typing import Any

from graftwork.data.problems.operations import INPUT_PHRASES, Operation

__all__ = ["describe"]

NUMBER_WORDS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine"}


def describe(steps: Sequence[tuple[Operation, Any]], generator: random.Random) -> str:
    """Return a description of the steps; equal generators give equal words.

    Most descriptions follow the order of the steps. About one in eight says a later step first
    ("before you reverse the list, sort it"), so that the order has to be understood, not copied.
    """
    clauses = [_clause(operation, parameter, generator) for operation, parameter in steps]
    given = generator.choice(INPUT_PHRASES[steps[0][0].source])
    opening = generator.choice(("Given {given}, ", "Take {given}. ", "For {given}, ", "You get {given}. ", "", ""))
    text = opening.format(given=given) + _join(clauses, generator)
    text = _capitalise_sentences(text)
    return text + generator.choice((".", ".", "", " and return the result.", ", then return it."))


def _clause(operation: Operation, parameter: Any, generator: random.Random) -> str:
    shown = str(parameter)
    if isinstance(parameter, int) and generator.random() < 0.3:
        shown = NUMBER_WORDS[parameter]
    return generator.choice(operation.phrases).replace("{k}", shown)


def _join(clauses: list[str], generator: random.Random) -> str:
    if len(clauses) == 1:
        return clauses[0]
    if generator.random() < 0.125:
        first, second, *rest = clauses
        return ", then ".join([f"before you {second}, {first}", *rest])
    style = generator.randrange(5)
    *early, last = clauses
    if style == 0:
        return ", then ".join(clauses)
    if style == 1:
        return ", ".join(early) + f" and finally {last}"
    if style == 2:
        return f"first {'. Then '.join(clauses)}"
    if style == 3:
        first, *rest = clauses
        return ", then ".join([f"after you {first}, {rest[0]}", *rest[1:]])
    return ", ".join(early) + f" and {last}"


def _capitalise_sentences(text: str) -> str:
    return ". ".join(sentence[:1].upper() + sentence[1:] for sentence in text.split(". "))
