import pytest

from graftwork.data.problems import check
from graftwork.data.problems.check import case_of, main, operation_cases, sample
from graftwork.data.problems.harness import Harness, Toolchain
from graftwork.data.problems.operations import OPERATIONS, PAIR_OPERATIONS


def test_all_well_is_one_line_a_language_and_exit_code_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--languages", "python", "--families", "recursive", "--count", "10"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert "286 of 286 programs passed" in line
    assert "Python 3." in line


def test_a_program_that_fails_is_shown_and_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = next(operation_cases("python"))
    wrong = type(right)("def solve(numbers):\n    return 3", ("numbers",), "numbers", (([1],),), ([1],))
    monkeypatch.setattr(check, "operation_cases", lambda language: iter([right, wrong]))
    assert main(["--languages", "python", "--families", "basic", "--count", "3"]) == 1
    output = capsys.readouterr().out
    assert "5 of 6 programs passed" in output
    assert "return 3\n-> (([1],),) gave [3], not ([1],)" in output


def test_a_language_without_toolchain_is_said_and_no_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(check.HARNESSES, "go", Harness("go", "programs.go", lambda cases: "", lambda: None))
    assert main(["--languages", "go", "--families", "basic", "--count", "3"]) == 0
    assert capsys.readouterr().out == "go          not run: no toolchain found\n"


def test_every_operation_is_checked_with_every_parameter() -> None:
    programs = {case.program for case in operation_cases("python")}
    assert len(programs) >= sum(len(one.parameters) for one in OPERATIONS.values()) / 2
    assert len(list(operation_cases("python"))) == len(PAIR_OPERATIONS) + sum(
        len(one.parameters) for one in OPERATIONS.values()
    )


def test_a_sample_holds_problems_of_all_splits() -> None:
    assert len(sample("two-inputs", 20)) == 20


def test_a_case_has_the_arguments_of_the_tests() -> None:
    case = case_of(sample("two-inputs", 5)[0], "python")
    assert {len(arguments) for arguments in case.arguments} == {len(case.parameters)} == {2}


def test_a_toolchain_has_a_version() -> None:
    assert isinstance(check.HARNESSES["python"].find(), Toolchain)
