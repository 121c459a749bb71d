import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import nn
from transformers import T5ForConditionalGeneration
from transformers.utils import ModelOutput

from graftwork.errors import InputError, StudyError
from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.tiny import tiny_t5
from graftwork.training.batches import Batch, Encoded
from graftwork.training.loop import StepRecord, TrainingConfig, bf16_is_fast, precision, train
from graftwork.training.optimizer import ClippedAdamW

EXAMPLES = [Encoded((10 + n, 20 + n, 2), (30 + n, 40 + n % 3, 2)) for n in range(8)]
CPU = torch.device("cpu")


def config(**settings: Any) -> TrainingConfig:
    return TrainingConfig(**({"epochs": 1, "batch_rows": 4, "learning_rate": 1e-3, "precision": "float32"} | settings))


def attention(model: T5ForConditionalGeneration) -> list[nn.Parameter]:
    return [parameter for name, parameter in model.named_parameters() if ".q." in name]


def trained(seed: int = 0, **settings: Any) -> tuple[T5ForConditionalGeneration, list[StepRecord]]:
    """A tiny model after training all of it, and what was told on the way."""
    model, steps = tiny_t5(), []
    train(model, {"base": list(model.parameters())}, EXAMPLES, config(**settings), seed, steps.append)
    return model, steps


def test_only_the_given_parameters_change() -> None:
    model = tiny_t5()
    chosen = attention(model)
    before = {name: parameter.clone() for name, parameter in model.named_parameters()}
    train(model, {"some": chosen}, EXAMPLES, config(), 0)
    changed = {name for name, parameter in model.named_parameters() if not torch.equal(parameter, before[name])}
    assert changed == {name for name, parameter in model.named_parameters() if any(parameter is one for one in chosen)}


@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_the_same_seed_gives_the_same_bits(precision: str) -> None:
    first, second = (trained(seed=3, precision=precision, base_dropout=True)[0] for _ in range(2))
    assert model_fingerprint(first) == model_fingerprint(second)


def test_another_seed_gives_another_order() -> None:
    assert model_fingerprint(trained(seed=1)[0]) != model_fingerprint(trained(seed=2)[0])


def test_what_was_random_before_does_not_matter() -> None:
    torch.manual_seed(1)
    first, _ = trained(base_dropout=True)
    torch.manual_seed(2)
    second, _ = trained(base_dropout=True)
    assert model_fingerprint(first) == model_fingerprint(second)


@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_the_loss_falls_on_a_tiny_task(precision: str) -> None:
    _, steps = trained(epochs=40, learning_rate=1e-2, precision=precision)
    assert steps[-1].loss < 0.2 < 4 < steps[0].loss


def test_bf16_computes_in_bfloat16_and_keeps_the_weights_in_float32() -> None:
    model, steps = trained(precision="bf16")
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert steps[0].loss != trained()[1][0].loss == pytest.approx(steps[0].loss, rel=0.05)


def test_on_step_is_told_each_step() -> None:
    _, steps = trained(epochs=3)
    assert [step.step for step in steps] == [1, 2, 3, 4, 5, 6]
    assert {step.steps for step in steps} == {6}
    assert [step.tokens for step in steps] == [24, 48, 72, 96, 120, 144]
    assert all(later.seconds >= step.seconds for step, later in zip(steps, steps[1:], strict=False))


def test_the_outcome_says_what_training_took() -> None:
    model = tiny_t5()
    outcome = train(model, {"base": list(model.parameters())}, EXAMPLES, config(epochs=2), 0)
    assert (outcome.steps, outcome.tokens) == (4, 96)
    assert outcome.seconds > 0


def test_the_first_loss_is_that_of_the_untrained_model() -> None:
    model = tiny_t5()
    inputs = torch.tensor([example.source for example in EXAMPLES])
    expected = model(input_ids=inputs, labels=torch.tensor([example.target for example in EXAMPLES])).loss
    assert trained(batch_rows=8)[1][0].loss == pytest.approx(expected.item(), rel=1e-5)


