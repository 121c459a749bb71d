import math

import pytest
import torch

from graftwork.analysis.updates import change_of, update_sizes
from graftwork.analysis.versions import SAVED, acting
from graftwork.components.lora import LowRankBranch
from tests.analysis.conftest import Ran


def test_training_moved_what_it_trained(ran: Ran) -> None:
    for versions in ran.versions.values():
        for version in versions:
            change = change_of(version, ran.bench.base)
            assert any(not torch.equal(change.start[name], change.trained[name]) for name in change.start)


def test_all_parameters_are_counted_once(ran: Ran) -> None:
    rows = [row for row in update_sizes(ran.bench.base, ran.versions["sequential"]) if row.task == "python"]
    assert sum(row.parameters for row in rows) == ran.bench.base.model.num_parameters()


def test_parts_add_up_to_the_whole_update(ran: Ran) -> None:
    version = ran.versions["hybrid"][0]
    change = change_of(version, ran.bench.base)
    whole = sum(float((change.trained[name] - one).double().square().sum()) for name, one in change.start.items())
    rows = update_sizes(ran.bench.base, [version])
    assert math.fsum(row.update**2 for row in rows) == pytest.approx(whole)


def test_a_lora_adds_the_product_of_its_factors(ran: Ran) -> None:
    version = ran.versions["hybrid"][0]
    rows = update_sizes(ran.bench.base, [version])
    with acting(version, ran.bench.base) as grafts:
        assert grafts is not None
        branches = [one for one in grafts.components_of(SAVED)["lora"].branches if isinstance(one, LowRankBranch)]
        products = [one.scale * (one.up @ one.down).detach() for one in branches]
    whole = sum(float(one.double().square().sum()) for one in products)
    assert sum((row.added or 0) ** 2 for row in rows) == pytest.approx(whole)
