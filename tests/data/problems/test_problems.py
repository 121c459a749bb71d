import json
import os
import subprocess
import sys
from itertools import pairwise, repeat

import pytest

from graftwork.data.problems import Problem, make_problems, problem_languages, split_of
from graftwork.data.problems import problems as module
from graftwork.data.problems.operations import OPERATIONS, Operation
from graftwork.errors import InputError
from graftwork.files import digest

SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def made() -> dict[str, list[Problem]]:
    counts = {"train": 4000, "validation": 400, "test": 400}
    return {split: make_problems(split, count) for split, count in counts.items()}


def pairs_of(problem: Problem) -> set[tuple[str, str]]:
    return set(pairwise(name for name, _ in problem.steps))


def test_the_problems_are_distinct(made: dict[str, list[Problem]]) -> None:
    assert all(len({problem.key for problem in problems}) == len(problems) for problems in made.values())
    assert len({problem.steps for problem in made["train"]}) == len(made["train"])


def test_the_splits_are_disjoint(made: dict[str, list[Problem]]) -> None:
    steps = [{problem.steps for problem in made[split]} for split in SPLITS]
    assert len(set().union(*steps)) == sum(map(len, steps))


@pytest.mark.parametrize("split", ["validation", "test"])
def test_a_held_out_problem_has_a_pair_that_no_training_problem_has(split: str, made: dict[str, list[Problem]]) -> None:
    trained = set().union(*(pairs_of(problem) for problem in made["train"]))
    assert all(pairs_of(problem) - trained for problem in made[split])


def test_validation_and_test_problems_hold_out_different_pairs(made: dict[str, list[Problem]]) -> None:
    held_out = [
        {pair for problem in made[split] for pair in pairs_of(problem) if split_of(pair) == split}
        for split in ("validation", "test")
    ]
    assert all(held_out)
    assert not held_out[0] & held_out[1]


def test_a_chain_that_mixes_validation_and_test_pairs_belongs_to_no_split() -> None:
    validation, test = (
        next(pair for pair in ((a, b) for a in OPERATIONS for b in OPERATIONS) if split_of(pair) == split)
        for split in ("validation", "test")
    )
    assert split_of((*validation, *test)) is None


def test_single_operations_are_training_problems() -> None:
    assert {split_of((name,)) for name in OPERATIONS} == {"train"}


@pytest.mark.parametrize("split", SPLITS)
def test_a_larger_count_begins_with_the_same_problems(split: str, made: dict[str, list[Problem]]) -> None:
    assert make_problems(split, 50) == made[split][:50]


def test_another_seed_gives_other_problems() -> None:
    assert make_problems("train", 20, seed=1) != make_problems("train", 20, seed=2)


def test_another_process_makes_the_same_problems() -> None:
    code = "from graftwork.data.problems import make_problems; print(make_problems('test', 40, 7))"
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert outputs == [f"{make_problems('test', 40, 7)}\n"] * 2


def test_the_space_holds_more_than_a_hundred_thousand_training_problems() -> None:
    """Counted, since making them takes long; chains of four operations are left out and would add millions."""

    def count(chain: tuple[Operation, ...]) -> int:
        if split_of(tuple(operation.name for operation in chain[-2:])) != "train":
            return 0
        own = len(chain[-1].parameters)
        if len(chain) == 3:
            return own
        after = [one for one in OPERATIONS.values() if one.source == chain[-1].result and one not in chain]
        return own * (1 + sum(count((*chain, one)) for one in after))

    assert sum(count((operation,)) for operation in OPERATIONS.values()) > 500_000


def test_a_problem_is_one_to_four_different_operations_whose_types_fit(made: dict[str, list[Problem]]) -> None:
    for problem in made["train"]:
        names = [name for name, _ in problem.steps]
        assert 1 <= len(names) == len(set(names)) <= 4
        assert all(OPERATIONS[first].result == OPERATIONS[second].source for first, second in pairwise(names))
        assert all(parameter in OPERATIONS[name].parameters for name, parameter in problem.steps)


def test_tests_tell_a_problem_from_a_constant(made: dict[str, list[Problem]]) -> None:
    for problem in made["train"]:
        assert len(problem.tests) == 3
        assert len({expected for _, expected in problem.tests}) > 1


def test_no_number_grows_beyond_what_every_language_counts_exactly(made: dict[str, list[Problem]]) -> None:
    for problem in made["train"]:
        for given, _ in problem.tests:
            value = json.loads(given)
            for name, parameter in problem.steps:
                value = OPERATIONS[name].apply(value, parameter)
                numbers = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
                assert all(abs(number) <= 10**6 for number in numbers if isinstance(number, int))


def test_an_unknown_split_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InputError, match=r"make_problems: unknown split 'tset'; did you mean 'test'\?"):
        make_problems("tset", 1)


def test_asking_for_more_than_the_space_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    (problem,) = make_problems("train", 1)
    monkeypatch.setattr(module, "_stream", lambda split, seed, family: repeat(problem))
    with pytest.raises(InputError, match="only 1 distinct train problems were found; ask for fewer"):
        make_problems("train", 2)


def test_no_problem_at_all_may_be_asked_for() -> None:
    assert make_problems("train", 0) == []


def test_problems_are_written_in_nine_languages() -> None:
    names = ("python", "javascript", "ruby", "php", "java", "typescript", "go", "rust", "cpp")
    assert problem_languages() == names


def test_the_basic_problems_that_the_embedded_base_has_seen_stay_what_they_were() -> None:
    """To the byte: the hashes that keep them out of the tests of studies are of these texts."""
    problems = [problem for split in SPLITS for problem in make_problems(split, 300, 1)]
    texts = [repr((one.key, one.steps, one.description, one.tests)) for one in problems]
    programs = [one.program(language) for one in problems for language in problem_languages()[:5]]
    assert digest(*texts)[:16] == "c840dadaa93322b4"
    assert digest(*programs)[:16] == "c50b1d0c304bc746"


def test_basic_problems_are_what_is_made_where_no_family_is_named() -> None:
    assert make_problems("test", 20) == make_problems("test", 20, families=["basic"])


def test_families_take_turns() -> None:
    problems = make_problems("train", 5, families=["recursive", "basic"])
    assert [problem.family for problem in problems] == ["recursive", "basic", "recursive", "basic", "recursive"]
    assert problems[1::2] == make_problems("train", 2)
    assert problems == make_problems("train", 30, families=["recursive", "basic"])[:5]


def test_an_unknown_family_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InputError, match=r"unknown family of problems 'recursiv'; did you mean 'recursive'\?"):
        make_problems("train", 1, families=["recursiv"])


@pytest.mark.parametrize("families", [[], ["basic", "basic"]])
def test_no_family_and_a_family_named_twice_are_refused(families: list[str]) -> None:
    with pytest.raises(InputError, match="name at least one, and none twice"):
        make_problems("train", 1, families=families)


def test_the_types_of_a_problem_are_those_of_its_inputs_and_its_result() -> None:
    (problem,) = make_problems("train", 1, families=["two-inputs"])
    assert len(problem.types[0]) == 2


def test_a_language_without_problems_is_refused() -> None:
    (problem,) = make_problems("train", 1)
    with pytest.raises(InputError, match=r"no generated problems in 'pyton'; did you mean 'python'\?"):
        problem.program("pyton")
