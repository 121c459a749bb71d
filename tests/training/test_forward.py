from collections.abc import Mapping

import pytest
import torch
from torch import nn
from transformers import PreTrainedModel

from graftwork.components.attach import Grafts
from graftwork.components.embedding_expansion import EmbeddingExpansionConfig
from graftwork.components.extra_layer import ExtraLayerConfig
from graftwork.components.ffn_expansion import FFNExpansionConfig
from graftwork.components.head_expansion import HeadExpansionConfig
from graftwork.components.kinds import ComponentConfig
from graftwork.components.linear_expansion import LinearExpansionConfig
from graftwork.components.lora import LoRAConfig, LowRankBranch
from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.quick.layout import ROW_STEP
from graftwork.models.quick.projection import JoinedPass
from graftwork.models.tiny import tiny_model
from graftwork.training.batches import IGNORED_LABEL, Batch, Encoded, collate_for
from graftwork.training.forward import Output, StepForward

EXAMPLES = [
    Encoded(tuple(range(10, 13 + 9 * n)), (*(30 + (7 * n + place) % 90 for place in range(3 + 8 * n)), 1))
    for n in range(6)
]
"""Of lengths that leave much padding in one batch."""
COMPONENTS: Mapping[str, Mapping[str, ComponentConfig]] = {
    "lora": {"lora": LoRAConfig(targets="all-linear")},
    "extra-layer": {"layer": ExtraLayerConfig(stack=None), "lora": LoRAConfig(targets="all-linear")},
    "linear": {"linear": LinearExpansionConfig(width=8), "embedding": EmbeddingExpansionConfig(width=8)},
    "heads": {"heads": HeadExpansionConfig(), "ffn": FFNExpansionConfig()},
}


def grown(family: str, components: str) -> Grafts:
    """A tiny model with an adapter as if trained, its low-rank branches in training mode; no dropout acts."""
    grafts = Grafts(tiny_model(family))
    grafts.add("a", COMPONENTS[components], seed=1)
    torch.manual_seed(2)
    for parameter in grafts.parameters():
        parameter.data.add_(0.05 * torch.randn_like(parameter))
    grafts.use("a")
    for module in grafts.modules():
        module.training = isinstance(module, LowRankBranch)
    return grafts


def batch_of(model: PreTrainedModel) -> Batch:
    return collate_for(model, EXAMPLES, range(len(EXAMPLES)), 8)


def passed(model: PreTrainedModel, *, bf16: bool, quick: bool) -> Output:
    forward = StepForward(model, bf16, quick)
    with forward.active():
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            output = forward(batch_of(model))
        torch.autograd.backward(output.loss)
    return output


def results(grafts: Grafts, *, bf16: bool, quick: bool) -> tuple[float, dict[str, torch.Tensor]]:
    """The loss and the gradient of every parameter."""
    grafts.zero_grad(set_to_none=True)
    loss = passed(grafts.model, bf16=bf16, quick=quick).loss.item()
    return loss, {name: one.grad.clone() for name, one in grafts.named_parameters() if one.grad is not None}


def flat(gradients: dict[str, torch.Tensor]) -> torch.Tensor:
    return torch.cat([one.flatten() for one in gradients.values()])


