"""Fixtures that all tests may use: tiny real models."""

import pytest

from graftwork.models.load import Base
from graftwork.models.tiny import tiny_base


@pytest.fixture
def base() -> Base:
    return tiny_base()
