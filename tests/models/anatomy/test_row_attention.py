import pytest
import torch

from graftwork.models.anatomy.row_attention import Spans, attend_own_columns

SLOTS, HEADS, COLUMNS, SIZE = 5, 4, 19, 8
BEGINS, ENDS = torch.tensor([3, 2, 7, 2, 16]), torch.tensor([9, 17, 8, 3, 17])


@pytest.fixture
def memory() -> torch.Tensor:
    return torch.randn(2, SLOTS, HEADS, COLUMNS, SIZE)


def of_row(queries: torch.Tensor, memory: torch.Tensor, slot: int, bias: torch.Tensor) -> torch.Tensor:
    """Attention of one slot by its definition, (heads, size); bias is (heads, columns)."""
    keys, values = memory[:, slot, :, BEGINS[slot] : ENDS[slot]]
    scores = torch.einsum("hs,hcs->hc", queries.view(HEADS, SIZE), keys) + bias[:, BEGINS[slot] - 2 : ENDS[slot] - 2]
    return torch.einsum("hc,hcs->hs", scores.softmax(dim=-1), values)


@pytest.mark.parametrize("biases", [1, 2, HEADS])
def test_each_row_attends_to_its_own_columns_alone(memory: torch.Tensor, biases: int) -> None:
    queries, bias = torch.randn(SLOTS, HEADS * SIZE), torch.randn(biases, 15)
    seen = attend_own_columns(queries, memory, Spans.of(BEGINS, ENDS, bias))
    wanted = [of_row(queries[slot], memory, slot, bias.repeat(HEADS // biases, 1)).flatten() for slot in range(SLOTS)]
    torch.testing.assert_close(seen, torch.stack(wanted))


def test_some_slots_are_the_rows(memory: torch.Tensor) -> None:
    queries, some = torch.randn(SLOTS, HEADS * SIZE), torch.tensor([1, 4])
    spans = Spans.of(BEGINS, ENDS)
    assert torch.equal(
        attend_own_columns(queries[some], memory, spans.only(some)), attend_own_columns(queries, memory, spans)[some]
    )


def test_columns_of_other_rows_may_hold_anything(memory: torch.Tensor) -> None:
    queries, spans = torch.randn(SLOTS, HEADS * SIZE), Spans.of(BEGINS, ENDS)
    before = attend_own_columns(queries, memory, spans)
    for slot in range(SLOTS):
        memory[:, slot, :, : BEGINS[slot]] = torch.nan
        memory[:, slot, :, ENDS[slot] :] = torch.nan
    assert torch.equal(attend_own_columns(queries, memory, spans), before)
