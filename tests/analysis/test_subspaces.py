import pytest
import torch

from graftwork.analysis.subspaces import left_directions, overlaps, subspace_similarity
from tests.analysis.conftest import Ran

RANDOM = torch.Generator().manual_seed(0)
AXES = torch.eye(6, dtype=torch.float64)


def test_a_space_overlaps_wholly_with_itself_in_another_basis() -> None:
    rotation = torch.linalg.qr(torch.randn(3, 3, generator=RANDOM, dtype=torch.float64))[0]
    assert subspace_similarity(AXES[:, :3], AXES[:, :3] @ rotation) == pytest.approx(1)


def test_orthogonal_spaces_do_not_overlap() -> None:
    assert subspace_similarity(AXES[:, :3], AXES[:, 3:]) == 0


def test_a_space_within_another_overlaps_wholly() -> None:
    assert subspace_similarity(AXES[:, :1], AXES[:, :4]) == 1


def test_the_overlap_is_the_mean_squared_cosine_of_the_angles() -> None:
    turned = torch.stack([0.6 * AXES[0] + 0.8 * AXES[2], AXES[3]], dim=1)  # cosines 0.6 and 0
    assert subspace_similarity(AXES[:, :2], turned) == pytest.approx(0.18)


def test_a_space_without_direction_is_refused() -> None:
    with pytest.raises(ValueError, match="without a direction"):
        subspace_similarity(AXES[:, :0], AXES)


def test_directions_are_the_left_singular_vectors_of_the_product() -> None:
    down, up = torch.randn(3, 8, generator=RANDOM), torch.randn(6, 3, generator=RANDOM)
    expected = torch.linalg.svd((up @ down).double())[0][:, :3]
    found = left_directions(down, up)
    assert torch.allclose((expected.T @ found).abs(), torch.eye(3, dtype=torch.float64), atol=1e-5)


def test_directions_that_vanish_are_left_out() -> None:
    down, up = torch.randn(3, 8, generator=RANDOM), torch.randn(6, 3, generator=RANDOM)
    up[:, 1] = 0
    assert left_directions(down, up).shape == (6, 2)


def test_tasks_and_seeds_are_compared_one_at_a_time(ran: Ran) -> None:
    rows = overlaps(ran.bench.base, ran.both_seeds["hybrid"])
    pairs = {(row.between, row.a, row.b) for row in rows}
    assert pairs == {
        ("tasks", "python, 1", "javascript, 1"),
        ("tasks", "python, 2", "javascript, 2"),
        ("seeds", "python, 1", "python, 2"),
        ("seeds", "javascript, 1", "javascript, 2"),
    }


def test_lora_is_compared_by_layer_and_a_new_layer_as_a_vector(ran: Ran) -> None:
    rows = overlaps(ran.bench.base, ran.both_seeds["hybrid"])
    kinds = {(row.component, row.kind, row.place is None) for row in rows}
    assert kinds == {("lora", "subspace", False), ("layer", "cosine", True)}


def test_values_are_in_their_range(ran: Ran) -> None:
    for row in overlaps(ran.bench.base, ran.both_seeds["hybrid"]):
        assert (0 if row.kind == "subspace" else -1) <= row.value <= 1
