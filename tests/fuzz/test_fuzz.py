"""Some hundred cases of every target; ``scripts/fuzz`` runs the same ones at scale."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz.target import Target, attempt
from tests.fuzz.targets import ALL

CASES = 300


@pytest.mark.parametrize("target", ALL.values(), ids=ALL)
def test_whatever_is_read_becomes_a_value_or_a_refusal(target: Target, tmp_path: Path) -> None:
    target.prepare()
    checks = [
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
        HealthCheck.large_base_example,
    ]

    @settings(
        max_examples=max(5, round(CASES * target.share)),
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=checks,
    )
    @given(target.cases)
    def run(case: object) -> None:
        attempt(target, case, tmp_path)

    run()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "inside").mkdir()
    yield tmp_path / "inside"
    assert [path.name for path in tmp_path.iterdir()] == ["inside"]


def test_a_write_outside_the_folder_is_noticed(folder: Path) -> None:
    target = Target("bad", ALL["names"].cases, lambda case, inside: (inside.parent / str(case)).write_text("x"))
    with pytest.raises(AssertionError, match="outside its folder"):
        attempt(target, "beside", folder)


def test_another_exception_than_a_refusal_is_noticed(folder: Path) -> None:
    with pytest.raises(KeyError):
        attempt(Target("bad", ALL["names"].cases, lambda case, inside: {}[case]), "x", folder)
