"""The records of a study and the folder they stand in: the narrow waist between running and reading."""

from graftwork.results.curves import thin_curve
from graftwork.results.environment import collect_environment
from graftwork.results.folder import RunFolder, TaskFolder
from graftwork.results.matrix import ScoreMatrix, score_matrices
from graftwork.results.names import Cell, order_name
from graftwork.results.predictions import Prediction
from graftwork.results.records import Results
from graftwork.results.summarize import compare_approaches, summarize_scores

__all__ = [
    "Cell",
    "Prediction",
    "Results",
    "RunFolder",
    "ScoreMatrix",
    "TaskFolder",
    "collect_environment",
    "compare_approaches",
    "order_name",
    "score_matrices",
    "summarize_scores",
    "thin_curve",
]
