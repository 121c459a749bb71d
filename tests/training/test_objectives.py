import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graftwork.training.batches import Encoded
from graftwork.training.objectives import CORRUPTED_SHARE, continue_prefix, corrupt_spans

END = 1
SENTINELS = range(3, 35)
tokens_of_text = st.lists(st.integers(100, 4000), min_size=8, max_size=230)


def spans(target: tuple[int, ...]) -> dict[int, list[int]]:
    """Sentinel -> the span that follows it."""
    found: dict[int, list[int]] = {}
    for token in target[:-1]:
        if token in SENTINELS:
            found[token] = []
        else:
            found[list(found)[-1]].append(token)
    return found


def corrupted(tokens: list[int], seed: int) -> Encoded:
    return corrupt_spans(tokens, SENTINELS, END, random.Random(seed))


@given(tokens_of_text, st.integers())
def test_source_and_target_together_are_the_original(tokens: list[int], seed: int) -> None:
    example = corrupted(tokens, seed)
    hidden = spans(example.target)
    rebuilt = [part for token in example.source[:-1] for part in hidden.get(token, [token])]
    assert rebuilt == tokens


@given(tokens_of_text, st.integers())
def test_sentinels_come_in_order_and_once_on_each_side(tokens: list[int], seed: int) -> None:
    example = corrupted(tokens, seed)
    sides = [[token for token in side if token in SENTINELS] for side in (example.source, example.target)]
    assert sides[0] == sides[1] == list(SENTINELS[: len(sides[0])])
    assert sides[0]


@given(tokens_of_text, st.integers())
def test_both_sides_end(tokens: list[int], seed: int) -> None:
    example = corrupted(tokens, seed)
    assert example.source[-1] == example.target[-1] == END
    assert END not in example.source[:-1] + example.target[:-1]


@given(tokens_of_text, st.integers())
def test_the_hidden_share_is_that_of_the_paper(tokens: list[int], seed: int) -> None:
    hidden = spans(corrupted(tokens, seed).target)
    assert sum(map(len, hidden.values())) == max(1, round(len(tokens) * CORRUPTED_SHARE))
    assert all(hidden.values())


def test_spans_are_three_long_on_average() -> None:
    hidden = [spans(corrupted(list(range(100, 300)), seed).target) for seed in range(30)]
    lengths = [len(span) for one in hidden for span in one.values()]
    assert 2.7 < sum(lengths) / len(lengths) < 3.3
    assert len(set(lengths)) > 3


@given(tokens_of_text, st.integers())
def test_two_spans_never_touch(tokens: list[int], seed: int) -> None:
    source = corrupted(tokens, seed).source
    assert not any(a in SENTINELS and b in SENTINELS for a, b in zip(source, source[1:], strict=False))


def test_a_long_text_uses_no_more_spans_than_there_are_sentinels() -> None:
    assert len(spans(corrupted(list(range(100, 1100)), 0).target)) == len(SENTINELS)


def test_a_text_may_begin_with_a_span_or_not() -> None:
    starts = {corrupted(list(range(100, 120)), seed).source[0] in SENTINELS for seed in range(60)}
    assert starts == {True, False}


@given(tokens_of_text, st.integers())
def test_prefix_and_continuation_together_are_the_original(tokens: list[int], seed: int) -> None:
    example = continue_prefix(tokens, [50, 51], END, random.Random(seed))
    assert [*example.source[:-1], *example.target[:-1]] == [50, 51, *tokens]
    assert example.source[-1] == example.target[-1] == END


@given(tokens_of_text, st.integers())
def test_the_cut_is_between_a_fifth_and_four_fifths(tokens: list[int], seed: int) -> None:
    cut = len(continue_prefix(tokens, [], END, random.Random(seed)).source) - 1
    assert len(tokens) / 5 - 0.5 <= cut <= len(tokens) * 4 / 5 + 0.5


@pytest.mark.parametrize("objective", [corrupt_spans, continue_prefix])
def test_an_equal_generator_gives_an_equal_example(objective) -> None:
    first, second = (objective(range(100, 160), SENTINELS, END, random.Random(7)) for _ in range(2))
    assert first == second
