"""LoRA: where it goes and what it computes."""

import pytest
import torch
from torch import nn

from graftwork.components.attach import Grafts
from graftwork.components.extra_layer import ExtraLayerConfig
from graftwork.components.lora import LoRAConfig, LowRankBranch
from graftwork.errors import InputError
from graftwork.models.load import Base
from graftwork.models.tiny import tiny_base, tiny_model

from .support import Batch, logits, lora


def sites(base: Base, config: LoRAConfig) -> set[str]:
    grafts = Grafts(base)
    grafts.add("a", {"lora": config, "layer": ExtraLayerConfig()})
    return {site.path for site in grafts.components_of("a")["lora"].sites}


def test_the_branch_is_scale_times_b_a_x() -> None:
    linear = nn.Linear(5, 3, bias=False)
    branch = LowRankBranch(linear, rank=2, scale=4, dropout=0.0)
    nn.init.normal_(branch.up)
    inputs = torch.randn(4, 6, 5)
    expected = inputs @ (linear.weight + 4 * branch.up @ branch.down).T
    torch.testing.assert_close(branch.graft((inputs,), {}, linear(inputs), None), expected)


def test_rows_that_are_not_named_stay_as_they_are() -> None:
    linear = nn.Linear(5, 3, bias=False)
    branch = LowRankBranch(linear, rank=2, scale=4, dropout=0.0)
    nn.init.normal_(branch.up)
    inputs = torch.randn(4, 6, 5)
    output = linear(inputs)
    rows = branch.graft((inputs,), {}, output, torch.tensor([1, 3]))
    assert torch.equal(rows[[0, 2]], output[[0, 2]])
    torch.testing.assert_close(rows[[1, 3]], branch.graft((inputs,), {}, output, None)[[1, 3]])


def test_dropout_acts_in_training_alone() -> None:
    linear = nn.Linear(50, 3)
    branch = LowRankBranch(linear, rank=2, scale=1, dropout=0.5)
    nn.init.normal_(branch.up)
    inputs = torch.randn(1, 1, 50)
    assert not torch.equal(branch.delta(inputs), branch.delta(inputs))
    branch.eval()
    assert torch.equal(branch.delta(inputs), branch.delta(inputs))


def test_targets_are_ends_of_paths(base: Base) -> None:
    assert sites(base, lora(targets=("o", "EncDecAttention.q"))) == {
        *(f"{stack}.block.{index}.layer.0.SelfAttention.o" for stack in ("encoder", "decoder") for index in (0, 1)),
        *(f"decoder.block.{index}.layer.1.EncDecAttention.{name}" for index in (0, 1) for name in ("o", "q")),
    }


def test_the_order_of_targets_does_not_matter() -> None:
    assert LoRAConfig(targets=("v", "q", "v")) == LoRAConfig(targets=("q", "v"))


def test_all_linear_is_every_one_in_the_blocks(base: Base) -> None:
    assert len(sites(base, lora(targets="all-linear"))) == 2 * 6 + 2 * 10


def test_into_extra_layers_adds_those_of_the_same_adapter(base: Base) -> None:
    plain, into = sites(base, lora(targets=("wo",))), sites(base, lora(targets=("wo",), into_extra_layers=True))
    assert into - plain == {"layer/0.layer.1.DenseReluDense.wo"}


def test_an_unknown_target_is_refused_with_the_nearest(base: Base) -> None:
    with pytest.raises(InputError, match=r"no linear layer is called 'woo'; did you mean 'wo'\?"):
        Grafts(base).add("a", {"lora": lora(targets=("q", "woo"))})


def test_a_plain_target_on_a_gated_base_is_refused() -> None:
    with pytest.raises(InputError, match="no linear layer is called 'wi'"):
        Grafts(tiny_base(gated=True)).add("a", {"lora": lora(targets=("wi",))})


