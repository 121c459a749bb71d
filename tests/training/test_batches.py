import random
from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedModel

from graftwork.models.tiny import tiny_gpt2, tiny_llama, tiny_t5
from graftwork.training.batches import (
    Encoded,
    bucketed_batches,
    collate,
    collate_for,
    inputs_of,
    sorted_batches,
    target_losses,
)
from graftwork.training.loop import TrainingConfig, batches_of

lengths = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 40)), max_size=80)


def encoded(sizes: list[tuple[int, int]]) -> list[Encoded]:
    return [Encoded((5,) * source, (6,) * target) for source, target in sizes]


def some(count: int = 300, seed: int = 0) -> list[Encoded]:
    generator = random.Random(seed)
    return encoded([(generator.randint(1, 100), generator.randint(1, 100)) for _ in range(count)])


def padded(examples: list[Encoded], batch: list[int]) -> int:
    width, height = (
        max(len(part) for part in parts) for parts in zip(*((examples[i].source, examples[i].target) for i in batch))
    )
    return (width + height) * len(batch)


ROWS = [Encoded((7, 8, 2), (9, 2)), Encoded((5, 2), (4, 3, 6, 2)), Encoded((9, 9, 9, 9), (2,))]


def test_rows_are_padded_to_the_longest_among_the_chosen() -> None:
    assert collate(ROWS, [0, 1], pad=0, encoder_decoder=True).input_ids.tolist() == [[7, 8, 2], [5, 2, 0]]


def test_the_mask_is_one_exactly_at_tokens() -> None:
    assert collate(ROWS, [1, 0], pad=0, encoder_decoder=True).attention_mask.tolist() == [[1, 1, 0], [1, 1, 1]]


def test_the_mask_goes_by_length_not_by_token() -> None:
    assert collate([Encoded((0, 5, 0), (1,))], [0], pad=0, encoder_decoder=True).attention_mask.tolist() == [[1, 1, 1]]


def test_labels_are_ignored_at_padding() -> None:
    assert collate(ROWS, [0, 1], pad=0, encoder_decoder=True).labels.tolist() == [[9, 2, -100, -100], [4, 3, 6, 2]]


def test_a_batch_counts_its_real_tokens_and_knows_its_rows() -> None:
    batch = collate(ROWS, [2, 0], pad=0, encoder_decoder=True)
    assert (batch.num_tokens, batch.indices) == (4 + 1 + 3 + 2, (2, 0))


def test_token_numbers_are_whole_numbers() -> None:
    batch = collate(ROWS, [0], pad=0, encoder_decoder=True)
    assert {batch.input_ids.dtype, batch.attention_mask.dtype, batch.labels.dtype} == {torch.int64}


def test_a_decoder_only_batch_has_source_and_target_in_one_row() -> None:
    batch = collate(ROWS, [0, 1], pad=0, encoder_decoder=False)
    assert batch.input_ids.tolist() == [[7, 8, 2, 9, 2, 0], [5, 2, 4, 3, 6, 2]]
    assert batch.attention_mask.tolist() == [[1, 1, 1, 1, 1, 0], [1, 1, 1, 1, 1, 1]]


def test_a_decoder_only_batch_has_labels_at_targets_alone() -> None:
    batch = collate(ROWS, [0, 2], pad=0, encoder_decoder=False)
    assert batch.labels.tolist() == [[-100, -100, -100, 9, 2], [-100, -100, -100, -100, 2]]


def test_a_decoder_only_batch_counts_the_same_tokens() -> None:
    batch = collate(ROWS, [2, 0], pad=0, encoder_decoder=False)
    assert (batch.num_tokens, batch.indices) == (4 + 1 + 3 + 2, (2, 0))


@pytest.mark.parametrize("pad", [None, 0, 7])
def test_a_batch_for_a_model_is_of_its_kind_and_padded_with_its_token_or_any(pad: int | None) -> None:
    batch = collate_for(tiny_llama(pad_token_id=pad), ROWS, [0, 1])
    assert batch.input_ids.tolist() == [[7, 8, 2, 9, 2, pad or 0], [5, 2, 4, 3, 6, 2]]
    assert collate_for(tiny_t5(), ROWS, [0, 1]).labels.tolist() == [[9, 2, -100, -100], [4, 3, 6, 2]]


@pytest.mark.parametrize("make", [tiny_t5, tiny_llama, tiny_gpt2])
def test_the_loss_of_target_tokens_has_the_mean_that_transformers_gives(make: Callable[[], PreTrainedModel]) -> None:
    model = make()
    batch = collate_for(model, ROWS, [0, 1, 2])
    expected = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask, labels=batch.labels)
    logits = model(**inputs_of(model, batch)).logits
    assert torch.equal(logits, expected.logits)
    losses = target_losses(logits, batch.labels, model.config.is_encoder_decoder)
    assert (losses > 0).sum(dim=1).tolist() == [2, 4, 1]
    torch.testing.assert_close(losses.sum() / 7, expected.loss)


