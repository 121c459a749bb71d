import pytest
import torch
import torch.nn.functional as F

from graftwork.models.anatomy.row_products import RowProducts, owned_rows

ADAPTERS, LAYERS, RANK, INPUTS, OUTPUTS, ROWS = 3, 2, 4, 11, 7, 9


@pytest.fixture
def down() -> torch.Tensor:
    return torch.randn(ADAPTERS, LAYERS * RANK, INPUTS)


@pytest.fixture
def up() -> torch.Tensor:
    return torch.randn(ADAPTERS, LAYERS, RANK, OUTPUTS)


def of_row(row: int, adapter: int, states: torch.Tensor, down: torch.Tensor, up: torch.Tensor) -> torch.Tensor:
    """What an adapter adds to a row by its definition, (layers · outputs,)."""
    inner = (down[adapter] @ states[row]).view(LAYERS, RANK)
    return torch.einsum("lr,lro->lo", inner, up[adapter]).flatten()


@pytest.mark.parametrize(
    "places", [[[0, 3, 6], [1, 4, 7], [2, 5, 8]], [[4], [0, 1, 2, 3], []], [[8, 0], [], [5, 2, 3]], [[], [], [7]]]
)
def test_each_row_is_multiplied_by_its_own_adapter(
    places: list[list[int]], down: torch.Tensor, up: torch.Tensor
) -> None:
    states, output = torch.randn(ROWS, INPUTS), torch.randn(ROWS, LAYERS * OUTPUTS)
    wanted = output.clone()
    for adapter, rows in enumerate(places):
        for row in rows:
            wanted[row] += of_row(row, adapter, states, down, up)
    RowProducts(down, up, owned_rows(places), None).add(states, output)
    torch.testing.assert_close(output, wanted)


def test_an_activation_acts_between_the_two(down: torch.Tensor, up: torch.Tensor) -> None:
    states, output = torch.randn(ROWS, INPUTS), torch.zeros(ROWS, LAYERS * OUTPUTS)
    RowProducts(down, up, owned_rows([[], list(range(ROWS)), []]), F.relu).add(states, output)
    inner = F.relu(states @ down[1].t()).view(ROWS, LAYERS, RANK)
    torch.testing.assert_close(output, torch.einsum("blr,lro->blo", inner, up[1]).flatten(1))


def test_a_row_comes_to_the_same_bits_alone_and_beside_others(down: torch.Tensor, up: torch.Tensor) -> None:
    states = torch.randn(ROWS, INPUTS)
    together, alone = torch.zeros(ROWS, LAYERS * OUTPUTS), torch.zeros(ROWS, LAYERS * OUTPUTS)
    RowProducts(down, up, owned_rows([list(range(ROWS)), [], []]), None).add(states, together)
    for row in range(ROWS):
        RowProducts(down, up, owned_rows([[row], [], []]), None).add(states, alone)
    assert torch.equal(together, alone)
