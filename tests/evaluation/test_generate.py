from collections.abc import Sequence

import pytest
import torch
from transformers import T5ForConditionalGeneration

from graftwork.components.attach import Grafts
from graftwork.components.extra_layer import ExtraLayerConfig
from graftwork.components.lora import LoRAConfig
from graftwork.errors import InputError
from graftwork.evaluation.generate import DecodingConfig, generate_greedy
from graftwork.training.batches import Encoded, collate

from .conftest import LEARNED

Prompts = list[tuple[int, ...]]
CONFIG = DecodingConfig(max_new_tokens=16)
EXTRA_LAYERS = {
    "encoder": {"layer": ExtraLayerConfig(stack="encoder")},
    "decoder": {"layer": ExtraLayerConfig(stack="decoder")},
    "decoder-inside": {"layer": ExtraLayerConfig(stack="decoder", position=0, count=2)},
    "hybrid": {"lora": LoRAConfig(rank=4, alpha=8), "layer": ExtraLayerConfig(stack="decoder")},
}


def transformers_outputs(model: T5ForConditionalGeneration, prompts: Prompts, most: int = 16) -> list[list[int]]:
    """What Transformers' own greedy decoding gives, all prompts in one batch."""
    batch = collate([Encoded(prompt, ()) for prompt in prompts], range(len(prompts)), 0)
    tokens = model.generate(
        input_ids=batch.input_ids,
        attention_mask=batch.attention_mask,
        max_new_tokens=most,
        do_sample=False,
        num_beams=1,
    )
    rows = [row[1:] for row in tokens.tolist()]
    return [row[: row.index(2)] if 2 in row else row for row in rows]


def grown(model: T5ForConditionalGeneration, kind: str, names: Sequence[str] = ("python",)) -> Grafts:
    """The model with adapters whose parameters are as if trained."""
    grafts = Grafts(model)
    random = torch.Generator().manual_seed(0)
    for name in names:
        grafts.add(name, EXTRA_LAYERS[kind])
    for parameter in grafts.parameters():
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=random)
    return grafts


def test_the_model_continues_with_what_it_has_learned(model: T5ForConditionalGeneration) -> None:
    outputs = generate_greedy(model, [example.source for example in LEARNED], CONFIG)
    assert outputs == [list(example.target[:-1]) for example in LEARNED]


def test_tokens_equal_those_of_transformers(model: T5ForConditionalGeneration, prompts: Prompts) -> None:
    outputs = generate_greedy(model, prompts, CONFIG)
    assert outputs == transformers_outputs(model, prompts)
    assert len({len(output) for output in outputs}) > 4  # rows were done at different times


@pytest.mark.parametrize("kind", EXTRA_LAYERS)
def test_tokens_equal_those_of_transformers_with_an_adapter(
    kind: str, model: T5ForConditionalGeneration, prompts: Prompts
) -> None:
    without = generate_greedy(model, prompts, CONFIG)
    grafts = grown(model, kind)
    grafts.use("python")
    outputs = generate_greedy(model, prompts, CONFIG)
    assert outputs == transformers_outputs(model, prompts)
    assert outputs != without
    assert len({len(output) for output in outputs}) > 1


@pytest.mark.parametrize("rows", [1, 2, 5, 64])
def test_the_size_of_a_batch_does_not_change_the_tokens(
    rows: int, model: T5ForConditionalGeneration, prompts: Prompts
) -> None:
    outputs = generate_greedy(model, prompts, DecodingConfig(max_new_tokens=16, batch_rows=rows))
    assert outputs == generate_greedy(model, prompts, CONFIG)


@pytest.mark.parametrize("most", [1, 2, 7])
def test_generation_ends_at_its_limit(most: int, model: T5ForConditionalGeneration, prompts: Prompts) -> None:
    outputs = generate_greedy(model, prompts, DecodingConfig(max_new_tokens=most))
    assert outputs == [output[:most] for output in generate_greedy(model, prompts, CONFIG)]
    assert max(map(len, outputs)) == most


def test_outputs_come_in_the_order_of_the_prompts(model: T5ForConditionalGeneration, prompts: Prompts) -> None:
    outputs = generate_greedy(model, prompts, CONFIG)
    assert generate_greedy(model, prompts[::-1], CONFIG) == outputs[::-1]


def test_an_output_holds_neither_start_nor_end_token(model: T5ForConditionalGeneration) -> None:
    outputs = generate_greedy(model, [example.source for example in LEARNED], CONFIG)
    assert not {0, 2} & {token for output in outputs for token in output}


def test_progress_counts_the_prompts_that_are_done(model: T5ForConditionalGeneration, prompts: Prompts) -> None:
    told: list[int] = []
    generate_greedy(model, prompts, DecodingConfig(max_new_tokens=2, batch_rows=4), told.append)
    assert told == [4, 8, 11]


def test_rows_may_have_an_adapter_each(model: T5ForConditionalGeneration, prompts: Prompts) -> None:
    grafts = grown(model, "hybrid", names=("python", "ruby"))
    wanted = [("python", "ruby", None)[number % 3] for number in range(len(prompts))]
    alone = {}
    for name in ("python", "ruby", None):
        grafts.use(name)
        alone[name] = generate_greedy(model, prompts, CONFIG)
    mixed = generate_greedy(
        model,
        prompts,
        DecodingConfig(max_new_tokens=16, batch_rows=4),
        use_rows=lambda rows: grafts.use([wanted[row] for row in rows]),
    )
    assert mixed == [alone[name][row] for row, name in enumerate(wanted)]
    assert alone["python"] != alone["ruby"] != alone[None]


def test_rows_that_are_done_leave_the_batch(model: T5ForConditionalGeneration) -> None:
    sizes: list[int] = []
    model.decoder.register_forward_hook(lambda module, inputs, output: sizes.append(len(output[0])))
    generate_greedy(model, [example.source for example in LEARNED], CONFIG)
    assert sizes[0] == 6
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == 1


def test_the_prompts_are_encoded_once(model: T5ForConditionalGeneration) -> None:
    passes: list[int] = []
    model.encoder.register_forward_hook(lambda *_: passes.append(1))
    generate_greedy(model, [example.source for example in LEARNED], CONFIG)
    assert len(passes) == 1


def test_no_prompts_give_no_outputs(model: T5ForConditionalGeneration) -> None:
    assert generate_greedy(model, [], CONFIG) == []


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="decoding: max_new_tokens: input should be greater than or equal to 1"):
        DecodingConfig.read({"max_new_tokens": 0}, "decoding")
