"""The recipe of a study, and reading one."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self, final

import yaml
from pydantic import Field, model_validator

from graftwork.components.kinds import ComponentConfig
from graftwork.config import Config, override, read_yaml
from graftwork.continual.methods.isolated import IsolatedConfig
from graftwork.continual.methods.kinds import AnyMethodConfig
from graftwork.continual.runner import Ahead
from graftwork.data.recipe import TaskConfig
from graftwork.errors import InputError, nearest
from graftwork.evaluation.generate import DecodingConfig
from graftwork.evaluation.item_tests import Wanted
from graftwork.languages import language_names
from graftwork.results.names import PINNED, Cell, check_name, order_name
from graftwork.results.statements import ClaimConfig, check_claims
from graftwork.study.amounts import Bytes, Parameters
from graftwork.training.loop import TrainingConfig

__all__ = ["ApproachConfig", "StudyConfig", "embedded_recipes", "read_recipe"]

RECIPES = Path(__file__).parent.parent / "recipes"


@final
class ApproachConfig(Config):
    """What is compared: components with their scopes, and a method."""

    name: str
    description: str = ""
    """One sentence for readers of the report."""
    components: dict[str, ComponentConfig] = {}
    """The components of every task's adapter, by name; none means the whole base."""
    shared: tuple[str, ...] = ()
    """Names of the components that all tasks share and go on training; the others are each task's own."""
    method: AnyMethodConfig = IsolatedConfig()
    training: dict[str, Any] = {}
    """Settings of ``training`` that differ for this approach."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        check_name(self.name, "approach")
        for name in self.shared:
            if name not in self.components:
                raise InputError(
                    f"no component is called {name!r}", f"approach {self.name}: shared", nearest(name, self.components)
                )
        self.method.check(self.components, self.shared, f"approach {self.name}")
        return self

    @property
    def isolated(self) -> bool:
        """Whether each task has parts of its own that nothing later acts on."""
        return self.method.course == "own" and not self.shared

    @property
    def in_order(self) -> tuple[str, ...]:
        """The names of the components as a learner trains them: what tasks share first, by name."""
        shared = sorted(self.components if self.method.course == "on" else self.shared)
        return (*shared, *(name for name in self.components if name not in shared))

    @property
    def versioned(self) -> bool:
        """Whether tasks share components, of which each task's own version is then scored besides the latest."""
        return self.method.course == "own" and bool(self.shared)


