import dataclasses
from collections.abc import Sequence
from typing import Literal

import pytest

from graftwork.data.example import Example, make_example
from graftwork.errors import InputError
from graftwork.evaluation import item_tests
from graftwork.evaluation.item_tests import ItemTests, find_item_tests
from graftwork.sandbox import Trial, Verdict, find_sandbox
from graftwork.sandbox.compiled import COMPILERS, Compiler
from graftwork.sandbox.compiled.common import Common
from tests.sandbox.killer import SLEEPER, killer

TARGET = "def solve(a, b):\n    return a + b\n"
ADD = make_example("python", "Adds.", TARGET, tests=(("1, 2", "3"), ("0, -4", "-4")))
DOUBLE = make_example("python", "Doubles.", "def solve(a):\n    return 2 * a\n", tests=(("3", "6"),))


@pytest.fixture(scope="module")
def tests() -> ItemTests:
    found = find_item_tests(["python"], "always")
    assert found is not None
    return found


def test_a_right_program_passes_and_a_wrong_one_does_not(tests: ItemTests) -> None:
    other = "def solve(a, b):\n    return b - -a\n"
    assert tests.passed([TARGET, other, "def solve(a, b): return a"], [ADD] * 3) == [1, 1, 0]


def test_a_program_is_judged_by_the_tests_of_its_own_example(tests: ItemTests) -> None:
    assert tests.passed([TARGET, DOUBLE.target], [DOUBLE, DOUBLE]) == [0, 1]


def test_nothing_written_passes_nothing(tests: ItemTests) -> None:
    assert tests.passed(["", " \n"], [ADD, DOUBLE]) == [0, 0]


def test_a_program_that_never_ends_does_not_pass(tests: ItemTests) -> None:
    assert tests.passed(["def solve(a):\n    while True:\n        pass\n"], [DOUBLE]) == [0]


def test_that_programs_were_killed_is_said() -> None:
    said: list[str] = []
    with killer(times=2):
        assert ItemTests(find_sandbox(), ["python"], said.append).passed([SLEEPER], [DOUBLE]) == [0]
    assert said == ["1 of 1 programs were killed from outside twice and count as not passed"]


def test_the_same_program_is_run_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = find_sandbox()
    ran: list[Trial] = []

    def run(self: object, trials: Sequence[Trial]) -> list[Verdict]:
        ran.extend(trials)
        return [Verdict("passed") for _ in trials]

    monkeypatch.setattr(type(sandbox), "run", run)
    counting = ItemTests(sandbox, ["python"])
    assert counting.passed([TARGET, TARGET], [ADD, ADD]) == counting.passed([TARGET] * 2, [ADD] * 2) == [1, 1]
    assert len(ran) == 1


def test_examples_that_differ_in_words_alone_share_their_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[Trial] = []

    def run(self: object, trials: Sequence[Trial]) -> list[Verdict]:
        ran.extend(trials)
        return [Verdict("passed") for _ in trials]

    sandbox = find_sandbox()
    monkeypatch.setattr(type(sandbox), "run", run)
    again = make_example("python", "Sums up.", TARGET, tests=ADD.tests)
    other = make_example("python", "Sums up.", TARGET, tests=(("1, 2", "4"),))
    counting = ItemTests(sandbox, ["python"])
    assert counting.passed([TARGET, TARGET], [ADD, again]) == [1, 1]
    assert len(ran) == 1
    counting.passed([TARGET, TARGET], [again, other])
    assert len(ran) == 2


def test_examples_without_tests_are_not_run(tests: ItemTests) -> None:
    assert tests.apply([ADD, DOUBLE])
    assert not tests.apply([ADD, dataclasses.replace(DOUBLE, tests=())])


def test_a_language_that_cannot_be_run_is_left_out_and_said() -> None:
    said: list[str] = []
    found = find_item_tests(["python", "cobol"], "where possible", said.append)
    assert found is not None
    assert len(said) == 1
    assert said[0].startswith("no pass rate for cobol")
    assert not found.apply([_in("cobol", ADD)])


def test_a_compiler_that_does_not_work_is_left_out_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Common("cpp", dict, lambda folder: [["/no/such/compiler"]])
    memory: tuple[Literal["space"], int] = ("space", 1)
    made = Compiler(
        "x", (), (), lambda p, t: {}, lambda t: {}, lambda f: [], lambda f, n: [], lambda n: memory, (), broken
    )
    monkeypatch.setitem(COMPILERS, "cpp", lambda: made)
    said: list[str] = []
    assert find_item_tests(["cpp"], "where possible", said.append) is None
    assert "no pass rate for cpp: the compiler of cpp that is found" in said[0].replace("sandbox: ", "")


def _in(language: str, example: Example) -> Example:
    return dataclasses.replace(example, language=language)


def test_a_language_that_cannot_be_run_is_refused_where_all_must_be() -> None:
    with pytest.raises(InputError, match="cobol"):
        find_item_tests(["cobol"], "always")


def test_nothing_is_run_where_nobody_wants_it() -> None:
    assert find_item_tests(["python"], "never") is None


def test_without_a_sandbox_no_program_is_run_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(limits: object, workers: object) -> None:
        raise InputError("no sandbox works here", "sandbox")

    monkeypatch.setattr(item_tests, "find_sandbox", none)
    said: list[str] = []
    assert find_item_tests(["python"], "where possible", said.append) is None
    assert "no sandbox works here" in said[0]


def test_a_pass_rate_names_sandbox_and_runtime(tests: ItemTests) -> None:
    assert tests.signature("python").startswith("sandbox:")
