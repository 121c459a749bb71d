"""Adapters on a base: names, switching, freezing, sharing."""

from pathlib import Path

import pytest
import torch
from torch import nn

from graftwork.components.attach import Grafts
from graftwork.components.extra_layer import ExtraLayerConfig
from graftwork.components.head_expansion import HeadExpansionConfig
from graftwork.errors import InputError
from graftwork.models.load import Base
from graftwork.models.tiny import tiny_base

from .support import Batch, batch_for, disturb, generate, logits, lora


@pytest.fixture
def grafts(base: Base) -> Grafts:
    """Adapters ``python`` and ``ruby`` as if trained."""
    grafts = Grafts(base)
    grafts.add("python", {"lora": lora()})
    grafts.add("ruby", {"lora": lora()}, seed=1)
    disturb(grafts)
    return grafts


def modules_and_parameters(model: nn.Module) -> list[tuple[str, int, type]]:
    parts = [*model.named_modules(), *model.named_parameters()]
    return [(name, id(part), type(part)) for name, part in parts]


def test_no_module_of_the_base_is_replaced(base: Base, batch: Batch) -> None:
    before = modules_and_parameters(base.model)
    grafts = Grafts(base)
    grafts.add("python", {"lora": lora(), "layer": ExtraLayerConfig()})
    grafts.use("python")
    logits(grafts, batch)
    assert modules_and_parameters(base.model) == before


def test_a_model_without_its_record_can_be_used_too(base: Base) -> None:
    grafts = Grafts(base.model)
    assert grafts.base_fingerprint == base.fingerprint


def test_the_base_is_frozen_and_its_flags_come_back(base: Base) -> None:
    base.model.shared.requires_grad_(False)
    grafts = Grafts(base)
    assert not any(parameter.requires_grad for parameter in base.model.parameters())
    grafts.unfreeze_base()
    trainable = {name for name, parameter in base.model.named_parameters() if parameter.requires_grad}
    assert trainable == {name for name, _ in base.model.named_parameters()} - {"shared.weight"}
    grafts.freeze_base()
    assert not any(parameter.requires_grad for parameter in base.model.parameters())


def test_the_bases_parameters_are_not_among_the_grafts(grafts: Grafts) -> None:
    own = {id(parameter) for parameter in grafts.parameters()}
    assert own.isdisjoint(id(parameter) for parameter in grafts.model.parameters())
    assert own == {id(parameter) for name in grafts.names for parameter in grafts.parameters_of(name)}


def test_the_seed_alone_decides_the_start(base: Base) -> None:
    grafts = Grafts(base)
    torch.manual_seed(8)
    before = torch.get_rng_state()
    grafts.add("a", {"lora": lora()}, seed=4)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(9)
    grafts.add("b", {"lora": lora()}, seed=4)
    grafts.add("c", {"lora": lora()}, seed=5)
    assert grafts.fingerprint("a") == grafts.fingerprint("b") != grafts.fingerprint("c")


def test_using_gives_back_what_was_chosen_before(grafts: Grafts) -> None:
    grafts.use("ruby")
    with grafts.using(["python", None]):
        assert grafts.selection == ("python", None)
    assert grafts.selection == "ruby"
    with pytest.raises(ZeroDivisionError), grafts.using(None):
        _ = 1 / 0
    assert grafts.selection == "ruby"


@pytest.mark.parametrize("rows", [["python"] * 4, [None] * 4], ids=["python", "none"])
def test_rows_that_are_all_alike_are_as_one_choice(grafts: Grafts, batch: Batch, rows: list[str | None]) -> None:
    with grafts.using(rows):
        by_row = logits(grafts, batch)
    with grafts.using(rows[0]):
        assert torch.equal(logits(grafts, batch), by_row)


