import gc
import logging
from typing import Any

import numpy as np
import pytest

from graftwork.metrics.bleu import bleu_pseudo_values, corpus_bleu, one_line


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


def many(size: int) -> tuple[list[str], list[str]]:
    """Predictions that get tokens right by chance, and their references."""
    random = np.random.default_rng(0)
    wanted = random.integers(0, 9, (size, 20))
    guessed = np.where(random.random((size, 20)) < random.random((size, 1)), wanted, random.integers(0, 9, (size, 20)))
    predictions, references = ([" ".join(map(str, row)) for row in rows] for rows in (guessed, wanted))
    return predictions, references


def test_pseudo_values_are_a_mean_that_stands_for_the_whole() -> None:
    predictions, references = many(200)
    assert np.mean(bleu_pseudo_values(predictions, references)) == pytest.approx(
        corpus_bleu(predictions, references)[0], abs=0.5
    )


def test_pseudo_values_vary_as_bleu_of_resampled_items_does() -> None:
    predictions, references = many(100)
    random = np.random.default_rng(1)
    resampled = [
        corpus_bleu([predictions[i] for i in chosen], [references[i] for i in chosen])[0]
        for chosen in random.integers(0, 100, (100, 100))
    ]
    error = np.std(bleu_pseudo_values(predictions, references), ddof=1) / 10
    assert error == pytest.approx(np.std(resampled), rel=0.2)


def test_an_item_alone_has_no_pseudo_value() -> None:
    assert bleu_pseudo_values(["return a"], ["return a"]) == []


def test_empty_predictions_have_pseudo_values_of_0() -> None:
    assert bleu_pseudo_values(["", ""], ["return a", "return b"]) == [0, 0]


def test_scoring_again_and_again_keeps_nothing() -> None:
    def kept() -> int:
        corpus_bleu(["a b c d"], ["a b c d"])
        bleu_pseudo_values(["a b c d", "e"], ["a b c d", "e"])
        return sum(type(one).__name__ == "Tokenizer13a" for one in gc.get_objects())

    assert kept() == kept()
