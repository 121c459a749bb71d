"""Pass rates inside a study: the tests of generated items, run in the sandbox."""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, final

from graftwork.data.example import Example
from graftwork.errors import InputError
from graftwork.evaluation.execute import example_trial
from graftwork.files import digest
from graftwork.sandbox import Limits, Sandbox, Trial, find_runtime, find_sandbox

__all__ = ["ItemTests", "Wanted", "find_item_tests"]

Wanted = Literal["where possible", "always", "never"]

LIMITS = Limits(cpu_seconds=2, wall_seconds=10.0)
"""A right program takes milliseconds; what still runs after this loops for ever."""


@final
class ItemTests:
    """Runs what was generated for examples with their tests; the same program with the same tests is run once.

    Models repeat themselves, and right answers are mostly the reference itself: over a study, most items are known.
    """

    def __init__(
        self, sandbox: Sandbox, languages: Iterable[str], say: Callable[[str], None] = lambda text: None
    ) -> None:
        """Get ready for some languages, whose runtimes are there; ``say`` is told of programs that were killed."""
        self._sandbox, self._languages, self._say = sandbox, frozenset(languages), say
        self._known: dict[str, float] = {}

    def apply(self, examples: Sequence[Example]) -> bool:
        """Whether a set of examples can be tested: all have tests, in a language that runs here."""
        return all(example.tests and example.language in self._languages for example in examples)

    def passed(self, predictions: Sequence[str], examples: Sequence[Example]) -> list[float]:
        """Return 1 for each prediction that passes all tests of its example, else 0.

        A prediction with nothing in it is not run. One that ran out of time or was killed from outside was run once
        more, alone, and is 0; that it was killed both times is said.
        """
        pairs = zip(examples, predictions, strict=True)
        trials = [example_trial(text, example) if text.strip() else None for example, text in pairs]
        keys = [trial and _key(trial) for trial in trials]
        new = {key: trial for key, trial in zip(keys, trials, strict=True) if key and trial and key not in self._known}
        outcomes = [verdict.outcome for verdict in self._sandbox.run(list(new.values()))]
        self._known |= {key: float(outcome == "passed") for key, outcome in zip(new, outcomes, strict=True)}
        if killed := outcomes.count("killed"):
            self._say(f"{killed} of {len(new)} programs were killed from outside twice and count as not passed")
        return [self._known[key] if key else 0.0 for key in keys]

    def signature(self, language: str) -> str:
        """What a pass rate depends on beside the programs."""
        return self._sandbox.signature(language)


def _key(trial: Trial) -> str:
    """The digest of a program and its tests."""
    return digest(trial.language, trial.program, repr(trial.test))


def find_item_tests(
    languages: Iterable[str],
    wanted: Wanted,
    say: Callable[[str], None] = lambda text: None,
    at_once: int | None = None,
) -> ItemTests | None:
    """Find what runs the tests of a study's items.

    Args:
        languages: those of the examples that have tests.
        wanted: ``where possible`` leaves out what cannot be run here, and says so; ``never`` runs nothing.
        say: told what is left out and why.
        at_once: how many programs run at once; one a core if None.

    Raises:
        InputError: with ``always``, no sandbox works here, or a language cannot be run.
    """
    names = sorted(set(languages))
    if wanted == "never" or not names:
        return None
    runnable = []
    try:
        sandbox = find_sandbox(LIMITS, workers=at_once)
        for name in names:
            if _runs(name, wanted, say):
                runnable.append(name)
    except InputError as error:
        if wanted == "always":
            raise
        say(f"no pass rates: {error}")
        return None
    return ItemTests(sandbox, runnable, say) if runnable else None


def _runs(language: str, wanted: Wanted, say: Callable[[str], None]) -> bool:
    try:
        find_runtime(language).prepare()
    except InputError as error:
        if wanted == "always":
            raise
        say(f"no pass rate for {language}: {error}")
        return False
    return True
