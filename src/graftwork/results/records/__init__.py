"""The records of a study: the types of ``results.json``, and nothing that computes.

Everything that reads a study (statistics, report, other people's scripts) reads these records and nothing else.
An undefined number is ``null`` or its row is absent; it is never NaN. Lists are in the order of the study.
A change that an older reader would misread raises ``SCHEMA_VERSION``.
"""

from graftwork.results.records.compared import Claim, Comparison, Summary
from graftwork.results.records.measured import CellState, Isolation, Parameters, Repeat, Score
from graftwork.results.records.record import Record
from graftwork.results.records.setting import Approach, Base, Environment, Study, TaskData
from graftwork.results.records.spent import Cost, CurvePoint, SubsetLoss, Timing
from graftwork.results.records.whole import SCHEMA_VERSION, Results, json_schema

__all__ = [
    "SCHEMA_VERSION",
    "Approach",
    "Base",
    "CellState",
    "Claim",
    "Comparison",
    "Cost",
    "CurvePoint",
    "Environment",
    "Isolation",
    "Parameters",
    "Record",
    "Repeat",
    "Results",
    "Score",
    "Study",
    "SubsetLoss",
    "Summary",
    "TaskData",
    "Timing",
    "json_schema",
]
