import math

import pytest

from graftwork.metrics.codebleu.ngrams import (
    SMOOTHING,
    brevity_penalty,
    geometric_mean,
    ngram_shares,
    weighted_shares,
)


def test_an_ngram_matches_as_often_as_the_reference_has_it() -> None:
    assert ngram_shares(["a", "a", "a", "b"], ["a", "b", "a"]) == ((3, 4), (1, 3), (0, 2), (0, 1))


def test_the_weighted_shares_are_of_the_reference() -> None:
    assert weighted_shares(["a"], ["a", "b", "a"], frozenset()) == ((1, 3), (0, 2), (0, 1), (0, 0))


def test_a_keyword_weighs_as_much_as_five_other_tokens() -> None:
    matched, total = weighted_shares(["if", "a"], ["if", "a", "b"], {"if"})[0]
    assert (matched, total) == (6, 7)


def test_keywords_weigh_in_single_tokens_alone() -> None:
    with_keywords, without = (weighted_shares(["if", "a", "b"], ["if", "a", "c"], words) for words in ({"if"}, set()))
    assert with_keywords[1:] == without[1:]


def test_an_order_without_a_match_counts_as_a_little() -> None:
    assert geometric_mean([(1, 2), (0, 4)]) == pytest.approx(math.sqrt(1 / 2 * SMOOTHING / 4))


def test_no_token_in_common_is_zero() -> None:
    assert geometric_mean([(0, 3), (0, 2)]) == geometric_mean([]) == 0


def test_what_is_shorter_than_the_reference_is_penalised_and_what_is_longer_is_not() -> None:
    assert brevity_penalty(2, 4) == pytest.approx(math.exp(-1))
    assert brevity_penalty(4, 4) == brevity_penalty(8, 4) == 1
    assert brevity_penalty(0, 4) == 0
