from graftwork.analysis.interpolation import ALPHAS, interpolate
from graftwork.analysis.versions import acting
from graftwork.models.fingerprint import model_fingerprint
from tests.analysis.conftest import Ran


def test_nothing_lies_between_adapters_that_share_nothing(ran: Ran) -> None:
    assert interpolate(ran.bench, ran.versions["hybrid"]) == []


def test_the_ends_are_the_versions_themselves(ran: Ran) -> None:
    for approach in ("hybrid-shared", "sequential"):
        first, second = ran.versions[approach]
        points = interpolate(ran.bench, [first, second])
        found = {(point.alpha, point.task, point.subset): point.loss for point in points}
        for alpha, version in ((0.0, first), (1.0, second)):
            with acting(version, ran.bench.base):
                for subset, loss in ran.bench.losses(version.task).items():
                    assert found[alpha, version.task, subset] == loss


def test_there_is_a_point_for_every_alpha_task_and_subset(ran: Ran) -> None:
    points = interpolate(ran.bench, ran.versions["hybrid-shared"])
    assert len({(point.alpha, point.task, point.subset) for point in points}) == len(ALPHAS) * 2 * 2


def test_the_base_is_as_it_was_afterwards(ran: Ran) -> None:
    interpolate(ran.bench, ran.versions["sequential"])
    assert model_fingerprint(ran.bench.base.model) == ran.bench.base.fingerprint
