"""Saying a problem in varied English: one clause a step, joined in several ways, now and then in another order."""

import random
from collections.abc import Sequence
from typing import Any

from graftwork.data.problems.operations import INPUT_PHRASES, Operation
from graftwork.data.problems.pieces import Piece

__all__ = ["describe", "describe_loop", "describe_recursion", "describe_two_inputs"]

Clauses = Sequence[tuple[Piece, Any]]
"""Pieces of a program, with their parameters."""

NUMBER_WORDS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine"}


def describe(steps: Sequence[tuple[Operation, Any]], generator: random.Random) -> str:
    """Return a description of the steps; equal generators give equal words.

    Most descriptions follow the order of the steps. About one in eight says a later step first
    ("before you reverse the list, sort it"), so that the order has to be understood, not copied.
    """
    clauses = [_said(operation.phrases, parameter, generator) for operation, parameter in steps]
    given = generator.choice(INPUT_PHRASES[steps[0][0].source])
    opening = generator.choice(("Given {given}, ", "Take {given}. ", "For {given}, ", "You get {given}. ", "", ""))
    text = opening.format(given=given) + _join(clauses, generator)
    text = _capitalise_sentences(text)
    return text + generator.choice((".", ".", "", " and return the result.", ", then return it."))


def _said(phrases: Sequence[str], parameter: Any, generator: random.Random) -> str:
    """One of the phrases, with the parameter in it, a small number now and then as a word."""
    shown = str(parameter)
    if isinstance(parameter, int) and generator.random() < 0.3:
        shown = NUMBER_WORDS.get(parameter, shown)
    return generator.choice(phrases).replace("{k}", shown)


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


SECOND_PHRASES = {
    "numbers": ("a list of numbers", "some numbers"),
    "number": ("a number", "a single number"),
    "text": ("a text", "a piece of text"),
    "words": ("a list of words", "some words"),
}
SECOND_OF_A_KIND = {"numbers": "a second list", "text": "a second text", "words": "a second list"}


def describe_two_inputs(steps: Sequence[tuple[Operation, Any]], generator: random.Random) -> str:
    """Return a description of operations of which one takes a second input: both are named, then what is done."""
    source = steps[0][0].source
    (other,) = (operation.other for operation, _ in steps if operation.other)
    first = generator.choice(INPUT_PHRASES[source])
    second = SECOND_OF_A_KIND[other] if other == source else generator.choice(SECOND_PHRASES[other])
    opening = generator.choice(("Given {} and {}, ", "Take {} and {}. ", "For {} and {}, ", "You get {} and {}. "))
    clauses = [_said(operation.phrases, parameter, generator) for operation, parameter in steps]
    text = _capitalise_sentences(opening.format(first, second) + _join(clauses, generator))
    return text + generator.choice((".", ".", "", " and return the result.", ", then return it."))


def describe_loop(steps: Clauses, generator: random.Random) -> str:
    """Return a description of a loop with state: walk, items, tally with its rule, and what is given back.

    What is done in a turn is said in its order; what is given back is said last or, now and then, first.
    """
    walk, *turn, given_back = (_said(piece.phrases, parameter, generator) for piece, parameter in steps)
    tally = generator.choice(
        ("keep a tally that starts at zero", "start a tally at zero", "let a tally be zero at first")
    )
    done = generator.choice((", then ", "; ", ", ")).join(turn)
    each = generator.choice((". For each one: ", ", and each time ", ". In each turn, "))
    loop = f"{tally} and {walk}{each}{done}"
    sentences = [given_back, f"for this, {loop}"] if generator.random() < 0.2 else [loop, given_back]
    return _capitalise_sentences(". ".join(sentences)) + generator.choice((".", ".", ""))


def describe_recursion(steps: Clauses, generator: random.Random) -> str:
    """Return a description of a recursive function: where it ends, what is taken off, and what is made of it."""
    (descent, step), (base, start), *items, (combination, weight) = steps
    end = _said(base.phrases, start, generator)
    clauses = [_said([phrase.replace("{base}", end) for phrase in descent.phrases], step, generator)]
    for piece, parameter in items:
        outcome = {"SKIP": ", giving the result for the rest", "STOP": f", in which case {end}"}
        words = [text for word, text in outcome.items() if word in piece.code[-1]]
        clauses.append("".join([_said(piece.phrases, parameter, generator), *words]))
    clauses.append(_said(combination.phrases, weight, generator))
    opening = generator.choice(("Solve it by recursion: ", "Recursively, ", "Write a recursive function: "))
    text = opening + generator.choice(("; ", ", then ")).join(clauses)
    return _capitalise_sentences(text) + generator.choice((".", ".", ""))
