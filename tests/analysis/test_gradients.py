import math

from graftwork.analysis.gradients import replay_gradients
from graftwork.models.fingerprint import model_fingerprint
from tests.analysis.conftest import Ran


def test_a_replay_has_the_losses_that_were_recorded_to_the_last_bit(ran: Ran) -> None:
    for versions in ran.versions.values():
        _, replays = replay_gradients(ran.bench, versions, None)
        assert [(replay.difference, replay.steps) for replay in replays] == [(0, replay.of) for replay in replays]


def test_as_many_steps_are_replayed_as_asked_for(ran: Ran) -> None:
    gradients, replays = replay_gradients(ran.bench, ran.versions["extra-layer"], 1)
    assert {len(row.replayed) for row in gradients} == {1}
    assert {len(row.trained) for row in gradients} == {1}
    assert {row.steps for row in replays} == {1}


def test_what_is_zero_at_the_start_takes_the_first_gradient_and_not_what_it_multiplies(ran: Ran) -> None:
    # LoRA's B is zero, so A's gradient is zero in the first step; a new layer's output projections alone have one.
    gradients, _ = replay_gradients(ran.bench, ran.versions["hybrid"][:1], 2)
    inside = next(row for row in gradients if (row.component, row.stack) == ("lora", "new layer"))
    first, second = inside.replayed
    assert first > 0
    assert second > 0
    assert math.isfinite(second)


def test_components_and_stacks_are_told_apart(ran: Ran) -> None:
    gradients, _ = replay_gradients(ran.bench, ran.versions["hybrid"][:1], 1)
    places = {(row.component, row.stack) for row in gradients}
    assert places == {("lora", "encoder"), ("lora", "decoder"), ("lora", "new layer"), ("layer", "new layer")}


def test_a_replay_leaves_the_base_as_it_was(ran: Ran) -> None:
    replay_gradients(ran.bench, ran.versions["sequential"][:1], 1)
    assert model_fingerprint(ran.bench.base.model) == ran.bench.base.fingerprint
    assert all(one.grad is None for one in ran.bench.base.model.parameters())
