import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
from transformers import PreTrainedModel

from graftwork.components import (
    EmbeddingExpansionConfig,
    ExtraLayerConfig,
    FFNExpansionConfig,
    Grafts,
    HeadExpansionConfig,
    LinearExpansionConfig,
    LoRAConfig,
)
from graftwork.components.kinds import ComponentConfig
from graftwork.errors import InputError, StudyError
from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.tiny import tiny_llama, tiny_t5
from graftwork.training.batches import Encoded
from graftwork.training.loop import StepRecord, TrainingConfig, TrainingOutcome, train
from graftwork.training.together import Part, train_together

LORA = LoRAConfig(rank=4, alpha=8, dropout=0.0, targets="all-linear")
DEEP = ExtraLayerConfig(stack="decoder", position=0)
ADAPTERS: dict[str, dict[str, ComponentConfig]] = {
    "lora": {"lora": LORA},
    "layer": {"layer": ExtraLayerConfig(stack="decoder")},
    "hybrid": {"layer": DEEP, "lora": LORA},
}
MORE: dict[str, dict[str, ComponentConfig]] = {
    "ffn": {"ffn": FFNExpansionConfig(width=8)},
    "heads": {"heads": HeadExpansionConfig(heads=2)},
    "embedding": {"embedding": EmbeddingExpansionConfig(width=8)},
    "linear": {"linear": LinearExpansionConfig(width=4, activation="gelu")},
}


def examples(count: int, seed: int) -> list[Encoded]:
    """Examples of many lengths, from 2 to 13 tokens each side."""
    random = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, 13, (count, 2), generator=random).tolist()
    return [
        Encoded(*((*torch.randint(5, 250, (length,), generator=random).tolist(), 2) for length in pair))
        for pair in lengths
    ]


PARTS = {"lora": Part(examples(12, 1), 1), "layer": Part(examples(9, 2), 2), "hybrid": Part(examples(5, 3), 3)}
"""Six, six and four steps."""


def config(**settings: Any) -> TrainingConfig:
    return TrainingConfig(**({"epochs": 2, "batch_rows": 4, "learning_rate": 1e-3, "precision": "float32"} | settings))


def new(dropout: float = 0.0, make: Callable[..., PreTrainedModel] = tiny_t5) -> Grafts:
    """All the adapters on a base."""
    grafts = Grafts(make(dropout_rate=dropout) if make is tiny_t5 else make())
    for seed, (name, components) in enumerate((ADAPTERS | MORE).items()):
        grafts.add(name, components, seed=seed)
    return grafts


Steps = dict[str, list[StepRecord]]


def together(
    grafts: Grafts, parts: Mapping[str, Part] = PARTS, joined: bool | None = True, **settings: Any
) -> tuple[Steps, dict[str, TrainingOutcome]]:
    steps: Steps = {name: [] for name in parts}
    outcomes = train_together(
        grafts, parts, config(**settings), lambda name, step: steps[name].append(step), joined=joined
    )
    return steps, outcomes


def alone(grafts: Grafts, name: str, part: Part | None = None, **settings: Any) -> list[StepRecord]:
    """The adapter trained by ``train``."""
    part = part or PARTS[name]
    steps: list[StepRecord] = []
    by_kind: dict[str, list[torch.nn.Parameter]] = {}
    for component in grafts.components_of(name).values():
        by_kind.setdefault(component.config.kind, []).extend(component.parameters())
    grafts.train()
    with grafts.using(name):
        train(grafts.model, by_kind, part.examples, config(**settings), part.seed, steps.append)
    grafts.eval()
    return steps


