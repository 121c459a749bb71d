"""Adapters of every kind on tiny models."""

import pytest
import torch

from graftwork.components.attach import Grafts
from graftwork.models.load import Base
from graftwork.models.tiny import tiny_base

from .support import KINDS, Batch, Kind, disturb


@pytest.fixture(params=[pytest.param(False, id="plain"), pytest.param(True, id="gated")])
def each_base(request: pytest.FixtureRequest) -> Base:
    return tiny_base(gated=request.param)


@pytest.fixture(params=[pytest.param(kind, id=name) for name, kind in KINDS.items()])
def kind(request: pytest.FixtureRequest) -> Kind:
    return request.param


@pytest.fixture
def new(each_base: Base, kind: Kind) -> Grafts:
    """Two adapters of one kind, ``python`` and ``ruby``, as new."""
    grafts = Grafts(each_base)
    grafts.add("python", kind.components, shared=kind.shared, seed=1)
    grafts.add("ruby", kind.components, shared=kind.shared, seed=2)
    return grafts


@pytest.fixture
def grown(new: Grafts) -> Grafts:
    """The same, with parameters as if trained."""
    disturb(new)
    return new


@pytest.fixture
def batch() -> Batch:
    """Four rows of different lengths, padded to 6."""
    random = torch.Generator().manual_seed(3)
    inputs = torch.randint(5, 200, (4, 6), generator=random)
    mask = torch.tensor([[1] * length + [0] * (6 - length) for length in (6, 4, 5, 2)])
    return Batch(inputs * mask, mask, torch.randint(5, 200, (4, 5), generator=random))
