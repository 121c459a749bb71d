from pathlib import Path

import pytest
import torch

from graftwork.components import ExtraLayerConfig, Grafts, LoRAConfig
from graftwork.components.library import AdapterLibrary, folders_in
from graftwork.errors import InputError
from graftwork.models.tiny import tiny_base

LORA = {"lora": LoRAConfig(rank=2, targets=("q", "v"))}
NAMES = ("a", "b", "c", "d")


def random_weights(grafts: Grafts, name: str, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in grafts.parameters_of(name):
            parameter.copy_(torch.randn(parameter.shape, generator=generator))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Adapters a to c of one LoRA, and d of an extra layer too."""
    grafts = Grafts(tiny_base())
    for seed, name in enumerate(NAMES):
        grafts.add(name, LORA if name != "d" else {**LORA, "layer": ExtraLayerConfig()})
        random_weights(grafts, name, seed)
        grafts.save(name, tmp_path / name)
    return tmp_path


@pytest.fixture
def grafts() -> Grafts:
    return Grafts(tiny_base())


def size_of(folder: Path, name: str) -> int:
    return (folder / name / "adapter_model.safetensors").stat().st_size


def logits(grafts: Grafts) -> torch.Tensor:
    inputs = torch.arange(5, 15)[None]
    with torch.inference_mode():
        return grafts.model(input_ids=inputs, decoder_input_ids=inputs).logits


def test_nothing_is_read_before_it_is_asked_for(folder: Path, grafts: Grafts) -> None:
    library = AdapterLibrary(grafts, folders_in(folder))
    assert library.names == NAMES
    assert library.held == grafts.names == ()
    library.use("b")
    assert library.held == grafts.names == ("b",)


def test_an_adapter_is_the_one_that_was_saved_also_when_it_comes_again(folder: Path, grafts: Grafts) -> None:
    library = AdapterLibrary(grafts, folders_in(folder), budget_bytes=0)
    expected = {}
    for name in NAMES:
        plain = Grafts(tiny_base())
        plain.load(folder / name)
        plain.use(name)
        expected[name] = logits(plain)
    for name in (*NAMES, *NAMES[::-1]):
        library.use(name)
        assert torch.equal(logits(grafts), expected[name])
        assert library.held == (name,)


def test_what_was_used_longest_ago_leaves_first(folder: Path, grafts: Grafts) -> None:
    library = AdapterLibrary(grafts, folders_in(folder), budget_bytes=2 * size_of(folder, "a"))
    for name in ("a", "b", "a", "c"):
        library.use(name)
    assert library.held == grafts.names == ("a", "c")
    assert library.held_bytes <= 2 * size_of(folder, "a")


def test_what_a_batch_uses_stays_whatever_the_budget(folder: Path, grafts: Grafts) -> None:
    library = AdapterLibrary(grafts, folders_in(folder), budget_bytes=0)
    library.use("d")
    library.use(["a", None, "b", "a"])
    assert sorted(library.held) == ["a", "b"]
    assert grafts.selection == ("a", None, "b", "a")


def test_modules_are_used_again_for_another_adapter_of_one_configuration(folder: Path, grafts: Grafts) -> None:
    library = AdapterLibrary(grafts, folders_in(folder), budget_bytes=0)
    library.use("a")
    component = grafts.components_of("a")["lora"]
    library.use("b")
    assert grafts.components_of("b")["lora"] is component
    library.use("d")
    assert grafts.components_of("d")["lora"] is not component


def test_a_file_that_changed_is_checked_again(folder: Path, grafts: Grafts) -> None:
    library = AdapterLibrary(grafts, folders_in(folder), budget_bytes=0)
    library.use("a")
    library.use("b")
    weights = folder / "a" / "adapter_model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(bytes(data))
    with pytest.raises(InputError, match="the weights are not those that were saved"):
        library.use("a")
    library.use("c")  # goes on with the others


def test_an_adapter_of_another_base_is_refused(folder: Path) -> None:
    library = AdapterLibrary(Grafts(tiny_base(seed=1)), folders_in(folder))
    with pytest.raises(InputError, match="made for another base"):
        library.use("a")


def test_an_unknown_name_is_refused(folder: Path, grafts: Grafts) -> None:
    library = AdapterLibrary(grafts, folders_in(folder))
    with pytest.raises(InputError, match="no adapter is called 'x'"):
        library.use("x")


def test_adapters_that_came_otherwise_are_left_alone(folder: Path, grafts: Grafts) -> None:
    grafts.add("own", LORA)
    library = AdapterLibrary(grafts, folders_in(folder), budget_bytes=0)
    library.use(["own", "a"])
    library.use("b")
    library.use("own")
    assert set(grafts.names) == {"own", "b"}


@pytest.mark.parametrize(("make", "message"), [(False, "no such folder"), (True, "holds no adapter")])
def test_a_folder_without_adapters_is_refused(make: bool, message: str, tmp_path: Path) -> None:
    if make:
        (tmp_path / "x").mkdir()
    with pytest.raises(InputError, match=message):
        folders_in(tmp_path / "x")


def test_an_adapter_that_came_while_generating_can_be_trained(folder: Path, grafts: Grafts) -> None:
    library = AdapterLibrary(grafts, folders_in(folder))
    with torch.inference_mode():
        library.use("a")
    inputs = torch.arange(5, 15)[None]
    grafts.model(input_ids=inputs, labels=inputs).loss.backward()
    assert all(parameter.grad is not None for parameter in grafts.parameters_of("a"))
