import logging
from typing import Any

import pytest

from graftwork.metrics.bleu import corpus_bleu, one_line


def test_equal_to_the_command_line_of_sacrebleu(
    predictions: list[str], references: list[str], sacrebleu_prints: dict[str, dict[str, Any]]
) -> None:
    score, signature = corpus_bleu(predictions, references)
    assert 10 < score < 90
    assert round(score, 12) == sacrebleu_prints["BLEU"]["score"]
    assert signature == f"BLEU|{sacrebleu_prints['BLEU']['signature']}"


def test_a_perfect_set_scores_100(references: list[str]) -> None:
    assert corpus_bleu(references, references)[0] == pytest.approx(100)


def test_empty_predictions_score_0(references: list[str]) -> None:
    assert corpus_bleu([""] * len(references), references)[0] == 0


def test_layout_makes_no_difference(predictions: list[str], references: list[str]) -> None:
    assert corpus_bleu([one_line(text) for text in predictions], references) == corpus_bleu(predictions, references)


def test_a_minus_at_the_end_of_a_line_is_kept() -> None:
    assert corpus_bleu(["x = a -\n b + c - d"], ["x = a - b + c - d"])[0] == pytest.approx(100)


def test_the_tokenizer_is_named() -> None:
    assert "tok:13a" in corpus_bleu(["a"], ["a"])[1]


def test_code_that_ends_in_a_full_stop_sets_off_no_hint(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        corpus_bleu(["x ."] * 200, ["x ."] * 200)
    assert not caplog.records
