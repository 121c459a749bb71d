"""The model card beside a saved adapter."""

from pathlib import Path

import pytest
import yaml

from graftwork.components.attach import Grafts
from graftwork.components.extra_layer import ExtraLayerConfig
from graftwork.models.load import Base

from .support import lora


@pytest.fixture
def grafts(base: Base) -> Grafts:
    grafts = Grafts(base)
    grafts.add("lora", {"low": lora()})
    grafts.add("both", {"lora": lora(), "layer": ExtraLayerConfig()}, shared={"layer": "layer@shared"})
    return grafts


def card(grafts: Grafts, name: str, folder: Path) -> str:
    grafts.save(name, folder)
    return (folder / "README.md").read_text()


def test_it_says_what_the_adapter_is(grafts: Grafts, base: Base, tmp_path: Path) -> None:
    text = card(grafts, "both", tmp_path)
    assert f"`{base.fingerprint}`" in text
    assert f"`{grafts.fingerprint('both')}`" in text
    total = sum(parameter.numel() for parameter in grafts.parameters_of("both"))
    assert f"| together | {total:,} |" in text
    assert "| layer (shared as layer@shared) | extra-layer | 8,256 |" in text


def test_its_front_matter_is_what_hubs_read(grafts: Grafts, tmp_path: Path) -> None:
    front_matter = yaml.safe_load(card(grafts, "both", tmp_path).split("---\n")[1])
    assert front_matter == {
        "base_model": "tiny",
        "library_name": "graftwork",
        "tags": ["graftwork", "adapter", "extra-layer", "lora"],
    }


@pytest.mark.parametrize(("name", "library"), [("lora", True), ("both", False)])
def test_peft_is_named_where_it_works(grafts: Grafts, tmp_path: Path, name: str, library: bool) -> None:
    assert ("PeftModel" in card(grafts, name, tmp_path)) == library


def test_the_code_in_it_runs(grafts: Grafts, base: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = card(grafts, "both", tmp_path).split("```python\n")[1].split("```")[0].replace("this/folder", str(tmp_path))
    monkeypatch.setattr("graftwork.models.load.load_base", lambda name: base)
    grafts.detach()
    exec(code, {})  # the card is our own, written a moment ago
