"""All of ``results.json``, and its schema."""

from typing import Any, Literal, final

from pydantic import Field

from graftwork.results.records.compared import Claim, Comparison, Summary
from graftwork.results.records.measured import CellState, Isolation, Parameters, Repeat, Score
from graftwork.results.records.record import Record
from graftwork.results.records.setting import Base, Environment, Study, TaskData
from graftwork.results.records.spent import Cost, CurvePoint, Timing

__all__ = ["SCHEMA_VERSION", "Results", "json_schema"]

SCHEMA_VERSION: Literal[1] = 1


@final
class Results(Record):
    """All of ``results.json``."""

    schema_version: Literal[1] = SCHEMA_VERSION
    """Version of this layout."""
    study: Study
    """The plan: approaches, orders, seeds."""
    environment: Environment
    """Where it ran."""
    base: Base
    """The frozen model."""
    tasks: tuple[TaskData, ...]
    """The data: one row a task and subset."""
    recipe: str
    """The recipe's text (YAML); running it again repeats the study."""
    signatures: dict[str, str] = Field(default={})
    """Metric -> exact variant: versions, tokenisation, grammars."""
    cells: tuple[CellState, ...] = ()
    """How far each cell came."""
    parameters: tuple[Parameters, ...] = ()
    """Exact sizes by approach and component."""
    scores: tuple[Score, ...] = ()
    """All entries of all score matrices."""
    summary: tuple[Summary, ...] = ()
    """Statistics of the score matrices."""
    comparisons: tuple[Comparison, ...] = ()
    """Paired differences between approaches."""
    claims: tuple[Claim, ...] = ()
    """Answers to the claims of the recipe."""
    repeats: tuple[Repeat, ...] = ()
    """What evaluating one model again brings, which differences have to exceed."""
    isolation: tuple[Isolation, ...] = ()
    """Proof, for each task, of what stayed the same function."""
    costs: tuple[Cost, ...] = ()
    """What each phase of each task cost."""
    curves: tuple[CurvePoint, ...] = ()
    """Learning curves, thinned; every step is in the run folder's ``steps.jsonl`` files."""
    timings: tuple[Timing, ...] = ()
    """Where the time of the whole study went."""


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of ``results.json``."""
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, **Results.model_json_schema(mode="serialization")}
