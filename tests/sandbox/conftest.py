import pytest

from graftwork.sandbox import TIERS, Limits, Sandbox, probe

WORKING = [name for name in TIERS if not probe(name)]
"""The tiers that hold on this machine; tests run in each of them."""


@pytest.fixture(params=WORKING)
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return Sandbox(TIERS[request.param], Limits(), workers=2)
