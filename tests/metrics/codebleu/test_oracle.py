"""Held against the package codebleu 0.7.0, which is installed for this alone."""

import logging
from collections.abc import Sequence
from functools import cache
from typing import Any

import codebleu.dataflow_match
import codebleu.parser.DFG
import numpy as np
import pytest
from scipy.stats import spearmanr

from graftwork.languages import get_language
from graftwork.metrics.codebleu import codebleu as our_codebleu
from graftwork.metrics.codebleu import compare, parts
from tests.metrics.codebleu.pairs import Pair, make_pairs

NUM_PAIRS = 200
LANGUAGES = ("python", "javascript", "java", "go")
THEIR_PARTS = {
    "ngram": "ngram_match_score",
    "weighted-ngram": "weighted_ngram_match_score",
    "syntax": "syntax_match_score",
    "dataflow": "dataflow_match_score",
}


class OrderedSet(dict[Any, None]):
    """Stands in for their sets, whose order, and with it their score, hangs on Python's hash seed (their issue 35)."""

    def __init__(self, values: Any = ()) -> None:
        super().__init__(dict.fromkeys(values))

    def add(self, value: Any) -> None:
        self[value] = None


def theirs(pairs: Sequence[Pair], language: str) -> dict[str, float]:
    predictions, references = zip(*pairs, strict=True)
    with pytest.MonkeyPatch.context() as patch:
        for module in (codebleu.dataflow_match, codebleu.parser.DFG):
            patch.setattr(module, "set", OrderedSet, raising=False)
        patch.setattr(logging, "warning", lambda *_: None)
        scores: dict[str, float] = codebleu.calc_codebleu(list(references), list(predictions), language)
    return scores


@cache
def compared(language: str) -> list[tuple[Pair, dict[str, float]]]:
    """Pairs and what the package gives them."""
    return [(pair, theirs([pair], language)) for pair in make_pairs(language, NUM_PAIRS)]


def both(language: str) -> tuple[list[float], list[float]]:
    syntax = get_language(language)
    ours = [our_codebleu([compare(*pair, syntax)]) for pair, _ in compared(language)]
    return ours, [scores["codebleu"] for _, scores in compared(language)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pairs_spread_over_the_whole_range(language: str) -> None:
    ours, _ = both(language)
    assert np.quantile(ours, 0.1) < 0.3 < 0.5 < np.median(ours) < 0.8 < max(ours) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_pairs_are_ranked_as_the_package_ranks_them(language: str) -> None:
    assert spearmanr(*both(language)).statistic >= 0.98


@pytest.mark.parametrize("language", LANGUAGES)
def test_scores_differ_from_the_packages_by_little(language: str) -> None:
    assert np.mean(np.abs(np.subtract(*both(language)))) <= 0.02


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", ["ngram", "weighted-ngram", "syntax"])
def test_the_parts_but_data_flow_are_the_packages(language: str, part: str) -> None:
    syntax = get_language(language)
    differences = [
        abs((parts([compare(*pair, syntax)])[part] or 0.0) - scores[THEIR_PARTS[part]])
        for pair, scores in compared(language)
    ]
    assert np.mean(differences) < 0.015


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_score_of_a_set_is_as_close(language: str) -> None:
    syntax = get_language(language)
    pairs = [pair for pair, _ in compared(language)]
    ours = our_codebleu([compare(*pair, syntax) for pair in pairs])
    assert ours == pytest.approx(theirs(pairs, language)["codebleu"], abs=0.02)


def test_the_package_scores_an_empty_prediction_and_we_do_not() -> None:
    reference = "def f(a):\n    b = a\n    return b"
    assert theirs([("", reference)], "python")["codebleu"] == 0.25
    assert our_codebleu([compare("", reference, get_language("python"))]) == 0


def test_the_package_counts_data_flow_that_is_not_there_as_matched_and_we_leave_it_out() -> None:
    pair = ("def f():\n    return [2, 3]", "def f():\n    pass")
    scores = theirs([pair], "python")
    present = [scores[name] for name in list(THEIR_PARTS.values())[:3]]
    assert scores["codebleu"] == pytest.approx((sum(present) + 1) / 4)
    assert our_codebleu([compare(*pair, get_language("python"))]) < scores["codebleu"]