@final
class StudyConfig(Config):
    """A whole study; every field but tasks and approaches has a default."""

    name: str
    question: str = ""
    """The question it answers, for the report."""
    base: str = "default"
    """``default`` (embedded), a folder, or a hub name such as ``Salesforce/codet5-small``."""
    tasks: tuple[TaskConfig, ...] = Field(min_length=1)
    orders: tuple[tuple[str, ...], ...] = ()
    """Orders of the tasks; none means the order in which they stand."""
    approaches: tuple[ApproachConfig, ...] = Field(min_length=1)
    seeds: tuple[int, ...] = Field(default=(1,), min_length=1)
    prompt: str = "Generate {language}: {description}"
    """The prompt; ``{signature}`` adds the function's first line, as an editor would."""
    max_source_tokens: int = Field(default=128, ge=4)
    """Longer prompts are cut."""
    training: TrainingConfig = TrainingConfig()
    decoding: DecodingConfig = DecodingConfig()
    execute: Wanted = "where possible"
    """Whether the tests of generated problems are run in the sandbox, for pass rates: ``always`` refuses to begin where
    they cannot, ``where possible`` says so and goes on without, ``never`` runs no generated code."""
    evaluate_ahead: Ahead = "next"
    """Which of the tasks still to come are scored after each task, besides those learned: ``next`` is what forward
    transfer needs, and the evaluations of isolated approaches then grow linearly with the number of tasks; ``all``
    fills the whole score matrix; ``none`` leaves forward transfer open."""
    take_over_equal: bool = True
    """Whether a training equal to one that is done (the same weights to begin with, batches, settings and seed) is
    taken over from it; computed again, it would come to the same bits."""
    match_parameters: Parameters | None = None
    """Give every approach with components so many parameters a task (``3.1M``, ``900k``), by sizing its components."""
    stored_bytes: Bytes | None = None
    """The same by what a task's adapter takes on disk (``12MB``)."""
    headline: dict[str, str] = {}
    """Subset -> the metric that the report's answer is judged by."""
    claims: tuple[ClaimConfig, ...] = ()
    """Claims to test, each answered in the report: supported, refuted or not told apart."""
    probes: int = Field(default=8, ge=1)
    """Examples a task on which outputs are compared bit for bit."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        check_name(self.name, "name")
        _check_distinct([task.name for task in self.tasks], "tasks")
        _check_distinct([approach.name for approach in self.approaches], "approaches")
        _check_distinct(list(self.seeds), "seeds")
        names = {task.name for task in self.tasks}
        for task in self.tasks:
            check_name(task.name, "task")
            if task.language not in language_names():
                right = nearest(task.language, language_names())
                raise InputError(f"unknown language {task.language!r}", f"task {task.name}: language", right)
        for order in self.orders:
            if set(order) != names or len(order) != len(names):
                raise InputError(
                    f"{'+'.join(order)} is no order of the tasks", "orders", f"name each of {sorted(names)} once"
                )
        _check_distinct(self.order_names(), "orders")
        if "{description}" not in self.prompt:
            raise InputError("has no {description}", "prompt", "put {description} where the description goes")
        if self.match_parameters is not None and self.stored_bytes is not None:
            raise InputError("two budgets", "match_parameters and stored_bytes", "give one of them")
        for approach in self.approaches:
            self.training_of(approach)
        self._check_claims()
        return self

    def _check_claims(self) -> None:
        pinned = [f"{approach.name}{PINNED}" for approach in self.approaches if approach.versioned]
        subsets = list(dict.fromkeys(subset.name for task in self.tasks for subset in task.subsets))
        approaches = [*(approach.name for approach in self.approaches), *pinned]
        check_claims(self.claims, approaches, [task.name for task in self.tasks], subsets, self.headline)

    def approach_of(self, cell: Cell) -> ApproachConfig:
        """The approach that a cell is a run of."""
        return next(one for one in self.approaches if one.name == cell.approach)

    def training_of(self, approach: ApproachConfig) -> TrainingConfig:
        """The training settings of an approach: the study's, with its own on top."""
        data = {**self.training.model_dump(), **approach.training}
        return TrainingConfig.read(data, f"approach {approach.name}: training")

    def order_names(self) -> tuple[str, ...]:
        """The task orders, each as one word."""
        orders = self.orders or (tuple(task.name for task in self.tasks),)
        return tuple(order_name(order) for order in orders)

    def cells(self) -> list[Cell]:
        """Every (approach, order, seed), seeds outermost, so that one whole comparison is finished early."""
        return [
            Cell(approach.name, order, seed)
            for seed in self.seeds
            for order in self.order_names()
            for approach in self.approaches
        ]


def _check_distinct(names: Sequence[Any], where: str) -> None:
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise InputError(f"{double!r} stands there twice", where, "each may be named once")


def embedded_recipes() -> dict[str, Path]:
    """The recipes that the package carries, by name."""
    return {path.stem: path for path in sorted(RECIPES.glob("*.yaml"))}


def read_recipe(recipe: str | None, assignments: Sequence[str] = (), seeds: Sequence[int] | None = None) -> StudyConfig:
    """Read a recipe: a YAML file, or the name of one that the package carries (``default`` if None).

    Args:
        recipe: path or name.
        assignments: ``key.path=value`` overrides.
        seeds: seeds in place of the recipe's.

    Raises:
        InputError: it is missing, is no YAML, has an unknown key or a wrong value.
    """
    known = embedded_recipes()
    name = recipe or "default"
    try:
        path = known[name] if name in known and not Path(name).is_file() else Path(name)
        there = path.exists()
    except OSError as error:  # the name is too long, or stands in a folder that may not be looked into
        raise InputError(f"cannot be read ({error.strerror})", name) from None
    if not there:
        raise InputError("no such recipe", name, f"give a YAML file, or one of {', '.join(known)}")
    data = read_yaml(path)
    if not isinstance(data, dict):
        raise InputError("is no recipe", str(path), "a recipe is a mapping with name, tasks and approaches")
    data = override({"name": path.stem, **data}, assignments)
    if seeds is not None:
        data["seeds"] = list(seeds)
    return StudyConfig.read(data, str(path))


def recipe_text(config: StudyConfig) -> str:
    """The recipe as YAML, every setting spelt out."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=110)