def check_equal(mixed: Grafts, single: Grafts, name: str, steps: list[StepRecord], expected: list[StepRecord]) -> None:
    assert [step.loss for step in steps] == pytest.approx([step.loss for step in expected], rel=1e-5)
    for path, parameter in single.tensors_of(name).items():
        torch.testing.assert_close(mixed.tensors_of(name)[path], parameter, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("settings", [{}, {"schedule": "linear", "clip": 0.05, "learning_rates": {"lora": 3e-4}}])
def test_every_adapter_goes_the_way_of_training_alone(settings: dict[str, Any]) -> None:
    mixed, single = new(), new()
    steps, _ = together(mixed, **settings)
    for name in ADAPTERS:
        check_equal(mixed, single, name, steps[name], alone(single, name, **settings))


@pytest.mark.parametrize("make", [tiny_t5, tiny_llama])
def test_adapters_of_any_kinds_are_trained_together(make: Callable[..., PreTrainedModel]) -> None:
    mixed, single = new(make=make), new(make=make)
    parts = {name: Part(examples(6, seed), seed) for seed, name in enumerate(ADAPTERS | MORE)}
    steps, _ = together(mixed, parts)
    for name, part in parts.items():
        check_equal(mixed, single, name, steps[name], alone(single, name, part))


def test_ranks_and_seeds_are_trained_together() -> None:
    parts = {f"r{rank}": Part(PARTS["lora"].examples, rank) for rank in (1, 4, 16)}
    mixed, single = Grafts(tiny_t5()), Grafts(tiny_t5())
    for grafts in (mixed, single):
        for name, part in parts.items():
            grafts.add(name, {"lora": LORA.model_copy(update={"rank": part.seed})}, seed=part.seed)
    steps, _ = together(mixed, parts)
    for name, part in parts.items():
        check_equal(mixed, single, name, steps[name], alone(single, name, part))


def test_on_a_cpu_they_are_trained_one_after_the_other_with_the_bits_of_training_alone() -> None:
    mixed, single, told = new(dropout=0.2), new(dropout=0.2), []
    train_together(mixed, PARTS, config(base_dropout=True), lambda name, step: told.append((name, step.loss)))
    expected = [(name, step.loss) for name in PARTS for step in alone(single, name, base_dropout=True)]
    assert told == expected
    assert [mixed.fingerprint(name) for name in PARTS] == [single.fingerprint(name) for name in PARTS]


def test_steps_are_counted_by_adapter_and_one_with_fewer_ends_earlier() -> None:
    single = new()
    steps, outcomes = together(new())
    for name in ADAPTERS:
        expected = alone(single, name)
        counted = [(step.step, step.steps, step.tokens) for step in steps[name]]
        assert counted == [(step.step, step.steps, step.tokens) for step in expected]
        assert (outcomes[name].steps, outcomes[name].tokens) == (expected[-1].step, expected[-1].tokens)
    assert {name: outcome.steps for name, outcome in outcomes.items()} == {"lora": 6, "layer": 6, "hybrid": 4}
    assert 0 < outcomes["hybrid"].seconds < outcomes["lora"].seconds


@pytest.mark.parametrize("joined", [True, False])
def test_the_base_and_other_adapters_stay_as_they_are(joined: bool) -> None:
    grafts = new()
    grafts.add("bystander", ADAPTERS["lora"])
    before = grafts.fingerprint("bystander")
    together(grafts, joined=joined)
    assert grafts.fingerprint("bystander") == before
    assert model_fingerprint(grafts.model) == grafts.base_fingerprint
    assert all(parameter.grad is None for parameter in [*grafts.model.parameters(), *grafts.parameters()])


@pytest.mark.parametrize("joined", [True, False])
def test_what_was_chosen_before_is_chosen_after_and_everything_is_in_evaluation_mode(joined: bool) -> None:
    grafts = new()
    grafts.use("layer")
    together(grafts, joined=joined, base_dropout=True)
    assert grafts.selection == "layer"
    assert not any(module.training for module in [*grafts.modules(), *grafts.model.modules()])


def test_one_adapter_with_dropout_is_trained_as_by_train() -> None:
    mixed, single = new(dropout=0.2), new(dropout=0.2)
    steps, _ = together(mixed, {"hybrid": PARTS["hybrid"]}, base_dropout=True)
    expected = alone(single, "hybrid", base_dropout=True)
    assert [step.loss for step in steps["hybrid"]] == pytest.approx([step.loss for step in expected], rel=1e-5)


def test_the_same_seeds_give_the_same_bits() -> None:
    prints = []
    for _ in range(2):
        grafts = new(dropout=0.2)
        together(grafts, base_dropout=True)
        prints.append([grafts.fingerprint(name) for name in ADAPTERS])
    assert prints[0] == prints[1]


def test_bf16_trains_all_of_them() -> None:
    steps, _ = together(new(), precision="bf16", epochs=8, learning_rate=1e-2)
    for own in steps.values():
        assert own[-1].loss < own[0].loss


@pytest.mark.parametrize("joined", [True, False])
def test_a_loss_that_is_no_number_names_the_adapter_and_the_step(joined: bool) -> None:
    grafts = new()
    next(iter(grafts.parameters_of("layer"))).data.fill_(math.nan)
    with pytest.raises(StudyError, match=r"adapter layer: the loss is nan .* at step 1 of 6 \(training examples"):
        together(grafts, joined=joined)


def test_an_unknown_adapter_is_refused() -> None:
    with pytest.raises(InputError, match="no adapter is called 'larry'; did you mean 'layer'"):
        together(new(), {"larry": PARTS["layer"]})


def test_adapters_with_a_component_in_common_are_refused() -> None:
    grafts = Grafts(tiny_t5())
    for name in ("lora", "layer"):
        grafts.add(name, {"common": LORA}, shared={"common": "common"})
    with pytest.raises(InputError, match="adapters 'lora' and 'layer' share a component; train one after the other"):
        together(grafts, {name: PARTS[name] for name in ("lora", "layer")})


def test_no_adapters_take_no_steps() -> None:
    assert [train_together(new(), {}, config(), joined=joined) for joined in (True, False)] == [{}, {}]