def test_rows_may_be_repeated_for_several_samples(grafts: Grafts, batch: Batch) -> None:
    expected = generate(grafts, batch)
    with grafts.using([None, "python", "ruby", None]):
        tokens = grafts.model.generate(
            input_ids=batch.inputs,
            attention_mask=batch.mask,
            max_new_tokens=7,
            do_sample=False,
            num_beams=3,
            num_return_sequences=3,
            no_repeat_ngram_size=1,
        )
    assert len(tokens) == 3 * len(expected)


def test_a_batch_of_other_rows_than_named_is_refused(grafts: Grafts, batch: Batch) -> None:
    grafts.use(["python", "ruby", None])
    with pytest.raises(InputError, match="the batch has 4 rows and adapters are named for 3"):
        logits(grafts, batch)


@pytest.mark.parametrize("selection", ["pyhton", ["python", "pyhton"]], ids=["one", "rows"])
def test_an_unknown_adapter_is_refused_with_the_nearest(grafts: Grafts, selection: str | list[str]) -> None:
    grafts.use("ruby")
    with pytest.raises(InputError, match="no adapter is called 'pyhton'; did you mean 'python'"):
        grafts.use(selection)
    assert grafts.selection == "ruby"


def test_without_any_adapter_none_is_suggested(base: Base) -> None:
    with pytest.raises(InputError, match="none was added yet"):
        Grafts(base).use("python")


def test_no_rows_are_refused(grafts: Grafts) -> None:
    with pytest.raises(InputError, match="no row is named"):
        grafts.use([])


def test_removing_an_adapter_named_for_a_row_leaves_the_base(grafts: Grafts) -> None:
    grafts.use(["python", "ruby"])
    grafts.remove("python")
    assert grafts.selection is None
    assert grafts.names == ("ruby",)


def test_removing_another_adapter_leaves_the_choice(grafts: Grafts) -> None:
    grafts.use("ruby")
    grafts.remove("python")
    assert grafts.selection == "ruby"


def test_a_detached_base_takes_grafts_again(grafts: Grafts) -> None:
    grafts.detach()
    again = Grafts(grafts.model)
    again.add("python", {"lora": lora()})
    assert again.names == ("python",)


def test_names_with_dots_and_words_of_pytorch_are_fine(base: Base) -> None:
    grafts = Grafts(base)
    for name in ("python-3.11", "keys", "C++", "training"):
        grafts.add(name, {"lora": lora()})
    assert grafts.names == ("python-3.11", "keys", "C++", "training")


def test_a_new_adapter_takes_the_mode_of_the_grafts(base: Base) -> None:
    grafts = Grafts(base)
    assert not grafts.training
    grafts.train()
    grafts.add("python", {"layer": ExtraLayerConfig()})
    assert all(module.training for module in grafts.modules())


# Sharing


LAYER = ExtraLayerConfig()


def shared_grafts(base: Base) -> Grafts:
    grafts = Grafts(base)
    for name in ("python", "ruby"):
        grafts.add(name, {"lora": lora(), "layer": LAYER}, shared={"layer": "layer@shared"})
    return grafts


def test_a_shared_component_is_one_object(base: Base) -> None:
    grafts = shared_grafts(base)
    python, ruby = grafts.components_of("python"), grafts.components_of("ruby")
    assert python["layer"] is ruby["layer"]
    assert python["lora"] is not ruby["lora"]
    one = sum(parameter.numel() for parameter in python["layer"].parameters())
    both = sum(parameter.numel() for parameter in python["lora"].parameters()) * 2
    assert sum(parameter.numel() for parameter in grafts.parameters()) == one + both


def test_a_shared_component_goes_with_its_last_adapter(base: Base) -> None:
    grafts = shared_grafts(base)
    grafts.remove("python")
    assert [name.split(".")[1] for name, _ in grafts.named_parameters() if "layer@shared" in name]
    grafts.remove("ruby")
    assert list(grafts.parameters()) == []