@pytest.mark.parametrize("components", COMPONENTS)
@pytest.mark.parametrize("family", ["t5", "qwen2", "gpt2"])
def test_the_quick_way_has_the_same_loss_and_gradients(family: str, components: str) -> None:
    grafts = grown(family, components)
    slow, quick = (results(grafts, bf16=False, quick=one) for one in (False, True))
    assert quick[0] == pytest.approx(slow[0], rel=1e-6)
    assert quick[1].keys() == slow[1].keys()
    for name, gradient in slow[1].items():
        torch.testing.assert_close(quick[1][name], gradient, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("components", COMPONENTS)
def test_in_bfloat16_it_is_as_near_to_float32_as_the_models_own_way(components: str) -> None:
    grafts = grown("t5", components)
    exact = results(grafts, bf16=False, quick=False)
    slow, quick = (results(grafts, bf16=True, quick=one) for one in (False, True))
    errors = [(flat(one[1]) - flat(exact[1])).norm().item() for one in (slow, quick)]
    assert errors[1] < 1.5 * errors[0] < 0.15 * flat(exact[1]).norm().item()
    assert quick[0] == pytest.approx(exact[0], rel=2e-3)


def test_padding_is_left_out_but_for_a_little(monkeypatch: pytest.MonkeyPatch) -> None:
    shapes = []
    run = JoinedPass.forward
    monkeypatch.setattr(JoinedPass, "forward", lambda one, rows: shapes.append(rows.shape[0]) or run(one, rows))
    grafts = grown("t5", "lora")
    passed(grafts.model, bf16=False, quick=True)
    real = sum(len(one.source) for one in EXAMPLES)
    padded = batch_of(grafts.model).input_ids.numel()
    assert real < shapes[0] <= real + ROW_STEP < padded


def test_rows_with_adapters_of_their_own_keep_their_places() -> None:
    grafts = grown("t5", "heads")
    grafts.add("b", COMPONENTS["lora"], seed=3)
    with grafts.using(["a", "b", None] * 2):
        slow, quick = (passed(grafts.model, bf16=False, quick=one).loss.item() for one in (False, True))
    assert quick == pytest.approx(slow, rel=1e-6)


def test_whatever_is_trained_of_the_base_has_its_gradient() -> None:
    model = tiny_model("t5")
    gradients = []
    for quick in (False, True):
        model.zero_grad(set_to_none=True)
        passed(model, bf16=False, quick=quick)
        gradients.append({name: one.grad.clone() for name, one in model.named_parameters()})
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradients[1][name], gradient, rtol=1e-3, atol=1e-6)


def test_the_logits_are_there_for_a_method_that_asks() -> None:
    grafts = grown("t5", "lora")
    slow, quick = (passed(grafts.model, bf16=False, quick=one) for one in (False, True))
    real = batch_of(grafts.model).labels != IGNORED_LABEL
    torch.testing.assert_close(quick.logits[real], slow.logits[real], rtol=1e-4, atol=1e-5)
    assert quick.logits.requires_grad


def test_the_base_is_untouched_within_and_after() -> None:
    grafts = grown("t5", "lora")
    model, before = grafts.model, model_fingerprint(grafts.model)
    own = {module: module.__dict__.get("forward") for module in model.modules()}
    forward = StepForward(model, bf16=True, quick=True)
    with pytest.raises(RuntimeError, match="within"), forward.active():
        assert model_fingerprint(model) == before
        raise RuntimeError("within")
    assert model_fingerprint(model) == before
    assert {module: module.__dict__.get("forward") for module in model.modules()} == own


def test_a_new_adapter_leaves_the_quick_output_bit_for_bit() -> None:
    grafts = Grafts(tiny_model("t5"))
    grafts.add("a", COMPONENTS["extra-layer"], seed=1)
    grafts.train()
    forward = StepForward(grafts.model, bf16=True, quick=True)
    states = []
    for name in (None, "a"):
        with grafts.using(name), forward.active(), torch.autocast("cpu", torch.bfloat16):
            states.append(forward(batch_of(grafts.model)).logits)
    assert torch.equal(*states)


def test_a_head_with_a_branch_keeps_its_own_forward() -> None:
    model = tiny_model("t5")
    seen: list[torch.Tensor] = []
    hook = model.lm_head.register_forward_hook(lambda module, inputs, output: seen.append(output))
    passed(model.requires_grad_(False) and _with_one(model), bf16=False, quick=True)
    hook.remove()
    assert seen[0].shape[-1] == model.config.vocab_size


def _with_one(model: nn.Module) -> PreTrainedModel:
    """The model with one trainable parameter."""
    model.decoder.block[0].layer[0].SelfAttention.q.weight.requires_grad_(True)
    return model
