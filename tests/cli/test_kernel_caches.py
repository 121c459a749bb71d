import os

import pytest

from graftwork.cli.kernel_caches import BOUNDS, bound_kernel_caches


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {})


def test_caches_are_bounded() -> None:
    bound_kernel_caches()
    assert {name: os.environ[name] for name in BOUNDS} == BOUNDS


@pytest.mark.parametrize("name", BOUNDS)
def test_a_bound_that_the_user_set_stays(name: str) -> None:
    os.environ[name] = "7"
    bound_kernel_caches()
    assert os.environ[name] == "7"
