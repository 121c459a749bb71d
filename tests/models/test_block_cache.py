"""The cache of new decoder blocks, inside the base's."""

import pytest
import torch
from transformers import DynamicCache, EncoderDecoderCache, PreTrainedModel

from graftwork.components.attach import Grafts
from graftwork.components.extra_layer import ExtraLayerConfig
from graftwork.errors import InputError
from graftwork.models.tiny import tiny_mistral, tiny_t5

INPUTS = torch.arange(10, 22).reshape(3, 4)
TARGETS = torch.arange(100, 115).reshape(3, 5)


def grown(model: PreTrainedModel) -> Grafts:
    grafts = Grafts(model)
    for seed, name in enumerate(("a", "b")):
        grafts.add(name, {"layer": ExtraLayerConfig(stack="decoder", position=0, start="fresh")}, seed=seed)
    random = torch.Generator().manual_seed(0)
    for parameter in grafts.parameters():
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=random)
    return grafts


def step(grafts: Grafts, cache: EncoderDecoderCache, targets: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return grafts.model(input_ids=INPUTS, decoder_input_ids=targets, past_key_values=cache, use_cache=True).logits


def whole(grafts: Grafts) -> torch.Tensor:
    with torch.no_grad():
        return grafts.model(input_ids=INPUTS, decoder_input_ids=TARGETS, use_cache=False).logits


def growing() -> EncoderDecoderCache:
    """A cache that makes room for a layer when the layer asks, and knows nothing of the model."""
    return EncoderDecoderCache(DynamicCache(), DynamicCache())


def test_steps_with_a_cache_that_grows_equal_the_whole() -> None:
    grafts, cache = grown(tiny_t5()), growing()
    grafts.use("a")
    steps = [step(grafts, cache, TARGETS[:, :2]), step(grafts, cache, TARGETS[:, 2:])]
    torch.testing.assert_close(torch.cat(steps, dim=1), whole(grafts))


def test_a_decoder_shallower_than_the_encoder_generates() -> None:
    grafts = grown(tiny_t5(num_layers=3))
    grafts.use(["a", None, "b"])
    settings = {"input_ids": INPUTS, "max_new_tokens": 6, "do_sample": False, "num_beams": 2}
    cached = grafts.model.generate(**settings)
    assert torch.equal(cached, grafts.model.generate(**settings, use_cache=False))


@pytest.mark.parametrize("selection", ["a", ("a", None, "b")], ids=["one", "rows"])
def test_cropping_takes_tokens_back(selection: str | tuple[str | None, ...]) -> None:
    grafts, cache = grown(tiny_t5()), growing()
    grafts.use(selection)
    step(grafts, cache, TARGETS[:, :3])
    step(grafts, cache, torch.full((3, 2), 200))
    cache.crop(-2)
    torch.testing.assert_close(step(grafts, cache, TARGETS[:, 3:]), whole(grafts)[:, 3:])


def test_a_reset_cache_is_as_new() -> None:
    grafts, cache = grown(tiny_t5()), growing()
    grafts.use("a")
    step(grafts, cache, torch.full((3, 2), 200))
    cache.reset()
    torch.testing.assert_close(step(grafts, cache, TARGETS), whole(grafts))


def test_the_carrier_tells_the_length_of_its_blocks() -> None:
    grafts, cache = grown(tiny_t5()), growing()
    grafts.use("a")
    step(grafts, cache, TARGETS[:, :3])
    assert cache.get_seq_length(2) == 3
    assert cache.get_mask_sizes(2, 2) == (5, 0)
    assert cache.get_max_length() == -1


def test_rows_follow_beams_of_their_own_adapter() -> None:
    grafts, cache = grown(tiny_t5()), growing()
    grafts.use(["a", "a", "b"])
    step(grafts, cache, TARGETS[:, :2])
    cache.reorder_cache(torch.tensor([1, 0, 2]))
    swapped = step(grafts, cache, TARGETS[[1, 0, 2], 2:])
    assert cache.get_seq_length() == 5
    torch.testing.assert_close(swapped[2], whole(grafts)[2, 2:])


def test_a_row_cannot_take_over_the_past_of_another_adapter() -> None:
    grafts, cache = grown(tiny_t5()), growing()
    grafts.use(["a", "a", "b"])
    step(grafts, cache, TARGETS[:, :2])
    with pytest.raises(ValueError, match="another adapter"):
        cache.reorder_cache(torch.tensor([2, 1, 0]))


@pytest.mark.parametrize("settings", [{}, {"config": None}], ids=["forgetting", "keeping all"])
def test_past_the_window_steps_equal_the_whole(settings: dict[str, None]) -> None:
    grafts = grown(tiny_mistral(sliding_window=3))
    grafts.use("a")
    cache = DynamicCache(**({"config": grafts.model.config} | settings))
    tokens = torch.arange(10, 30).reshape(2, 10)
    with torch.no_grad():
        expected = grafts.model(input_ids=tokens, use_cache=False).logits
        steps = [grafts.model(input_ids=part, past_key_values=cache).logits for part in tokens.split([4, 1, 5], dim=1)]
    torch.testing.assert_close(torch.cat(steps, dim=1), expected)


def test_a_block_with_a_window_forgets_what_the_base_forgets() -> None:
    grafts = grown(tiny_mistral(sliding_window=3))
    grafts.use("a")
    cache = DynamicCache(config=grafts.model.config)
    with torch.no_grad():
        grafts.model(input_ids=torch.arange(10, 20)[None], past_key_values=cache)
    ((own, _),) = cache.layers[-1].caches.values()
    assert own.layers[0].keys.shape == cache.layers[0].keys.shape == (1, 2, 2, 8)


def test_a_cache_of_a_fixed_length_is_refused() -> None:
    grafts = grown(tiny_mistral(sliding_window=None))
    grafts.use("a")
    with pytest.raises(InputError, match="cannot use a cache of a fixed length; leave it out, or give dynamic"):
        grafts.model.generate(input_ids=INPUTS, max_new_tokens=4, cache_implementation="static", pad_token_id=0)


def test_rows_that_go_on_keep_their_past_and_a_block_without_rows_leaves() -> None:
    grafts, cache = grown(tiny_mistral(sliding_window=None)), DynamicCache()
    names = ["a", "b", None, "a"]
    tokens, kept = torch.arange(10, 30).reshape(4, 5), torch.tensor([2, 3])
    grafts.use(names)
    with torch.no_grad():
        expected = grafts.model(input_ids=tokens, use_cache=False).logits
        grafts.model(input_ids=tokens[:, :3], past_key_values=cache)
        cache.batch_select_indices(kept)
        grafts.use([names[row] for row in kept])
        rest = grafts.model(input_ids=tokens[kept, 3:], past_key_values=cache).logits
    torch.testing.assert_close(rest, expected[kept, 3:])
    assert len(cache.layers[-1].caches) == 1
