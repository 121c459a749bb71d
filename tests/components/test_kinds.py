"""The kinds of component, and adapters that cannot be made."""

import pytest
from pydantic import TypeAdapter

from graftwork.components.attach import Grafts
from graftwork.components.extra_layer import ExtraLayerConfig
from graftwork.components.kinds import ComponentConfig
from graftwork.errors import InputError
from graftwork.models.load import Base

from .support import lora

LAYER = ExtraLayerConfig()
INTO = lora(into_extra_layers=True)


@pytest.mark.parametrize("name", ["../python", "a/b", "", ".hidden", "a\nb"])
def test_a_name_that_could_lead_out_of_a_folder_is_refused(base: Base, name: str) -> None:
    with pytest.raises(InputError, match="is no name"):
        Grafts(base).add(name, {"lora": lora()})


@pytest.mark.parametrize("name", ["a.b", "a/b", ""])
def test_a_component_name_that_would_blur_names_of_tensors_is_refused(base: Base, name: str) -> None:
    with pytest.raises(InputError, match="is no name"):
        Grafts(base).add("python", {name: lora()})
    with pytest.raises(InputError, match="is no name"):
        Grafts(base).add("python", {"lora": lora()}, shared={"lora": name})


def test_a_taken_name_is_refused(base: Base) -> None:
    grafts = Grafts(base)
    grafts.add("python", {"lora": lora()})
    with pytest.raises(InputError, match="there is an adapter 'python' already"):
        grafts.add("python", {"lora": lora()})


def test_an_adapter_without_components_is_refused(base: Base) -> None:
    with pytest.raises(InputError, match="has no components"):
        Grafts(base).add("python", {})


def test_sharing_an_unknown_component_is_refused(base: Base) -> None:
    with pytest.raises(InputError, match="no component is called 'layr'; did you mean 'layer'"):
        Grafts(base).add("python", {"layer": LAYER}, shared={"layr": "s"})


def test_one_shared_component_twice_in_an_adapter_is_refused(base: Base) -> None:
    with pytest.raises(InputError, match="stands in it twice"):
        Grafts(base).add("python", {"a": LAYER, "b": LAYER}, shared={"a": "s", "b": "s"})


def test_sharing_with_other_settings_is_refused(base: Base) -> None:
    grafts = Grafts(base)
    grafts.add("python", {"lora": lora()}, shared={"lora": "s"})
    with pytest.raises(InputError, match="'s' is shared with other settings"):
        grafts.add("ruby", {"lora": lora(rank=8)}, shared={"lora": "s"})


def test_a_shared_lora_in_a_layer_of_ones_own_is_refused(base: Base) -> None:
    with pytest.raises(InputError, match="cannot go into a layer that is not shared"):
        Grafts(base).add("python", {"layer": LAYER, "lora": INTO}, shared={"lora": "s"})


def test_a_shared_lora_without_its_layer_is_refused(base: Base) -> None:
    grafts = Grafts(base)
    grafts.add("python", {"layer": LAYER, "lora": INTO}, shared={"lora": "s", "layer": "t"})
    with pytest.raises(InputError, match="'s' goes into a layer that is not in this adapter"):
        grafts.add("ruby", {"layer": LAYER, "lora": INTO}, shared={"lora": "s"})


def test_a_refused_adapter_leaves_nothing_behind(base: Base) -> None:
    grafts = Grafts(base)
    with pytest.raises(InputError):
        grafts.add("python", {"layer": LAYER, "lora": lora(targets=("nothing",))}, shared={"layer": "s"})
    assert grafts.names == ()
    assert list(grafts.parameters()) == []
    assert not any(module._forward_hooks for module in base.model.modules())


def test_every_kind_is_told_by_its_name() -> None:
    config = TypeAdapter(ComponentConfig)
    names = ["lora", "extra-layer", "ffn-expansion", "head-expansion", "embedding-expansion", "linear-expansion"]
    assert [config.validate_python({"kind": name}).kind for name in names] == names