def test_shared_components_act_first_in_every_adapter(base: Base, batch: Batch) -> None:
    grafts = Grafts(base)
    grafts.add("a", {"own": LAYER, "common": LAYER}, shared={"common": "common"})
    grafts.add("b", {"common": LAYER, "own": LAYER}, shared={"common": "common"})
    disturb(grafts)
    assert list(grafts.components_of("a")) == list(grafts.components_of("b")) == ["common", "own"]
    with grafts.using("a"):
        alone = logits(grafts, batch)[0]
    with grafts.using(["a", "b", "b", "a"]):
        torch.testing.assert_close(logits(grafts, batch)[0], alone)


def test_a_saved_shared_component_loads_as_a_copy_of_its_own(base: Base, tmp_path: Path) -> None:
    grafts = shared_grafts(base)
    disturb(grafts)
    grafts.save("python", tmp_path)
    grafts.load(tmp_path, "pinned")
    assert grafts.components_of("pinned")["layer"] is not grafts.components_of("python")["layer"]
    assert grafts.fingerprint("pinned") == grafts.fingerprint("python")


def test_a_saved_shared_component_can_come_back_as_shared(base: Base, tmp_path: Path) -> None:
    grafts = shared_grafts(base)
    disturb(grafts)
    for name in grafts.names:
        grafts.save(name, tmp_path / name)
    before = grafts.fingerprint("ruby")
    grafts.detach()
    again = Grafts(base)
    for name in ("python", "ruby"):
        again.load(tmp_path / name, shared={"layer": "layer@shared"})
    assert again.components_of("python")["layer"] is again.components_of("ruby")["layer"]
    assert again.fingerprint("ruby") == before


def test_loading_leaves_a_shared_component_that_is_there(base: Base, tmp_path: Path) -> None:
    grafts = shared_grafts(base)
    grafts.save("python", tmp_path)
    disturb(grafts)
    before = [parameter.clone() for parameter in grafts.components_of("ruby")["layer"].parameters()]
    grafts.load(tmp_path, "again", shared={"layer": "layer@shared"})
    after = list(grafts.components_of("ruby")["layer"].parameters())
    assert all(torch.equal(*pair) for pair in zip(before, after, strict=True))


# Fingerprints


def test_the_fingerprint_of_none_is_the_bases(grafts: Grafts, base: Base) -> None:
    assert grafts.fingerprint(None) == base.fingerprint


def test_the_fingerprint_follows_the_weights(grafts: Grafts) -> None:
    before = grafts.fingerprint("python")
    with torch.no_grad():
        grafts.parameters_of("python")[-1].view(-1)[0] += 1
    assert grafts.fingerprint("python") != before


def test_the_fingerprint_follows_the_configuration(base: Base) -> None:
    grafts = Grafts(base)
    grafts.add("a", {"lora": lora(alpha=8)})
    grafts.add("b", {"lora": lora(alpha=16)})
    assert grafts.fingerprint("a") != grafts.fingerprint("b")


def test_the_fingerprint_follows_the_base(base: Base) -> None:
    grafts = Grafts(base)
    grafts.add("a", {"lora": lora()})
    before = grafts.fingerprint("a")
    grafts.detach()
    with torch.no_grad():
        base.model.shared.weight[0, 0] += 1
    again = Grafts(base.model)
    again.add("a", {"lora": lora()})
    assert again.fingerprint("a") != before


# Modules that are called by keyword


def test_rows_are_told_by_the_output_where_inputs_come_by_keyword() -> None:
    grafts = Grafts(tiny_base(0, "llama"))
    for name in ("python", "ruby"):
        grafts.add(name, {"heads": HeadExpansionConfig(heads=2)})
    disturb(grafts)
    batch = batch_for(grafts.model)
    with grafts.using(["python", None, "ruby", None]):
        mixed = logits(grafts, batch)
    for row, name in enumerate(["python", None, "ruby", None]):
        with grafts.using(name):
            torch.testing.assert_close(mixed[row], logits(grafts, batch)[row])
