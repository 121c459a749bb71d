import math

import pytest
import torch

from graftwork.analysis.representations import linear_cka, similarities, states_behind_blocks
from graftwork.analysis.versions import acting
from tests.analysis.conftest import Ran

RANDOM = torch.Generator().manual_seed(0)
X = torch.randn(20, 5, generator=RANDOM)
Y = torch.randn(20, 3, generator=RANDOM) + 4


def test_anything_is_alike_to_itself() -> None:
    assert linear_cka(X, X) == pytest.approx(1)


def test_neither_rotation_nor_scale_nor_shift_matters() -> None:
    rotation = torch.linalg.qr(torch.randn(5, 5, generator=RANDOM))[0]
    assert linear_cka(X @ rotation * 7 + 3, Y) == pytest.approx(linear_cka(X, Y), rel=1e-5)


def test_another_linear_map_does_matter() -> None:
    assert linear_cka(X @ torch.diag(torch.tensor([9.0, 1, 1, 1, 1])), Y) != pytest.approx(linear_cka(X, Y), rel=1e-2)


def test_the_value_is_the_one_computed_by_hand() -> None:
    # Centred, x is (-1, 0, 1) and y has the columns (-1, 0, 1) and (1, -2, 1), orthogonal with squared norms 2 and 6:
    # ‖yᵀx‖² = 2² + 0², ‖xᵀx‖ = 2, ‖yᵀy‖ = √(2² + 6²).
    x = torch.tensor([[0.0], [1], [2]])
    y = torch.tensor([[5.0, 1], [6, -2], [7, 1]])
    assert linear_cka(x, y) == pytest.approx(4 / (2 * math.sqrt(40)))


def test_representations_of_different_things_are_refused() -> None:
    with pytest.raises(ValueError, match="20 and 3"):
        linear_cka(X, X[:3])


def test_a_constant_representation_is_refused() -> None:
    with pytest.raises(ValueError, match="same for all"):
        linear_cka(torch.ones(4, 2), X[:4])


def test_positions_are_the_real_ones(ran: Ran) -> None:
    states = states_behind_blocks(ran.bench, "python")
    rows = ran.bench.encode(ran.bench.few["python"].examples("test"))
    assert len(states["encoder", 0]) == sum(len(row.source) for row in rows)
    assert len(states["decoder", 0]) == sum(len(row.target) for row in rows)


def test_states_are_those_behind_a_new_layer(ran: Ran) -> None:
    version = ran.versions["extra-layer"][0]
    before = states_behind_blocks(ran.bench, version.task)
    with acting(version, ran.bench.base):
        after = states_behind_blocks(ran.bench, version.task)
    assert torch.equal(before["encoder", 0], after["encoder", 0])
    assert not torch.equal(before["encoder", 1], after["encoder", 1])


def test_blocks_before_a_new_layer_are_alike_to_the_base(ran: Ran) -> None:
    rows = similarities(ran.bench, ran.versions["extra-layer"], {})
    found = {(row.task, row.stack, row.block): row.cka for row in rows}
    assert found["python", "encoder", 0] == pytest.approx(1)
    assert found["python", "encoder", 1] < 1
