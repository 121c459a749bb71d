"""Which rows of a batch a branch acts on."""

import pytest
import torch

from graftwork.components.attach import Grafts
from graftwork.components.by_row import BranchesByRow
from graftwork.components.extra_layer import ExtraLayerConfig
from graftwork.components.plan import Rows, plan_of_rows
from graftwork.errors import InputError
from graftwork.models.load import Base

from .support import lora

CPU = torch.device("cpu")


def test_rows_are_their_places_in_a_batch_of_the_same_length() -> None:
    assert Rows([3, 1], 4).of_batch(4, CPU).tolist() == [1, 3]


def test_each_row_may_come_several_times_in_succession() -> None:
    assert Rows([0, 2], 3).of_batch(6, CPU).tolist() == [0, 1, 4, 5]


@pytest.mark.parametrize("batch", [0, 2, 4])
def test_other_batches_are_refused(batch: int) -> None:
    with pytest.raises(InputError, match=f"the batch has {batch} rows and adapters are named for 3"):
        Rows([0], 3).of_batch(batch, CPU)


def test_a_shared_layer_acts_once_and_what_is_inside_on_rows_of_its_rows(base: Base) -> None:
    grafts = Grafts(base)
    parts = {"lora": lora(targets=("wo",), into_extra_layers=True), "layer": ExtraLayerConfig()}
    for name in ("a", "b"):
        grafts.add(name, parts, shared={"layer": "s"})
    adapters = [None if name is None else grafts._adapters[name] for name in ("b", None, "a", "b")]
    plan = plan_of_rows(adapters)
    layer = grafts.components_of("a")["layer"]
    ((branch, rows),) = plan[layer.sites[0].module]
    assert branch is layer.branches[0]
    assert rows is not None
    assert rows.places == [0, 2, 3]
    ((inside, _),) = plan[layer.linears()["0.layer.1.DenseReluDense.wo"]]
    assert isinstance(inside, BranchesByRow)
    assert [rows.places for _, rows in inside.group] == [[0, 2], [1]]
    assert {rows.num_named for _, rows in inside.group} == {3}


def test_a_component_of_every_row_acts_on_all(base: Base) -> None:
    grafts = Grafts(base)
    for name in ("a", "b"):
        grafts.add(name, {"lora": lora(targets=("q",)), "layer": ExtraLayerConfig()}, shared={"layer": "s"})
    plan = plan_of_rows([grafts._adapters["a"], grafts._adapters["b"]])
    layer = grafts.components_of("a")["layer"]
    assert plan[layer.sites[0].module] == ((layer.branches[0], None),)
