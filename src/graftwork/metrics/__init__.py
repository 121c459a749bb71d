"""Metrics of generated code: one a file, pure functions of texts."""

from graftwork.metrics.metric import METRICS, Metric
from graftwork.metrics.score import Scores, score_predictions

__all__ = ["METRICS", "Metric", "Scores", "score_predictions"]