def test_into_extra_layers_without_any_is_refused(base: Base) -> None:
    with pytest.raises(InputError, match="no extra layer to go into"):
        Grafts(base).add("a", {"lora": lora(into_extra_layers=True)})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rank": 0}, "lora: rank: input should be greater than or equal to 1"),
        ({"dropout": 1.0}, "lora: dropout: input should be less than 1"),
        ({"rank_pattern": {"q": 0}}, "lora: rank_pattern.q: input should be greater than or equal to 1"),
        ({"alpha_pattern": {"q": 0}}, "lora: alpha_pattern.q: input should be greater than 0"),
        ({"alpha_pattern": {"(": 1}}, "lora: alpha_pattern: value error, '(' is no regular expression"),
        ({"target": ["q"]}, "unknown key 'target'; did you mean 'targets'"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as error:
        LoRAConfig.read(settings, "lora")
    assert message in str(error.value)


@pytest.mark.parametrize(("stabilized", "scale"), [(False, 8 / 9), (True, 8 / 3)])
def test_the_scale_is_alpha_over_the_rank_or_its_root(base: Base, stabilized: bool, scale: float) -> None:
    grafts = Grafts(base)
    grafts.add("a", {"lora": lora(rank=9, alpha=8, rank_stabilized=stabilized)})
    assert {branch.scale for _, branch in grafts.components_of("a")["lora"].grafts()} == {scale}


def test_patterns_change_rank_and_alpha_and_the_first_key_that_matches_counts(base: Base) -> None:
    config = lora(
        rank=4,
        alpha=8,
        targets=("q", "v", "wo"),
        rank_pattern={r"decoder\..*\.q": 1, "q": 2},
        alpha_pattern={"layer.0.SelfAttention.q": 6, "(q|wo)": 16},
    )
    grafts = Grafts(base)
    grafts.add("a", {"lora": config})
    found = {site.path: (len(branch.down), branch.scale) for site, branch in grafts.components_of("a")["lora"].grafts()}
    assert found["encoder.block.0.layer.0.SelfAttention.q"] == (2, 6 / 2)
    assert found["decoder.block.0.layer.0.SelfAttention.q"] == (1, 6 / 1)
    assert found["decoder.block.1.layer.1.EncDecAttention.q"] == (1, 16 / 1)
    assert found["decoder.block.1.layer.1.EncDecAttention.v"] == (4, 8 / 4)
    assert found["encoder.block.1.layer.1.DenseReluDense.wo"] == (4, 16 / 4)


def test_patterns_hold_inside_extra_layers_too(base: Base) -> None:
    grafts = Grafts(base)
    config = lora(targets=("q", "wo"), into_extra_layers=True, rank_pattern={"wo": 1})
    grafts.add("a", {"lora": config, "layer": ExtraLayerConfig()})
    tensors = grafts.tensors_of("a")
    assert tensors["lora.layer/0.layer.1.DenseReluDense.wo.lora_A.weight"].shape == (1, 64)
    assert tensors["lora.layer/0.layer.0.SelfAttention.q.lora_A.weight"].shape == (4, 32)


def test_the_order_of_a_pattern_is_part_of_the_fingerprint(base: Base) -> None:
    grafts = Grafts(base)
    patterns = {"one": {"q": 3, "SelfAttention.q": 4}, "other": {"SelfAttention.q": 4, "q": 3}}
    for name, pattern in patterns.items():
        grafts.add(name, {"lora": lora(alpha_pattern=pattern)})
    assert grafts.fingerprint("one") != grafts.fingerprint("other")


@pytest.mark.parametrize("pattern", ["rank_pattern", "alpha_pattern"])
def test_a_pattern_that_matches_no_target_is_refused(base: Base, pattern: str) -> None:
    with pytest.raises(InputError, match=f"lora: {pattern}: no target is called 'k'; known are q, v"):
        Grafts(base).add("a", {"lora": lora(targets=("q", "v"), **{pattern: {"q": 2, "k": 3}})})


def test_a_transposed_layer_gets_branches_of_its_inputs_and_outputs() -> None:
    grafts = Grafts(tiny_model("gpt2"))
    grafts.add("a", {"lora": lora(targets=("c_attn",))})
    tensors = grafts.tensors_of("a")
    assert tensors["lora.transformer.h.0.attn.c_attn.lora_A.weight"].shape == (4, 32)
    assert tensors["lora.transformer.h.0.attn.c_attn.lora_B.weight"].shape == (96, 4)


def test_two_loras_on_one_layer_add_up(base: Base, batch: Batch) -> None:
    grafts = Grafts(base)
    grafts.add("two", {"one": lora(rank=2, alpha=2), "other": lora(rank=3, alpha=3)})
    for parameter in grafts.parameters():
        nn.init.normal_(parameter, std=0.2)
    with grafts.using("two"):
        both = logits(grafts, batch)
    with torch.no_grad():
        for component in grafts.components_of("two").values():
            for site, branch in component.grafts():
                site.module.weight += branch.up @ branch.down
    torch.testing.assert_close(both, logits(grafts, batch), rtol=1e-4, atol=1e-4)
