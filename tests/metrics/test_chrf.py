from typing import Any

import pytest

from graftwork.metrics.chrf import corpus_chrf, sentence_chrf


def test_equal_to_the_command_line_of_sacrebleu(
    predictions: list[str], references: list[str], sacrebleu_prints: dict[str, dict[str, Any]]
) -> None:
    score, signature = corpus_chrf(predictions, references)
    assert 10 < score < 90
    assert round(score, 12) == sacrebleu_prints["chrF2"]["score"]
    assert signature == f"chrF2|{sacrebleu_prints['chrF2']['signature']}"


def test_a_perfect_prediction_scores_100() -> None:
    assert sentence_chrf("return a + b", "return a + b") == pytest.approx(100)


def test_nothing_in_common_scores_0() -> None:
    assert sentence_chrf("xyz", "abc") == sentence_chrf("", "abc") == 0


def test_one_item_scores_as_a_set_of_one(predictions: list[str], references: list[str]) -> None:
    for prediction, reference in zip(predictions, references, strict=True):
        assert sentence_chrf(prediction, reference) == corpus_chrf([prediction], [reference])[0]
