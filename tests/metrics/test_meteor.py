import pytest
from nltk.translate.meteor_score import meteor_score

from graftwork.metrics.meteor import meteor, meteor_signature
from graftwork.metrics.tokens import code_tokens


class EmptyWordNet:
    def synsets(self, word: str) -> list[object]:
        return []


def test_equal_to_nltk_without_synonyms(predictions: list[str], references: list[str]) -> None:
    for prediction, reference in zip(predictions, references, strict=True):
        expected = meteor_score([code_tokens(reference)], code_tokens(prediction), wordnet=EmptyWordNet())
        assert meteor(prediction, reference) == expected


def test_by_hand() -> None:
    # Tokens a ( b ) against a ( c ): 3 of 4 match, in 2 chunks.
    assert meteor("a(b)", "a(c)") == pytest.approx(0.75 * (1 - 0.5 * (2 / 3) ** 3))


def test_stems_match() -> None:
    assert meteor("sorting", "sorted") == meteor("sorted", "sorted")


def test_case_makes_no_difference() -> None:
    assert meteor("Parse", "parse") == meteor("parse", "parse")


def test_empty_texts_score_0() -> None:
    assert meteor("", "a") == meteor("a", "") == meteor("", "") == 0


def test_the_variant_is_named() -> None:
    assert "match:exact+porter" in meteor_signature()
