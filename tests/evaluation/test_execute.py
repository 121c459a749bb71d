from pathlib import Path
from typing import Any

import pytest

from graftwork.data.example import make_example
from graftwork.data.problems import make_problems, problem_families
from graftwork.data.sources.benchmarks import BenchmarkProblem, benchmark_problem, read_benchmark
from graftwork.data.sources.emptied import emptied, emptied_program
from graftwork.errors import InputError
from graftwork.evaluation.execute import benchmark_trial, example_trial, execute
from graftwork.sandbox import CodeTest, Limits, Sandbox, Trial, find_runtime, find_sandbox
from graftwork.sandbox.compiled import COMPILERS
from graftwork.sandbox.runtimes import RUNTIMES
from tests.data.sources.benchmark_rows import COMPILED, HUMANEVAL_X_RUST, INTERPRETED, MULTIPL_E, ROWS
from tests.sandbox.killer import SLEEPER, killer

PUBLISHED = Path(__file__).parents[3] / "shared" / "data"
FILES = ("HumanEval.jsonl.gz", "humaneval_x_python.jsonl.gz", "humaneval_x_js.jsonl.gz")
NOT_HERE = {"JavaScript/162": "needs the npm package js-md5"}
"""Answers of HumanEval-X that cannot run here."""
COMPILERS_FOUND = [language for language, find in COMPILERS.items() if find() is not None]


def is_there(language: str) -> bool:
    try:
        find_runtime(language)
    except InputError:
        return False
    return True


FOUND = [language for language in RUNTIMES if is_there(language)]
SAMPLE = {0, 32, 38, 50, 53, 112, 129, 155, 160, 162}


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return find_sandbox()


def trial(program: str, expected: int = 1) -> Trial:
    return Trial("python", program, CodeTest(f"assert f() == {expected}", names=("f",)))


def answers() -> list[tuple[BenchmarkProblem, str]]:
    """Problems with right answers: one of each shape, and a sample of the published files where they are at hand."""
    problems = [benchmark_problem(row, "row") for row in ROWS]
    for path in (PUBLISHED / name for name in FILES):
        if path.is_file():
            problems += [problem for n, problem in enumerate(read_benchmark(str(path))) if n in SAMPLE]
    return [(problem, problem.reference or "  return a + b;\n}\n") for problem in problems]


def run_each(sandbox: Sandbox, pairs: list[tuple[BenchmarkProblem, str]]) -> dict[str, str]:
    """Problem -> outcome."""
    verdicts = sandbox.run([benchmark_trial(answer, problem) for problem, answer in pairs])
    return {problem.id: verdict.outcome for (problem, _), verdict in zip(pairs, verdicts, strict=True)}


def test_right_answers_to_benchmarks_pass(sandbox: Sandbox) -> None:
    outcomes = run_each(sandbox, answers())
    assert {id for id, outcome in outcomes.items() if outcome != "passed"} <= set(NOT_HERE)


def test_emptied_answers_to_benchmarks_fail(sandbox: Sandbox) -> None:
    nothing = [(problem, emptied(problem)) for problem, _ in answers() if problem.start]
    assert "passed" not in run_each(sandbox, nothing).values()


@pytest.mark.parametrize("language", [language for language in FOUND if language not in ("python", "javascript")])
def test_answers_in_further_languages_pass_and_emptied_ones_fail(sandbox: Sandbox, language: str) -> None:
    """MultiPL-E's shape, and some of HumanEval-X where its file is at hand: mappings and any type."""
    row = (COMPILED | INTERPRETED)[language]
    pairs = [(benchmark_problem(row, "row"), row["answer"])]
    if language == "rust":
        pairs.append((benchmark_problem(HUMANEVAL_X_RUST, "row"), HUMANEVAL_X_RUST["canonical_solution"]))
    path = PUBLISHED / f"humaneval_x_{language}.jsonl.gz"
    if path.is_file():
        problems = read_benchmark(str(path))
        pairs += [(problems[n], str(problems[n].reference)) for n in (95, 137)]
    assert set(run_each(sandbox, pairs).values()) == {"passed"}
    nothing = [benchmark_trial(emptied(problem), problem) for problem, _ in pairs]
    verdicts = sandbox.run(nothing)
    assert {verdict.outcome for verdict in verdicts} == {"failed"}
    assert not [verdict.reason for verdict in verdicts if "compile" in verdict.reason or "Syntax" in verdict.reason]


def test_a_buggy_answer_fails(sandbox: Sandbox) -> None:
    (row,) = (row for row in ROWS if "buggy_solution" in row)
    assert run_each(sandbox, [(benchmark_problem(row, "row"), str(row["buggy_solution"]))]) == {"Python/0": "failed"}


@pytest.mark.parametrize("language", FOUND)
def test_reference_programs_of_generated_problems_pass_their_tests(sandbox: Sandbox, language: str) -> None:
    problems = make_problems("test", 4 if language in COMPILERS_FOUND else 12, families=problem_families())
    examples = [make_example(language, p.description, p.program(language), tests=p.tests) for p in problems]
    executed = execute([example_trial(example.target, example) for example in examples], sandbox)
    assert executed.pass_rate == 1
    nothing = [example_trial(emptied_program(example.target, language), example) for example in examples]
    emptied_verdicts = execute(nothing, sandbox).verdicts
    assert {verdict.outcome for verdict in emptied_verdicts} == {"failed"}
    assert not [verdict for verdict in emptied_verdicts if "compile" in verdict.reason or "Syntax" in verdict.reason]


def test_an_example_without_tests_cannot_be_tried() -> None:
    with pytest.raises(ValueError, match="has no tests"):
        example_trial("", make_example("python", "x", "y"))


def test_the_pass_rate_is_the_share_that_passes(sandbox: Sandbox) -> None:
    executed = execute([trial("def f(): return 1"), trial("def f(): return 2"), trial("x"), trial("")], sandbox)
    assert (executed.pass_rate, executed.timeouts, executed.pass_at_k) == (0.25, 0, {1: 0.25})
    assert executed.signature == sandbox.signature("python")


def test_samples_of_one_problem_make_pass_at_k(sandbox: Sandbox) -> None:
    trials = [trial(f"def f(): return {n}") for n in range(10)] * 2
    executed = execute(trials, sandbox, problems=["a"] * 10 + ["b"] * 10)
    assert executed.pass_at_k == {1: pytest.approx(0.1), 10: 1}


def test_timeouts_are_counted_apart(sandbox: Sandbox) -> None:
    limited = Sandbox(sandbox.tier, Limits(wall_seconds=0.5))
    executed = execute([trial("import time\ntime.sleep(60)")], limited)
    assert (executed.pass_rate, executed.timeouts) == (0, 1)


def test_programs_killed_from_outside_are_counted_apart(sandbox: Sandbox) -> None:
    with killer(times=2):
        executed = execute([trial(SLEEPER)], sandbox)
    assert (executed.pass_rate, executed.timeouts, executed.killed) == (0, 0, 1)


def test_programs_of_two_languages_are_not_mixed(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="one language"):
        execute([trial("x"), Trial("javascript", "x", CodeTest("x"))], sandbox)


def test_a_language_that_cannot_be_run_is_refused(sandbox: Sandbox) -> None:
    row: dict[str, Any] = {**MULTIPL_E, "language": "lua"}
    with pytest.raises(InputError, match="no way to run 'lua'"):
        execute([benchmark_trial("", benchmark_problem(row, "row"))], sandbox)
