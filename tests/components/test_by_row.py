from collections.abc import Sequence

import pytest
import torch

from graftwork.components import (
    ComponentConfig,
    ExtraLayerConfig,
    FFNExpansionConfig,
    Grafts,
    HeadExpansionConfig,
    LinearExpansionConfig,
    LoRAConfig,
)
from graftwork.components.by_row import FEW_PLACES, FEW_PLACES_A_THREAD, BranchesByRow, JointByRow
from graftwork.models.tiny import tiny_t5

LAYER = ExtraLayerConfig(stack="decoder")
KINDS: dict[str, ComponentConfig] = {
    "lora": LoRAConfig(rank=2, targets=("q", "wo")),
    "wider": LoRAConfig(rank=4, targets=("q", "wo")),
    "steeper": LoRAConfig(rank=2, alpha=64, targets=("q", "wo")),
    "parallel": LinearExpansionConfig(width=3, targets=("q", "wo")),
    "units": FFNExpansionConfig(width=4),
    "heads": HeadExpansionConfig(heads=2),
    "narrow": HeadExpansionConfig(heads=2, head_size=4),
}


def grafts_of(*kinds: str) -> Grafts:
    """Adapters a, b, … of these kinds."""
    grafts = Grafts(tiny_t5())
    for name, kind in zip("abcdefgh", kinds, strict=False):
        grafts.add(name, {"part": KINDS[kind]})
    generator = torch.Generator().manual_seed(0)
    for parameter in grafts.parameters():
        parameter.data += 0.3 * torch.randn(parameter.shape, generator=generator)
    return grafts


def logits(grafts: Grafts, selection: str | Sequence[str | None] | None, rows: int, length: int = 6) -> torch.Tensor:
    inputs = torch.randint(5, 250, (rows, length), generator=torch.Generator().manual_seed(1))
    with grafts.using(selection):
        return grafts.model(input_ids=inputs, decoder_input_ids=inputs, use_cache=False).logits


@pytest.mark.parametrize(
    ("kinds", "rows"),
    [
        (("lora", "lora"), "abab"),
        (("lora", "lora"), "aab"),
        (("lora", "lora"), "ba-ab"),
        (("lora", "steeper"), "abba"),
        (("lora", "wider"), "abab"),
        (("parallel", "parallel"), "abba"),
        (("lora", "parallel", "units"), "abcacb"),
        (("heads", "heads"), "ba-ab"),
        (("heads", "narrow"), "abba"),
    ],
)
def test_every_row_has_its_own_adapter(kinds: tuple[str, ...], rows: str) -> None:
    grafts = grafts_of(*kinds)
    named = [None if name == "-" else name for name in rows]
    mixed = logits(grafts, named, len(named))
    for row, name in enumerate(named):
        assert torch.allclose(mixed[row], logits(grafts, name, len(named))[row], atol=1e-4)


def test_long_batches_come_to_the_same_as_short_ones() -> None:
    grafts = grafts_of("lora", "lora")
    length = FEW_PLACES // 4 + 8
    mixed = logits(grafts, ["a", "b", "b", "a"], 4, length)
    for row, name in enumerate("abba"):
        assert torch.allclose(mixed[row], logits(grafts, name, 4, length)[row], atol=1e-3)


@pytest.mark.parametrize("threads", [1, 2])  # row after row, and as batched products
@pytest.mark.parametrize("kind", ["lora", "parallel", "units"])
@torch.no_grad()
def test_without_a_gradient_they_come_to_the_same(kind: str, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    grafts, length = grafts_of(kind, kind), threads * FEW_PLACES_A_THREAD // 4 + 8
    mixed = logits(grafts, ["a", "b", "b", "a"], 4, length)
    for row, name in enumerate("abba"):
        assert torch.allclose(mixed[row], logits(grafts, name, 4, length)[row], atol=1e-3)


@pytest.mark.parametrize(("kind", "rows"), [("lora", "abab"), ("lora", "aab"), ("heads", "abaa")])
def test_gradients_are_those_of_each_adapter_alone(kind: str, rows: str) -> None:
    grafts = grafts_of(kind, kind)
    logits(grafts, list(rows), len(rows)).square().sum().backward()
    mixed = {name: [parameter.grad for parameter in grafts.parameters_of(name)] for name in "ab"}
    for name in "ab":
        grafts.zero_grad(set_to_none=True)
        own = [row for row, other in enumerate(rows) if other == name]
        logits(grafts, name, len(rows))[own].square().sum().backward()
        for together, parameter in zip(mixed[name], grafts.parameters_of(name), strict=True):
            assert together is not None and parameter.grad is not None
            assert torch.allclose(together, parameter.grad, rtol=1e-3, atol=1e-3 * float(parameter.grad.abs().max()))


def test_branches_on_one_module_are_one_step() -> None:
    grafts = grafts_of("lora", "lora", "lora")
    grafts.use(["a", "b", "c", None])
    for steps in grafts._plan.values():
        ((branch, rows),) = steps
        assert isinstance(branch, BranchesByRow)
        assert rows is None
        assert len(branch.group) == 3


def test_layers_one_after_the_other_are_a_step_each_for_all_adapters() -> None:
    grafts = Grafts(tiny_t5())
    for name in "abc":
        grafts.add(name, {"part": ExtraLayerConfig(stack="decoder", count=2)})
    grafts.use(["a", "b", None, "c", "a"])
    (steps,) = grafts._plan.values()
    assert [len(branch.group) for branch, _ in steps if isinstance(branch, JointByRow)] == [3, 3]
    for place in (0, 1):
        own = {components["part"].branches[place] for components in map(grafts.components_of, "abc")}
        assert {branch for branch, _ in steps[place][0].group} == own  # type: ignore[union-attr]


def test_branches_on_the_same_rows_keep_their_order() -> None:
    grafts = Grafts(tiny_t5())
    for name in "ab":
        grafts.add(name, {"first": LAYER, "second": LoRAConfig(rank=2, targets=("q",)), "third": LAYER})
    grafts.use(["a", "b", "b"])
    (steps,) = (steps for steps in grafts._plan.values() if isinstance(steps[0][0], JointByRow))
    for place, part in enumerate(("first", "third")):
        own = {grafts.components_of(name)[part].branches[0] for name in "ab"}
        assert {branch for branch, _ in steps[place][0].group} == own  # type: ignore[union-attr]
