"""What holds for every kind of component, alone and combined, on models of every family."""

from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import PreTrainedModel

from graftwork.components.attach import Grafts
from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.tiny import tiny_model

from .support import DECODINGS, FAMILIES, KINDS, Batch, Kind, batch_for, disturb, generate, logits, loss, train

ROWS = ("ruby", None, "python", "ruby")


@pytest.fixture(params=FAMILIES)
def model(request: pytest.FixtureRequest) -> PreTrainedModel:
    family, _, gated = request.param.partition("-")
    return tiny_model(family, **({"gated": True} if gated else {}))


@pytest.fixture(params=[pytest.param(kind, id=name) for name, kind in KINDS.items()])
def kind(request: pytest.FixtureRequest) -> Kind:
    return request.param


@pytest.fixture
def batch(model: PreTrainedModel) -> Batch:
    return batch_for(model)


@pytest.fixture
def new(model: PreTrainedModel, kind: Kind) -> Grafts:
    """Two adapters of one kind, ``python`` and ``ruby``, as new."""
    grafts = Grafts(model)
    grafts.add("python", kind.components, shared=kind.shared, seed=1)
    grafts.add("ruby", kind.components, shared=kind.shared, seed=2)
    return grafts


@pytest.fixture
def grown(new: Grafts) -> Grafts:
    """The same, with parameters as if trained."""
    disturb(new)
    return new


def hooks(model: nn.Module) -> int:
    return sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules())


def test_the_output_at_the_start_is_the_bases_bit_for_bit(new: Grafts, batch: Batch) -> None:
    untouched = logits(new, batch)
    for selection in ("python", "ruby", ["python", None, "ruby", "ruby"]):
        with new.using(selection):
            assert torch.equal(logits(new, batch), untouched)


def test_the_output_at_the_start_is_the_bases_in_bfloat16_too(new: Grafts, batch: Batch) -> None:
    with torch.autocast("cpu", torch.bfloat16):
        untouched = logits(new, batch)
        for selection in ("python", ["python", None, "ruby", "ruby"]):
            with new.using(selection):
                assert torch.equal(logits(new, batch), untouched)


def test_the_base_is_bit_equal_after_training(new: Grafts, batch: Batch) -> None:
    untouched = logits(new, batch)
    train(new, "python", batch)
    assert model_fingerprint(new.model) == new.base_fingerprint
    assert torch.equal(logits(new, batch), untouched)
    assert all(parameter.grad is None for parameter in new.model.parameters())


def test_training_lowers_the_loss(new: Grafts, batch: Batch) -> None:
    with new.using("python"):
        before = loss(new, batch).item()
        train(new, "python", batch, steps=8)
        assert loss(new, batch).item() < 0.95 * before


def test_only_the_adapter_in_use_trains(new: Grafts, batch: Batch) -> None:
    before = {name: parameter.clone() for name, parameter in new.named_parameters()}
    train(new, "python", batch, steps=3)
    own = {id(parameter) for parameter in new.parameters_of("python")}
    for name, parameter in new.named_parameters():
        assert torch.equal(parameter, before[name]) == (id(parameter) not in own), name


def test_the_other_adapter_keeps_its_output_unless_they_share(new: Grafts, kind: Kind, batch: Batch) -> None:
    disturb(new)
    with new.using("ruby"):
        before = logits(new, batch)
        train(new, "python", batch)
        assert torch.equal(logits(new, batch), before) == (not kind.shared)


def test_a_saved_adapter_loads_bit_equal(grown: Grafts, batch: Batch, tmp_path: Path) -> None:
    grown.save("python", tmp_path / "adapter")
    name = grown.load(tmp_path / "adapter", "again")
    assert grown.fingerprint(name) == grown.fingerprint("python")
    for path, tensor in grown.tensors_of("python").items():
        assert torch.equal(grown.tensors_of("again")[path], tensor)
    with grown.using("python"):
        before = logits(grown, batch)
    with grown.using("again"):
        assert torch.equal(logits(grown, batch), before)


