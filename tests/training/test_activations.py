from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from graftwork.components.attach import Grafts
from graftwork.components.extra_layer import ExtraLayerConfig
from graftwork.components.ffn_expansion import FFNExpansionConfig
from graftwork.components.kinds import ComponentConfig
from graftwork.components.lora import LoRAConfig
from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.frozen import FrozenBlocks
from graftwork.models.tiny import tiny_model
from graftwork.training.activations import Activations, ActivationStore
from graftwork.training.batches import Encoded
from graftwork.training.loop import StepRecord, TrainingConfig, train

EXAMPLES = [
    Encoded(tuple(range(10, 13 + n)), (*(30 + (7 * n + place) % 90 for place in range(3 + 2 * (n % 5))), 1))
    for n in range(12)
]
ALIKE = [Encoded(tuple(range(10 + n, 18 + n)), tuple(range(40 + n, 48 + n))) for n in range(8)]
LAST = {"layer": ExtraLayerConfig(stack="decoder")}
PLACES: Mapping[str, tuple[str, Mapping[str, ComponentConfig]]] = {
    "T5, last of the decoder": ("t5", LAST),
    "T5, middle of the decoder": ("t5", {"layer": ExtraLayerConfig(stack="decoder", position=0)}),
    "T5, last of the encoder": ("t5", {"layer": ExtraLayerConfig(stack="encoder")}),
    "T5, middle of the encoder": ("t5", {"layer": ExtraLayerConfig(stack="encoder", position=0)}),
    "T5, feed-forward of the last block": ("t5", {"ffn": FFNExpansionConfig(stacks=("decoder",), blocks=(-1,))}),
    "Qwen2, last": ("qwen2", LAST),
    "Mistral, middle": ("mistral", {"layer": ExtraLayerConfig(position=0)}),
    "GPT-2, last": ("gpt2", LAST),
}
ROOM = 10**8


def grown(family: str, components: Mapping[str, ComponentConfig]) -> Grafts:
    grafts = Grafts(tiny_model(family))
    grafts.add("a", components, seed=1)
    grafts.use("a")
    return grafts


def trained(
    grafts: Grafts, folder: Path | None, examples: list[Encoded] = EXAMPLES, **settings: Any
) -> tuple[list[float], torch.Tensor]:
    """The losses of all steps, and what the parameters have become."""
    steps: list[StepRecord] = []
    config = TrainingConfig(
        **({"epochs": 3, "batch_rows": 4, "learning_rate": 2e-3, "precision": "float32"} | settings)
    )
    store = None if folder is None else ActivationStore(folder, ROOM)
    parameters = {"a": grafts.parameters_of("a")}
    train(grafts.model, parameters, examples, config, 3, steps.append, store=store)
    return [step.loss for step in steps], torch.cat([one.detach().flatten() for one in grafts.parameters_of("a")])


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*"))


@pytest.mark.parametrize("place", PLACES)
def test_a_whole_training_has_the_same_losses(tmp_path: Path, place: str) -> None:
    losses, weights = trained(grown(*PLACES[place]), None)
    stored, stored_weights = trained(grown(*PLACES[place]), tmp_path)
    assert len(files(tmp_path)) == 1
    assert stored == pytest.approx(losses, rel=1e-6)
    torch.testing.assert_close(stored_weights, weights, rtol=1e-3, atol=1e-4)
    assert sum(losses[-3:]) < sum(losses[:3])  # of the last pass over the examples, and the first


@pytest.mark.parametrize("place", PLACES)
def test_batches_of_equal_shapes_have_the_same_bits(tmp_path: Path, place: str) -> None:
    settings = {"batch_rows": 8, "quick": False}
    losses, weights = trained(grown(*PLACES[place]), None, ALIKE, **settings)
    stored, stored_weights = trained(grown(*PLACES[place]), tmp_path, ALIKE, **settings)
    assert stored == losses
    assert torch.equal(stored_weights, weights)


def test_in_bfloat16_the_losses_are_alike(tmp_path: Path) -> None:
    losses, _ = trained(grown("t5", LAST), None, precision="bf16")
    stored, _ = trained(grown("t5", LAST), tmp_path, precision="bf16")
    assert stored == pytest.approx(losses, rel=5e-3)


def test_frozen_blocks_are_not_computed_again(tmp_path: Path) -> None:
    grafts = grown("t5", LAST)
    trained(grafts, tmp_path)
    calls = count_calls(grafts)
    trained(grafts, tmp_path)
    assert calls == []