@given(lengths, st.integers(1, 9), st.one_of(st.none(), st.integers(1, 300)), st.integers())
def test_an_epoch_covers_each_example_once(
    sizes: list[tuple[int, int]], rows: int, limit: int | None, seed: int
) -> None:
    batches = bucketed_batches(encoded(sizes), rows, random.Random(seed), limit)
    assert sorted(index for batch in batches for index in batch) == list(range(len(sizes)))


@given(lengths, st.integers(1, 9), st.one_of(st.none(), st.integers(1, 300)))
def test_evaluation_covers_each_example_once(sizes: list[tuple[int, int]], rows: int, limit: int | None) -> None:
    batches = sorted_batches(encoded(sizes), rows, limit)
    assert sorted(index for batch in batches for index in batch) == list(range(len(sizes)))


@given(lengths, st.integers(1, 9), st.integers(1, 300))
def test_a_batch_stays_within_its_rows_and_tokens(sizes: list[tuple[int, int]], rows: int, limit: int) -> None:
    examples = encoded(sizes)
    for batch in bucketed_batches(examples, rows, random.Random(0), limit) + sorted_batches(examples, rows, limit):
        assert 1 <= len(batch) <= rows
        assert len(batch) == 1 or padded(examples, batch) <= limit


def test_an_equal_generator_gives_equal_batches() -> None:
    first, second = (bucketed_batches(some(), 8, random.Random(4)) for _ in range(2))
    assert first == second


def test_another_epoch_has_other_batches() -> None:
    generator = random.Random(4)
    first, second = (bucketed_batches(some(), 8, generator) for _ in range(2))
    assert {frozenset(batch) for batch in first} != {frozenset(batch) for batch in second}


def test_little_of_bucketed_batches_is_padding() -> None:
    examples = some(2000)
    real = sum(len(example.source) + len(example.target) for example in examples)
    in_order = sum(padded(examples, list(range(start, start + 16))) for start in range(0, 2000, 16))
    bucketed = sum(padded(examples, batch) for batch in bucketed_batches(examples, 16, random.Random(0)))
    assert bucketed < 1.35 * real < 1.7 * real < in_order


def test_little_of_bucketed_batches_is_padding_where_source_and_target_are_one_row() -> None:
    examples = some(2000)
    totals = [len(example.source) + len(example.target) for example in examples]

    def padded_rows(batches: list[list[int]]) -> int:
        return sum(max(totals[index] for index in batch) * len(batch) for batch in batches)

    one, two = (
        bucketed_batches(examples, 16, random.Random(0), encoder_decoder=encoder_decoder)
        for encoder_decoder in (False, True)
    )
    assert padded_rows(one) < 1.05 * sum(totals) < 1.15 * sum(totals) < padded_rows(two)


@given(lengths, st.integers(1, 9), st.integers(1, 300))
def test_a_decoder_only_batch_stays_within_its_rows_and_tokens(
    sizes: list[tuple[int, int]], rows: int, limit: int
) -> None:
    examples = encoded(sizes)
    batches = sorted_batches(examples, rows, limit, encoder_decoder=False)
    assert sorted(index for batch in batches for index in batch) == list(range(len(sizes)))
    for batch in batches:
        longest = max(sum(sizes[index]) for index in batch)
        assert len(batch) <= rows
        assert len(batch) == 1 or longest * len(batch) <= limit


def test_evaluation_of_a_decoder_only_model_begins_with_the_longest() -> None:
    examples = some()
    order = [index for batch in sorted_batches(examples, 8, encoder_decoder=False) for index in batch]
    totals = [len(examples[index].source) + len(examples[index].target) for index in order]
    assert totals == sorted(totals, reverse=True)


def test_batches_do_not_come_in_the_order_of_their_lengths() -> None:
    examples = some()
    targets = [len(examples[batch[0]].target) for batch in bucketed_batches(examples, 8, random.Random(0))]
    assert targets != sorted(targets) and targets != sorted(targets, reverse=True)


def test_evaluation_begins_with_the_longest() -> None:
    examples = some()
    steps = [len(examples[index].target) // 16 for batch in sorted_batches(examples, 8) for index in batch]
    assert steps == sorted(steps, reverse=True)


def test_no_examples_make_no_batches() -> None:
    assert bucketed_batches([], 4, random.Random(0)) == sorted_batches([], 4) == []


def test_a_step_can_be_limited_in_tokens_in_place_of_examples() -> None:
    examples = [Encoded((5,) * (1 + n % 7), (6,) * (2 + n % 50)) for n in range(200)]
    config = TrainingConfig(epochs=1, batch_rows=64, batch_tokens=300)
    plan = batches_of(examples, config, 0, encoder_decoder=True)
    padded = [
        len(batch) * (max(len(examples[n].source) for n in batch) + max(len(examples[n].target) for n in batch))
        for batch in plan
    ]
    assert sorted(n for batch in plan for n in batch) == list(range(200))
    assert max(padded) <= 300
    assert sum(padded) / len(padded) > 220
