"""What most tests of components begin with."""

import pytest

from graftwork.models.load import Base

from .support import Batch, batch_for


@pytest.fixture
def batch(base: Base) -> Batch:
    """A batch for the tiny base."""
    return batch_for(base.model)
