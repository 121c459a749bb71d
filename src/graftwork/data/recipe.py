"""Tasks as a recipe names them: subsets of mined functions and of generated problems."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, final

from pydantic import BeforeValidator, Field

from graftwork.config import Config
from graftwork.data.cleaning import CleaningConfig, MiningReport
from graftwork.data.example import Example, make_example
from graftwork.data.mining import Progress
from graftwork.data.problems import make_problems
from graftwork.data.sources.open import SourceConfig, parse_source, read_sources, source_name
from graftwork.data.splits import SplitConfig, split_examples
from graftwork.data.task import Subset, Task
from graftwork.errors import InputError

__all__ = ["BuiltTask", "GeneratedSubset", "MinedSubset", "SubsetConfig", "SubsetOrigin", "TaskConfig", "build_task"]


def _parsed(source: Any) -> Any:
    """A source may be written short (``stdlib``) or as a mapping."""
    return parse_source(source) if isinstance(source, str) else source


@final
class MinedSubset(Config):
    """Real functions, from any source."""

    kind: Literal["mined"] = "mined"
    name: str = "mined"
    sources: tuple[Annotated[SourceConfig, BeforeValidator(_parsed)], ...] = Field(min_length=1)
    """Sources, short (``stdlib``, ``package:NAME``, …) or with their settings."""
    cleaning: CleaningConfig = CleaningConfig()
    split: SplitConfig = SplitConfig()
    train: int | None = Field(default=None, ge=1)
    """At most so many training examples; null takes all."""
    validation: int | None = Field(default=None, ge=1)
    """At most so many validation examples."""
    test: int | None = Field(default=None, ge=1)
    """At most so many test examples."""
    pairs: Literal["description", "copying"] = "description"
    """What is asked for what: the function for its ``description``; or ``copying``, the function for itself in training
    and validation and for the first half of its characters in test."""


@final
class GeneratedSubset(Config):
    """Problems from the documented space, the same ones in every language."""

    kind: Literal["generated"] = "generated"
    name: str = "generated"
    seed: int = 0
    train: int = Field(default=1000, ge=1)
    """Training problems."""
    validation: int = Field(default=100, ge=1)
    """Validation problems."""
    test: int = Field(default=100, ge=1)
    """Test problems."""
    families: tuple[Literal["basic", "stateful", "recursive", "two-inputs"], ...] = Field(
        default=("basic",), min_length=1
    )
    """Which problems, in turn: ``basic`` chains of operations, or the harder ones, loops with state (``stateful``),
    ``recursive`` functions and problems with ``two-inputs``."""


SubsetConfig = Annotated[MinedSubset | GeneratedSubset, Field(discriminator="kind")]


@final
class TaskConfig(Config):
    """One task: a language in one or more subsets."""

    name: str
    language: str
    subsets: tuple[SubsetConfig, ...] = Field(min_length=1)


@final
@dataclass(frozen=True)
class SubsetOrigin:
    """Where a subset comes from, in words, and what was left out on the way, by reason."""

    source: str
    dropped: dict[str, int]


@final
@dataclass(frozen=True)
class BuiltTask:
    """A task with the origin of each subset."""

    task: Task
    origins: dict[str, SubsetOrigin]
    reports: dict[str, MiningReport]


def build_task(
    config: TaskConfig, report: Callable[[str], None] = lambda what: None, progress: Progress | None = None
) -> BuiltTask:
    """Make a task's examples; equal recipes and sources give equal tasks on every machine.

    Args:
        config: the task.
        report: told in words what is being done.
        progress: told how many files of a source are read.

    Raises:
        InputError: a source cannot be read, the language is unknown, or a subset is empty.
    """
    subsets: list[Subset] = []
    origins: dict[str, SubsetOrigin] = {}
    reports: dict[str, MiningReport] = {}
    for subset in config.subsets:
        report(f"{config.name}: {subset.name}")
        if isinstance(subset, GeneratedSubset):
            subsets.append(_generated(subset, config.language))
            origins[subset.name] = SubsetOrigin(_generated_source(subset), {})
        else:
            mined = read_sources(subset.sources, config.language, subset.cleaning, progress)
            splits = split_examples(mined.examples, subset.split)
            chosen = Subset(
                subset.name,
                splits.train[: subset.train],
                splits.validation[: subset.validation],
                splits.test[: subset.test],
            )
            subsets.append(_copying(chosen) if subset.pairs == "copying" else chosen)
            double = {"double across splits": splits.dropped} if splits.dropped else {}
            source = f"{', '.join(source_name(source) for source in subset.sources)}: {mined.report.kept} functions"
            origins[subset.name] = SubsetOrigin(source, {**mined.report.dropped, **double})
            reports[subset.name] = mined.report
    return BuiltTask(Task(config.name, config.language, tuple(subsets)), origins, reports)


def _copying(subset: Subset) -> Subset:
    """The same functions, asked for as the study that this package follows did: by themselves, tests by their half.

    Its losses and scores are largely copying; the pairs are here so that they can be compared with honest ones.
    """
    return Subset(
        subset.name,
        tuple(_asked_by(example, example.target) for example in subset.train),
        tuple(_asked_by(example, example.target) for example in subset.validation),
        tuple(_asked_by(example, example.target[: len(example.target) // 2]) for example in subset.test),
    )


def _asked_by(example: Example, prompt: str) -> Example:
    return make_example(
        example.language,
        prompt,
        example.target,
        signature=example.signature,
        origin=example.origin,
        tests=example.tests,
        name=example.name,
    )


def _generated_source(subset: GeneratedSubset) -> str:
    families = "" if subset.families == ("basic",) else f" ({', '.join(subset.families)})"
    return f"generated problems{families}, seed {subset.seed}"


def _generated(subset: GeneratedSubset, language: str) -> Subset:
    def make(split: str, count: int) -> tuple[Example, ...]:
        problems = make_problems(split, count, subset.seed, subset.families)
        return tuple(
            make_example(
                language, problem.description, problem.program(language), origin=problem.key, tests=problem.tests
            )
            for problem in problems
        )

    try:
        return Subset(
            subset.name,
            make("train", subset.train),
            make("validation", subset.validation),
            make("test", subset.test),
        )
    except InputError as error:
        raise InputError(error.what, f"subset {subset.name!r}", error.right) from None
