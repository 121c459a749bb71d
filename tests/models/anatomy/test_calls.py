"""What a new part is called with: its rows, and its own cache."""

from typing import Any

import pytest
import torch
from torch import nn
from transformers import DynamicCache

from graftwork.models.anatomy.calls import call_beside, input_of, rows_of, with_part, with_states

ROWS = torch.tensor([0, 2])
THREE = torch.arange(6.0).reshape(3, 2)


class Recorder(nn.Module):
    def forward(self, *arguments: Any, **keywords: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return arguments, keywords


@pytest.mark.parametrize(
    ("arguments", "keywords"),
    [((THREE,), {"mask": None}), ((), {"mask": None, "hidden_states": THREE}), ((), {"x": THREE, "mask": None})],
    ids=["first argument", "by its name", "first keyword"],
)
def test_the_input_is_found_however_it_is_given(arguments: tuple[Any, ...], keywords: dict[str, Any]) -> None:
    assert input_of(arguments, keywords) is THREE


def test_rows_are_taken_from_tensors_also_in_tuples() -> None:
    first, second = rows_of((THREE, THREE + 1), ROWS, batch=3)
    assert torch.equal(first, THREE[[0, 2]])
    assert torch.equal(second, THREE[[0, 2]] + 1)


@pytest.mark.parametrize("value", [None, True, torch.ones(1, 4), torch.arange(3), torch.tensor(3)], ids=repr)
def test_what_is_the_same_for_every_row_stays_as_it_is(value: object) -> None:
    assert rows_of(value, ROWS, batch=3) is value


def test_all_rows_are_given_as_they_are() -> None:
    assert rows_of(THREE, None, batch=3) is THREE


def test_a_part_gets_its_rows_and_a_cache_of_its_own() -> None:
    part, cache = Recorder(), DynamicCache()
    calls = [call_beside(part, (THREE, cache), {"mask": THREE, "flag": True}, ROWS, 3, 2) for _ in range(2)]
    (states, own), keywords = calls[0]
    assert torch.equal(states, THREE[ROWS])
    assert torch.equal(keywords["mask"], THREE[ROWS])
    assert keywords["flag"] is True
    assert own is not cache
    assert own is calls[1][0][1]
    assert call_beside(Recorder(), (cache,), {}, None, 3, 2)[0][0] is not own


def test_states_and_parts_of_some_rows_leave_the_others() -> None:
    new = torch.full((2, 2), 9.0)
    assert torch.equal(with_states(THREE, new, ROWS), torch.tensor([[9.0, 9], [2, 3], [9, 9]]))
    output = (THREE, "weights")
    assert with_part(output, new, ROWS)[1] == "weights"
    assert torch.equal(with_part(output, new, ROWS)[0], torch.tensor([[9.0, 10], [2, 3], [13, 14]]))
    assert torch.equal(with_part(output, THREE, None)[0], 2 * THREE)
    assert torch.equal(THREE, torch.arange(6.0).reshape(3, 2))