def test_a_loss_that_is_no_number_ends_training_with_the_step() -> None:
    model = tiny_t5()
    parameters = list(model.parameters())

    def poison(step: StepRecord) -> None:
        if step.step == 2:
            parameters[0].data.fill_(math.nan)

    with pytest.raises(StudyError, match=r"the loss is nan .* at step 3 of 4 \(training examples \d, \d, \d, \d"):
        train(model, {"base": parameters}, EXAMPLES, config(epochs=2), 0, poison)


def test_a_gradient_that_is_no_number_ends_training_before_it_is_used() -> None:
    model = tiny_t5()
    parameter = attention(model)[0]
    before = model_fingerprint(model)

    def penalty(batch: Batch, output: ModelOutput) -> torch.Tensor:  # zero, with an infinite slope
        return (parameter * 0).abs().sum().sqrt()

    with pytest.raises(StudyError, match=r"the norm of its gradient nan at step 1 of 2"):
        train(model, {"some": [parameter]}, EXAMPLES, config(), 0, penalty=penalty)
    assert model_fingerprint(model) == before


class Rates:
    """The learning rates of each step, read where the optimizer uses them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.by_group: list[list[float]] = []
        step = ClippedAdamW.step_clipped

        def spy(optimizer: ClippedAdamW, *rest: Any) -> None:
            self.by_group.append([group["lr"] for group in optimizer.param_groups])
            step(optimizer, *rest)

        monkeypatch.setattr(ClippedAdamW, "step_clipped", spy)


@pytest.fixture
def rates(monkeypatch: pytest.MonkeyPatch) -> Rates:
    return Rates(monkeypatch)


def test_a_constant_rate_stays(rates: Rates) -> None:
    trained(epochs=2)
    assert rates.by_group == [[1e-3]] * 4


def test_a_linear_rate_falls_evenly_and_would_be_zero_after_the_last_step(rates: Rates) -> None:
    trained(epochs=2, schedule="linear")
    assert rates.by_group == [[pytest.approx(1e-3 * share)] for share in (1, 0.75, 0.5, 0.25)]


def test_kinds_of_parts_have_their_own_rates(rates: Rates) -> None:
    model = tiny_t5()
    first, second = attention(model)[:2]
    train(model, {"lora": [first], "layer": [second]}, EXAMPLES, config(learning_rates={"lora": 0.5}), 0)
    assert rates.by_group == [[0.5, 1e-3]] * 2


def test_a_kind_whose_rate_is_tiny_hardly_moves() -> None:
    model = tiny_t5()
    slow, fast = attention(model)[:2]
    before = slow.detach().clone(), fast.detach().clone()
    train(model, {"slow": [slow], "fast": [fast]}, EXAMPLES, config(learning_rates={"slow": 1e-9}), 0)
    moved = [(now - then).abs().max().item() for now, then in zip((slow, fast), before, strict=True)]
    assert moved[0] < 1e-7 < 1e-4 < moved[1]


def test_each_kind_follows_the_schedule_from_its_own_rate(rates: Rates) -> None:
    model = tiny_t5()
    first, second = attention(model)[:2]
    settings = config(learning_rates={"lora": 0.5}, schedule="linear")
    train(model, {"lora": [first], "layer": [second]}, EXAMPLES, settings, 0)
    assert rates.by_group == [[0.5, 1e-3], [0.25, 5e-4]]


def test_the_gradient_is_clipped(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[bool, float]] = []
    step = ClippedAdamW.step_clipped

    def spy(optimizer: ClippedAdamW, norm: torch.Tensor, most: float) -> None:
        gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        whole = torch.cat([gradient.flatten() for gradient in gradients]).norm()
        given.append((bool(torch.isclose(norm, whole)) and norm > 10 * most, most))
        step(optimizer, norm, most)

    monkeypatch.setattr(ClippedAdamW, "step_clipped", spy)
    trained(clip=0.01)
    assert given == [(True, 0.01)] * 2


def test_a_penalty_is_added_to_the_loss_that_is_minimised() -> None:
    model = tiny_t5()
    parameter = attention(model)[0]

    def penalty(batch: Batch, output: ModelOutput) -> torch.Tensor:
        return 1e6 * parameter.sum()

    before = parameter.detach().clone()
    train(model, {"some": [parameter]}, EXAMPLES, config(batch_rows=8), 0, penalty=penalty)
    # The first step of AdamW is the sign of the gradient, which is that of the penalty.
    torch.testing.assert_close(parameter.detach(), before - 1e-3)


def test_the_recorded_loss_is_without_the_penalty() -> None:
    model = tiny_t5()
    steps: list[StepRecord] = []
    everything = {"base": list(model.parameters())}
    train(model, everything, EXAMPLES, config(), 0, steps.append, lambda batch, output: torch.tensor(100.0))
    assert steps[0].loss == trained()[1][0].loss


def test_a_penalty_is_given_each_batch_with_what_the_model_made_of_it() -> None:
    model = tiny_t5()
    told: list[tuple[int, ...]] = []

    def penalty(batch: Batch, output: ModelOutput) -> None:
        told.append(batch.indices)
        assert output.logits.shape[:2] == batch.labels.shape
        assert not model.training

    everything = {"base": list(model.parameters())}
    train(model, everything, EXAMPLES, config(base_dropout=True), 0, penalty=penalty)
    assert sorted(index for indices in told for index in indices) == list(range(len(EXAMPLES)))


def test_base_dropout_acts_only_where_asked() -> None:
    assert trained(base_dropout=True)[1][0].loss != trained(base_dropout=False)[1][0].loss


def test_the_model_is_in_evaluation_mode_at_each_step_and_at_the_end() -> None:
    model = tiny_t5()
    modes: list[bool] = []
    train(
        model,
        {"base": list(model.parameters())},
        EXAMPLES,
        config(base_dropout=True),
        0,
        lambda step: modes.append(model.training),
    )
    assert [*modes, model.training] == [False, False, False]


def test_the_mode_surrounds_each_forward_pass_and_not_on_step() -> None:
    model = tiny_t5()
    events: list[str] = []
    model.register_forward_hook(lambda *_: events.append("forward"))

    @contextmanager
    def mode() -> Iterator[None]:
        events.append("in")
        yield
        events.append("out")

    train(
        model, {"base": list(model.parameters())}, EXAMPLES, config(), 0, lambda step: events.append("step"), mode=mode
    )
    assert events == ["in", "forward", "out", "step"] * 2


def test_no_gradient_is_left_behind() -> None:
    assert all(parameter.grad is None for parameter in trained()[0].parameters())


def test_auto_takes_bfloat16_where_the_processor_is_made_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for fast in (True, False):
        monkeypatch.setattr("graftwork.training.loop.bf16_is_fast", lambda device, fast=fast: fast)
        with precision(config(precision="auto"), CPU):
            assert torch.is_autocast_enabled("cpu") == fast


def test_an_asked_precision_is_used_whatever_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    for asked in ("bf16", "float32"):
        monkeypatch.setattr("graftwork.training.loop.bf16_is_fast", lambda device, asked=asked: asked == "float32")
        with precision(config(precision=asked), CPU):
            assert torch.is_autocast_enabled("cpu") == (asked == "bf16")


@pytest.mark.parametrize("capabilities", [{}, {"avx512_bf16": True}, {"avx512_bf16": False, "amx_bf16": True}])
def test_bfloat16_is_fast_where_the_processor_has_instructions_for_it(
    capabilities: dict[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert bf16_is_fast(CPU) == any(capabilities.values())


def test_every_device_has_an_automatic_precision() -> None:
    assert isinstance(bf16_is_fast(CPU), bool)
    assert bf16_is_fast(torch.device("meta")) is False


def test_without_asking_training_works_on_this_processor() -> None:
    assert trained(precision="auto")[1]


@pytest.mark.parametrize(
    "wrong", [{"epochs": 0}, {"learning_rate": 0}, {"schedule": "cosine"}, {"precision": "float8"}, {"clip": -1}]
)
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=f"training: {next(iter(wrong))}: input should be"):
        TrainingConfig.read(wrong, "training")


@pytest.mark.parametrize("name", ["float16", "fp16", "half"])
def test_float16_is_refused_with_the_reason(name: str) -> None:
    with pytest.raises(InputError) as error:
        TrainingConfig.read({"precision": name}, "training")
    assert "T5's activations overflow float16, whose largest number is 65,504" in str(error.value)
    assert "use bf16" in str(error.value)