def test_removal_gives_the_base_back(grown: Grafts, batch: Batch) -> None:
    untouched = logits(grown, batch)
    grown.use("python")
    grown.remove("python")
    assert grown.selection is None
    assert torch.equal(logits(grown, batch), untouched)
    grown.detach()
    assert hooks(grown.model) == 0
    assert list(grown.parameters()) == []
    assert model_fingerprint(grown.model) == grown.base_fingerprint
    assert all(parameter.requires_grad for parameter in grown.model.parameters())


def test_removing_one_adapter_leaves_the_other(grown: Grafts, batch: Batch) -> None:
    with grown.using("ruby"):
        before = logits(grown, batch)
        grown.remove("python")
        assert torch.equal(logits(grown, batch), before)


def test_switching_there_and_back_gives_the_same_bits(grown: Grafts, batch: Batch) -> None:
    outputs = []
    for name in ("python", "ruby", None, "python"):
        grown.use(name)
        outputs.append(logits(grown, batch))
    assert torch.equal(outputs[0], outputs[3])
    assert not torch.equal(outputs[0], outputs[1])
    assert not torch.equal(outputs[0], outputs[2])


@pytest.mark.parametrize(
    ("precision", "tolerance"),
    [
        pytest.param(torch.float64, 1e-9, id="float64"),
        # sums are taken in another order here, and these weights make up to a hundred times as much of rounding
        pytest.param(torch.float32, 1e-3, id="float32"),
    ],
)
def test_a_row_of_a_mixed_batch_is_as_in_a_batch_of_its_own_adapter(
    grown: Grafts, batch: Batch, precision: torch.dtype, tolerance: float
) -> None:
    grown.model.to(precision)
    for parameter in grown.parameters():
        parameter.data = parameter.data.to(precision)
    with grown.using(ROWS):
        mixed = logits(grown, batch)
    for row, name in enumerate(ROWS):
        with grown.using(name):
            torch.testing.assert_close(mixed[row], logits(grown, batch)[row], rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("decoding", DECODINGS)
def test_a_mixed_batch_generates_the_same_tokens(grown: Grafts, batch: Batch, decoding: str) -> None:
    with grown.using(ROWS):
        mixed = generate(grown, batch, decoding)
    for row, name in enumerate(ROWS):
        with grown.using(name):
            assert mixed[row] == generate(grown, batch, decoding)[row]


def test_a_mixed_batch_trains_each_adapter_as_if_alone(grown: Grafts, batch: Batch) -> None:
    grown.use(ROWS)
    loss(grown, batch).backward()
    mixed = {name: parameter.grad for name, parameter in grown.named_parameters()}
    grown.zero_grad(set_to_none=True)
    for row, name in enumerate(ROWS):
        grown.use(name)
        if name is not None:
            (loss(grown, batch.row(row)) / len(ROWS)).backward()
    for name, parameter in grown.named_parameters():
        torch.testing.assert_close(mixed[name], parameter.grad, rtol=1e-3, atol=1e-5)


def test_a_mixed_batch_trains_under_bfloat16_autocast(grown: Grafts, batch: Batch) -> None:
    grown.use(ROWS)
    with torch.autocast("cpu", torch.bfloat16):
        loss(grown, batch).backward()
    for parameter in grown.parameters():
        assert parameter.grad is not None
        assert parameter.grad.dtype == torch.float32
        assert parameter.grad.isfinite().all()


@pytest.mark.parametrize("decoding", DECODINGS)
@pytest.mark.parametrize("selection", ["python", ROWS], ids=["one", "rows"])
def test_generation_with_the_cache_equals_without(
    grown: Grafts, batch: Batch, decoding: str, selection: str | tuple[str | None, ...]
) -> None:
    with grown.using(selection):
        assert generate(grown, batch, decoding) == generate(grown, batch, decoding, cached=False)


def test_the_modes_of_base_and_adapters_are_their_own(new: Grafts) -> None:
    new.train()
    assert not any(module.training for module in new.model.modules())
    new.eval()
    new.model.train()
    assert not any(module.training for module in new.modules())