def test_padding_is_left_out_of_steps_from_stored_activations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uneven = [Encoded(tuple(range(10, 14 + 9 * n)), (*range(40, 44 + 11 * n), 1)) for n in range(8)]
    losses, _ = trained(grown("t5", LAST), None, uneven, batch_rows=8)
    given: list[tuple[torch.Size, int]] = []
    left_out = FrozenBlocks.left_out

    def spy(blocks: FrozenBlocks, states: Any, lengths: Any = None) -> Any:
        given.extend((states[stack].shape, 8 * lengths[stack]) for stack in states)
        return left_out(blocks, states, lengths)

    monkeypatch.setattr(FrozenBlocks, "left_out", spy)
    stored, _ = trained(grown("t5", LAST), tmp_path, uneven, batch_rows=8)
    assert given
    assert all(shape[0] == 1 and shape[1] < 0.8 * places for shape, places in given)
    assert stored == pytest.approx(losses, rel=1e-6)


def count_calls(grafts: Grafts) -> list[str]:
    """Grows with each call of a feed-forward's activation in the base's blocks, where no hook may hang."""
    calls: list[str] = []
    for feed_forward in grafts.anatomy.feed_forwards():
        own = feed_forward.module.act.forward  # type: ignore[union-attr]

        def forward(numbers: torch.Tensor, own: Any = own, path: str = feed_forward.path) -> torch.Tensor:
            calls.append(path)
            return own(numbers)  # type: ignore[no-any-return]

        feed_forward.module.act.__dict__["forward"] = forward  # type: ignore[union-attr]
    return calls


@pytest.mark.parametrize(
    ("components", "settings"),
    [
        ({"lora": LoRAConfig(targets="all-linear")}, {}),
        ({**LAST, "lora": LoRAConfig(targets="all-linear")}, {}),
        (LAST, {"epochs": 1}),
        (LAST, {"base_dropout": True}),
    ],
)
def test_nothing_is_stored_where_nothing_stays_the_same_or_is_asked_twice(
    tmp_path: Path, components: Mapping[str, ComponentConfig], settings: dict[str, Any]
) -> None:
    trained(grown("t5", components), tmp_path, **settings)
    assert files(tmp_path) == []


def test_a_trained_base_has_no_frozen_blocks(tmp_path: Path) -> None:
    assert ActivationStore(tmp_path, ROOM).of(tiny_model("t5"), EXAMPLES) is None


def of(folder: Path, room: int = ROOM, examples: list[Encoded] = EXAMPLES, condition: str = "") -> Activations | None:
    return ActivationStore(folder, room).of(grown("t5", LAST).model, examples, (condition,))


@pytest.mark.parametrize("spoil", ["header", "content", "length"])
def test_a_damaged_file_is_made_anew(tmp_path: Path, spoil: str) -> None:
    assert of(tmp_path) is not None
    (path,) = files(tmp_path)
    whole = path.read_bytes()
    places = {"header": 70, "content": len(whole) - 9}
    if spoil in places:
        place = places[spoil]
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    else:
        path.write_bytes(whole[:-64])
    assert of(tmp_path) is not None
    assert path.read_bytes() == whole


def test_a_whole_file_is_not_written_again(tmp_path: Path) -> None:
    assert of(tmp_path) is not None
    (path,) = files(tmp_path)
    before = path.stat().st_ino
    assert of(tmp_path) is not None
    assert path.stat().st_ino == before


def test_the_key_tells_bases_examples_places_and_conditions_apart(tmp_path: Path) -> None:
    grafts = grown("t5", {"layer": ExtraLayerConfig(stack="decoder", position=0)})
    other = Grafts(tiny_model("t5", seed=5))
    of(tmp_path)
    of(tmp_path, condition="bf16")
    of(tmp_path, examples=EXAMPLES[::-1])
    ActivationStore(tmp_path, ROOM).of(grafts.model, EXAMPLES, ("",))
    ActivationStore(tmp_path, ROOM).of(other.model, EXAMPLES, ("",))
    assert len(files(tmp_path)) == 5


def test_what_was_used_longest_ago_leaves_within_the_bound(tmp_path: Path) -> None:
    of(tmp_path, condition="first")
    (first,) = files(tmp_path)
    room = 2 * first.stat().st_size
    of(tmp_path, room, condition="second")
    (second,) = set(files(tmp_path)) - {first}
    of(tmp_path, room, condition="first")
    of(tmp_path, room, condition="third")
    assert first.exists()
    assert not second.exists()
    assert sum(path.stat().st_size for path in files(tmp_path)) <= room


def test_what_does_not_fit_is_computed_in_every_step(tmp_path: Path) -> None:
    assert of(tmp_path, room=100) is None
    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_written_does_not_stop_the_training(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert of(tmp_path / "file") is None


def test_the_base_and_its_modules_are_as_they_were(tmp_path: Path) -> None:
    grafts = grown("t5", LAST)
    before = model_fingerprint(grafts.model)
    trained(grafts, tmp_path)
    assert model_fingerprint(grafts.model) == before
    assert not any("forward" in module.__dict__ for module in grafts.model.modules())
