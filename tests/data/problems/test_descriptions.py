import random
import re

import pytest

from graftwork.data.problems import Problem, make_problems
from graftwork.data.problems.descriptions import (
    NUMBER_WORDS,
    describe,
    describe_loop,
    describe_recursion,
    describe_two_inputs,
)
from graftwork.data.problems.families import FAMILIES
from graftwork.data.problems.operations import OPERATIONS, PAIR_OPERATIONS

SORT_THEN_CUT = [(OPERATIONS["sort_ascending"], None), (OPERATIONS["first_numbers"], 3)]


@pytest.fixture(scope="module")
def problems() -> list[Problem]:
    return make_problems("train", 1500)


def places(problem: Problem) -> list[int]:
    """Where the description says each step, in the order of the steps; -1 where it does not."""
    found = []
    for name, parameter in problem.steps:
        said = {str(parameter), NUMBER_WORDS.get(parameter, str(parameter))}
        phrases = [phrase.replace("{k}", word) for phrase in OPERATIONS[name].phrases for word in said]
        found.append(max(problem.description.lower().find(phrase.lower()) for phrase in phrases))
    return found


def test_equal_generators_give_equal_words() -> None:
    assert describe(SORT_THEN_CUT, random.Random(3)) == describe(SORT_THEN_CUT, random.Random(3))


def test_one_problem_is_said_in_many_ways() -> None:
    generator = random.Random(0)
    assert len({describe(SORT_THEN_CUT, generator) for _ in range(200)}) > 100


def test_every_step_is_said(problems: list[Problem]) -> None:
    assert not [problem.description for problem in problems if -1 in places(problem)]


def test_no_blank_is_left_unfilled(problems: list[Problem]) -> None:
    assert not [problem.description for problem in problems if re.search(r"[{}]|None", problem.description)]


def test_sentences_begin_with_a_capital_letter(problems: list[Problem]) -> None:
    assert not [problem.description for problem in problems if re.search(r"(^|\. )[a-z]", problem.description)]


def test_a_later_step_is_said_first_only_with_before() -> None:
    generator = random.Random(1)
    turned = 0
    for _ in range(400):
        text = describe(SORT_THEN_CUT, generator).lower()
        sort = max(text.find(phrase) for phrase in SORT_THEN_CUT[0][0].phrases)
        cut = max(text.find(p.replace("{k}", k)) for p in SORT_THEN_CUT[1][0].phrases for k in ("3", "three"))
        assert (cut < sort) == ("before you" in text)
        turned += cut < sort
    assert 25 <= turned <= 75  # one in eight


def test_small_numbers_are_sometimes_words() -> None:
    generator = random.Random(2)
    texts = [describe([(OPERATIONS["add_to_each"], 5)], generator) for _ in range(100)]
    assert 10 <= sum("five" in text for text in texts) <= 50
    assert all(("five" in text) != ("5" in text) for text in texts)


@pytest.mark.parametrize("family", ["stateful", "recursive", "two-inputs"])
def test_every_step_of_a_harder_problem_is_said(family: str) -> None:
    for problem in make_problems("train", 300, families=[family]):
        said = problem.description.lower()
        for piece, parameter in FAMILIES[family].steps(problem.steps):
            words = {str(parameter), NUMBER_WORDS.get(parameter, str(parameter))}
            phrases = [phrase.split("{base}")[-1].replace("{k}", word) for phrase in piece.phrases for word in words]
            assert any(phrase.lower() in said for phrase in phrases), (said, piece.name)


def test_a_problem_with_two_inputs_names_both_before_it_says_what_to_do() -> None:
    steps = [(PAIR_OPERATIONS["look_up"], None)]
    texts = [describe_two_inputs(steps, random.Random(seed)) for seed in range(40)]
    assert all(re.search(r"(mapping|dictionary|table).* and (a list of words|some words)[,.] ", text) for text in texts)


def test_a_recursion_says_what_skipping_and_stopping_give() -> None:
    names = (("from_front", None), ("base_number", 5), ("skip_even", None), ("stop_above", 9), ("add_rest", None))
    text = describe_recursion(FAMILIES["recursive"].steps(names), random.Random(0))
    assert "even, giving the result for the rest" in text
    assert re.search(r"9|nine, in which case (the result is|return) (5|five)", text)


def test_a_loop_says_what_it_gives_back_first_or_last() -> None:
    names = (("walk_numbers", None), ("total", None), ("final_tally", None))
    texts = [describe_loop(FAMILIES["stateful"].steps(names), random.Random(seed)) for seed in range(60)]
    first = [text for text in texts if re.match("Return the tally|Give back the tally", text)]
    assert 5 <= len(first) <= 20
    assert len(set(texts)) > 30
