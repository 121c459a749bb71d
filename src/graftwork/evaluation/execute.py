"""Run the tests of examples and benchmarks in the sandbox, and say what share passes."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

from graftwork.data.example import Example
from graftwork.data.sources.benchmarks import BenchmarkProblem
from graftwork.metrics.pass_at_k import mean_pass_at_k
from graftwork.sandbox import CodeTest, Sandbox, Trial, ValueTest, Verdict

__all__ = ["Executed", "benchmark_trial", "example_trial", "execute"]

FUNCTION = "solve"
"""What generated problems call their function, in every language."""
SAMPLES = (1, 10, 100)


@final
@dataclass(frozen=True)
class Executed:
    """What running programs came to.

    Attributes:
        verdicts: one a program, in their order.
        pass_rate: share of the programs that pass all of their tests.
        timeouts: how many ran out of time, twice; they count as not passed.
        killed: how many were ended from outside, twice, as by a kernel short of memory; they count as not passed.
        pass_at_k: k -> mean over the problems, for 1, 10 and 100 as far as each problem has so many programs.
        signature: what these numbers depend on beside the programs.
    """

    verdicts: tuple[Verdict, ...]
    pass_rate: float
    timeouts: int
    killed: int
    pass_at_k: dict[int, float]
    signature: str


def example_trial(prediction: str, example: Example, function: str = FUNCTION) -> Trial:
    """What was generated for an example with that example's tests, whose inputs are JSON with commas between.

    Raises:
        ValueError: the example has no tests.
    """
    if not example.tests:
        raise ValueError(f"example {example.id} has no tests")
    cases = tuple((f"[{given}]", expected) for given, expected in example.tests)
    return Trial(example.language, prediction, ValueTest(function, cases))


def benchmark_trial(answer: str, problem: BenchmarkProblem) -> Trial:
    """An answer to a benchmark's problem with that problem's tests."""
    test = CodeTest(problem.test, problem.setup, problem.names, problem.objects)
    return Trial(problem.language, problem.program(answer), test)


def execute(
    trials: Sequence[Trial],
    sandbox: Sandbox,
    problems: Sequence[str] | None = None,
    on_done: Callable[[int], None] = lambda done: None,
) -> Executed:
    """Run programs of one language with their tests.

    Args:
        trials: the programs.
        sandbox: what keeps them in.
        problems: which problem each program answers, for pass@k; each its own if None.
        on_done: told how many are done.

    Raises:
        InputError: the language cannot be run here.
        ValueError: there is no program, or they are of several languages, or not as many as ``problems``.
    """
    languages = {trial.language for trial in trials}
    if len(languages) != 1:
        raise ValueError(f"programs of one language are run at once, not of {sorted(languages)}")
    verdicts = tuple(sandbox.run(trials, on_done))
    passed = [verdict.outcome == "passed" for verdict in verdicts]
    names = list(map(str, range(len(trials)))) if problems is None else problems
    samples = Counter(names)
    passing = Counter(name for name, right in zip(names, passed, strict=True) if right)
    counts = [(number, passing[name]) for name, number in samples.items()]
    at_k = {k: value for k in SAMPLES if (value := mean_pass_at_k(counts, k)) is not None}
    ended = Counter(verdict.outcome for verdict in verdicts)
    signature = sandbox.signature(languages.pop())
    return Executed(verdicts, sum(passed) / len(passed), ended["timeout"], ended["killed"], at_k, signature)
