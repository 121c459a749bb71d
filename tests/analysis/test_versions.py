import torch

from graftwork.analysis.versions import SAVED, acting, at_start, saved_parameters, versions_of
from graftwork.models.fingerprint import model_fingerprint
from tests.analysis.conftest import Ran


def test_a_version_that_acts_has_the_fingerprint_it_was_saved_with(ran: Ran) -> None:
    for versions in ran.versions.values():
        for version in versions:
            with acting(version, ran.bench.base) as grafts:
                model = ran.bench.base.model
                found = model_fingerprint(model) if grafts is None else grafts.fingerprint(SAVED)
                assert found == version.fingerprint


def test_the_base_is_as_it_was_when_nothing_acts_any_more(ran: Ran) -> None:
    for versions in ran.versions.values():
        with acting(versions[0], ran.bench.base):
            pass
    assert model_fingerprint(ran.bench.base.model) == ran.bench.base.fingerprint


def test_the_first_task_of_full_fine_tuning_starts_at_the_base(ran: Ran) -> None:
    first = ran.versions["sequential"][0]
    with at_start(first, ran.bench.base):
        assert model_fingerprint(ran.bench.base.model) == ran.bench.base.fingerprint


def test_the_second_task_starts_where_the_first_was_saved(ran: Ran) -> None:
    first, second = ran.versions["hybrid-shared"]
    with acting(first, ran.bench.base) as grafts:
        saved = {name: one.detach().clone() for name, one in saved_parameters(grafts, ran.bench.base).items()}
    with at_start(second, ran.bench.base) as start:
        shared = {name: one for name, one in start.parameters.items() if name.startswith("layer.")}
        assert shared
        assert all(torch.equal(one, saved[name]) for name, one in shared.items())


def test_a_seed_that_was_not_asked_for_is_left_out(ran: Ran) -> None:
    assert {cell.seed for cell in versions_of(ran.bench.config, ran.folder, [2])} == {2}
