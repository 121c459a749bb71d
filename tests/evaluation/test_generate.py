from collections.abc import Sequence
from typing import Any

import pytest
import torch
from transformers import PreTrainedModel, T5ForConditionalGeneration

from graftwork.components import (
    EmbeddingExpansionConfig,
    ExtraLayerConfig,
    FFNExpansionConfig,
    Grafts,
    HeadExpansionConfig,
    LinearExpansionConfig,
    LoRAConfig,
)
from graftwork.errors import InputError
from graftwork.evaluation.generate import DecodingConfig, generate_greedy
from graftwork.models.tiny import tiny_llama

from .conftest import DECODER_ONLY, LEARNED, MAKERS, learned

Prompts = list[tuple[int, ...]]
CONFIG = DecodingConfig(max_new_tokens=16)
SOURCES = [example.source for example in LEARNED]
LORA = LoRAConfig(rank=4, alpha=8, targets="all-linear")
KINDS = {
    "lora": {"lora": LORA},
    "encoder": {"layer": ExtraLayerConfig(stack="encoder")},
    "decoder": {"layer": ExtraLayerConfig(stack="decoder")},
    "decoder-inside": {"layer": ExtraLayerConfig(stack="decoder", position=0, count=2)},
    "hybrid": {"lora": LORA, "layer": ExtraLayerConfig(stack="decoder")},
}


@pytest.fixture(params=MAKERS)
def model(request: pytest.FixtureRequest) -> PreTrainedModel:
    return learned(request.param)


@pytest.fixture(params=["t5", "llama", "gpt2"])
def some_model(request: pytest.FixtureRequest) -> PreTrainedModel:
    """One of each way to hold positions."""
    return learned(request.param)


def transformers_outputs(model: PreTrainedModel, prompts: Prompts, most: int = 16) -> list[list[int]]:
    """What Transformers' own greedy decoding gives, all prompts in one batch."""
    longest = max(map(len, prompts))
    one_sequence = not model.config.is_encoder_decoder  # then what is written has to stand right behind the prompt
    rows, masks = [], []
    for prompt in prompts:
        padding = [0] * (longest - len(prompt))
        rows.append([*padding, *prompt] if one_sequence else [*prompt, *padding])
        masks.append([*padding, *[1] * len(prompt)] if one_sequence else [*[1] * len(prompt), *padding])
    tokens = model.generate(
        input_ids=torch.tensor(rows),
        attention_mask=torch.tensor(masks),
        max_new_tokens=most,
        do_sample=False,
        num_beams=1,
    )
    written = [row[longest if one_sequence else 1 :] for row in tokens.tolist()]
    return [row[: row.index(2)] if 2 in row else row for row in written]


def grown(model: PreTrainedModel, kind: str, names: Sequence[str] = ("python",)) -> Grafts:
    """The model with adapters whose parameters are as if trained."""
    grafts = Grafts(model)
    random = torch.Generator().manual_seed(0)
    for name in names:
        grafts.add(name, KINDS[kind])
    for parameter in grafts.parameters():
        parameter.data += 0.2 * torch.randn(parameter.shape, generator=random)
    return grafts


def test_the_model_continues_with_what_it_has_learned(model: PreTrainedModel) -> None:
    assert generate_greedy(model, SOURCES, CONFIG) == [list(example.target[:-1]) for example in LEARNED]


def test_tokens_equal_those_of_transformers(model: PreTrainedModel, prompts: Prompts) -> None:
    outputs = generate_greedy(model, prompts, CONFIG)
    assert outputs == transformers_outputs(model, prompts)
    assert len({len(output) for output in outputs}) > 4  # rows were done at different times


@pytest.mark.parametrize(
    ("family", "kind"),
    [("t5", kind) for kind in KINDS]
    + [(family, kind) for family in DECODER_ONLY for kind in KINDS if kind != "encoder"],
)
def test_tokens_equal_those_of_transformers_with_an_adapter(family: str, kind: str, prompts: Prompts) -> None:
    model = learned(family)
    without = generate_greedy(model, prompts, CONFIG)
    grafts = grown(model, kind)
    grafts.use("python")
    outputs = generate_greedy(model, prompts, CONFIG)
    assert outputs == transformers_outputs(model, prompts)
    assert outputs != without


@pytest.mark.parametrize("rows", [1, 2, 5, 64])
def test_the_size_of_a_batch_does_not_change_the_tokens(rows: int, model: PreTrainedModel, prompts: Prompts) -> None:
    outputs = generate_greedy(model, prompts, DecodingConfig(max_new_tokens=16, batch_rows=rows))
    assert outputs == generate_greedy(model, prompts, CONFIG)


@pytest.mark.parametrize("most", [1, 2, 7])
def test_generation_ends_at_its_limit(most: int, some_model: PreTrainedModel, prompts: Prompts) -> None:
    outputs = generate_greedy(some_model, prompts, DecodingConfig(max_new_tokens=most))
    assert outputs == [output[:most] for output in generate_greedy(some_model, prompts, CONFIG)]
    assert max(map(len, outputs)) == most


def test_outputs_come_in_the_order_of_the_prompts(some_model: PreTrainedModel, prompts: Prompts) -> None:
    outputs = generate_greedy(some_model, prompts, CONFIG)
    assert generate_greedy(some_model, prompts[::-1], CONFIG) == outputs[::-1]


def test_an_output_holds_neither_start_nor_end_token(some_model: PreTrainedModel) -> None:
    outputs = generate_greedy(some_model, SOURCES, CONFIG)
    assert not {0, 2} & {token for output in outputs for token in output}


def test_each_of_several_end_tokens_ends_an_output(some_model: PreTrainedModel) -> None:
    some_model.generation_config.eos_token_id = [2, 26]
    expected = [list(example.target[:-1]) for example in LEARNED]
    cut = [row[: row.index(26)] if 26 in row else row for row in expected]
    assert cut != expected
    assert generate_greedy(some_model, SOURCES, CONFIG) == cut


def test_a_model_without_an_end_token_writes_up_to_the_limit(some_model: PreTrainedModel) -> None:
    some_model.generation_config.eos_token_id = None
    assert {len(row) for row in generate_greedy(some_model, SOURCES, CONFIG)} == {16}


def test_a_model_without_a_padding_token_writes_the_same(prompts: Prompts) -> None:
    outputs = []
    for pad in (0, None):
        model = tiny_llama(pad_token_id=pad)
        outputs.append(generate_greedy(model, prompts, CONFIG))
    assert outputs[0] == outputs[1]


def test_progress_counts_the_prompts_that_are_done(some_model: PreTrainedModel, prompts: Prompts) -> None:
    told: list[int] = []
    generate_greedy(some_model, prompts, DecodingConfig(max_new_tokens=2, batch_rows=4), told.append)
    assert told == [4, 8, 11]


@pytest.mark.parametrize("kind", ["lora", "decoder-inside", "hybrid"])
@pytest.mark.parametrize("batch_rows", [4, 64])
def test_rows_may_have_an_adapter_each(
    kind: str, batch_rows: int, some_model: PreTrainedModel, prompts: Prompts
) -> None:
    grafts = grown(some_model, kind, names=("python", "ruby"))
    wanted = [("python", "ruby", None)[number % 3] for number in range(len(prompts))]
    alone = {}
    for name in ("python", "ruby", None):
        grafts.use(name)
        alone[name] = generate_greedy(some_model, prompts, CONFIG)
    mixed = generate_greedy(
        some_model,
        prompts,
        DecodingConfig(max_new_tokens=16, batch_rows=batch_rows),
        use_rows=lambda rows: grafts.use([wanted[row] for row in rows]),
    )
    assert mixed == [alone[name][row] for row, name in enumerate(wanted)]
    assert alone["python"] != alone["ruby"] != alone[None]


@pytest.fixture
def of_every_kind(some_model: PreTrainedModel) -> Grafts:
    """An adapter of each kind, by the kind's name."""
    grafts = Grafts(some_model)
    for config in (
        LORA,
        ExtraLayerConfig(stack="decoder", position=0),
        FFNExpansionConfig(width=8),
        HeadExpansionConfig(heads=2),
        EmbeddingExpansionConfig(width=8),
        LinearExpansionConfig(width=4, activation="gelu"),
    ):
        grafts.add(config.kind, {"part": config})
    random = torch.Generator().manual_seed(0)
    for parameter in grafts.parameters():
        parameter.data += 0.3 * torch.randn(parameter.shape, generator=random)
    return grafts


def test_the_rows_adapters_may_be_of_any_kinds(of_every_kind: Grafts, prompts: Prompts) -> None:
    model, names = of_every_kind.model, [*of_every_kind.names, None] * 2
    wanted = names[: len(prompts)]
    mixed = generate_greedy(
        model, prompts, CONFIG, use_rows=lambda rows: of_every_kind.use([wanted[row] for row in rows])
    )
    outputs = {}
    for name in set(wanted):
        of_every_kind.use(name)
        outputs[name] = generate_greedy(model, prompts, CONFIG)
    assert mixed == [outputs[name][row] for row, name in enumerate(wanted)]
    assert len({str(rows) for rows in outputs.values()}) == len(of_every_kind.names) + 1


def test_beams_of_rows_with_adapters_of_any_kinds_are_those_of_each_alone(of_every_kind: Grafts) -> None:
    names = [*of_every_kind.names, None]
    inputs = torch.tensor([SOURCES[row % 6] for row in range(len(names))])

    def beams() -> list[list[int]]:
        mask = torch.ones_like(inputs)
        settings = {"num_beams": 3, "do_sample": False, "min_new_tokens": 6, "max_new_tokens": 6}
        return of_every_kind.model.generate(input_ids=inputs, attention_mask=mask, **settings).tolist()

    with of_every_kind.using(names):
        mixed = beams()
    for row, name in enumerate(names):
        with of_every_kind.using(name):
            assert mixed[row] == beams()[row]


def test_an_unknown_adapter_of_a_row_is_refused(some_model: PreTrainedModel) -> None:
    grafts = grown(some_model, "lora")
    with pytest.raises(InputError, match="no adapter is called 'pyhton'; did you mean 'python'"):
        generate_greedy(some_model, SOURCES[:2], CONFIG, use_rows=lambda rows: grafts.use([None, "pyhton"]))


def batch_sizes(model: PreTrainedModel) -> list[int]:
    """How many rows each forward pass has, told from here on."""
    sizes: list[int] = []
    model.lm_head.register_forward_hook(lambda module, inputs, output: sizes.append(len(output)))
    return sizes


def test_rows_that_are_done_leave_the_batch(some_model: PreTrainedModel) -> None:
    sizes = batch_sizes(some_model)
    generate_greedy(some_model, SOURCES, CONFIG)
    assert sizes[0] == 6
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == 1


def test_rows_leave_the_batch_where_each_has_its_adapter_too(some_model: PreTrainedModel) -> None:
    grafts = grown(some_model, "decoder-inside")
    told: list[list[int]] = []

    def use_rows(rows: Sequence[int]) -> None:
        told.append(list(rows))
        grafts.use([(None, "python")[row == 0] for row in rows])

    sizes = batch_sizes(some_model)
    generate_greedy(some_model, SOURCES, CONFIG, use_rows=use_rows)
    assert sorted(told[0]) == list(range(6))
    assert sorted(set(sizes)) == sorted(map(len, told))
    assert sizes[-1] < 4
    assert all([row for row in before if row in after] == after for before, after in zip(told, told[1:]))


def test_the_prompts_are_encoded_once() -> None:
    model: T5ForConditionalGeneration = learned("t5")
    passes: list[int] = []
    model.encoder.register_forward_hook(lambda *_: passes.append(1))
    generate_greedy(model, SOURCES, CONFIG)
    assert len(passes) == 1


@pytest.mark.parametrize("family", DECODER_ONLY)
def test_every_token_is_read_once(family: str) -> None:
    model = learned(family)
    lengths: list[int] = []
    model.get_input_embeddings().register_forward_hook(lambda module, inputs, output: lengths.append(output.shape[1]))
    generate_greedy(model, SOURCES, CONFIG)
    assert lengths == [4] + [1] * 11


@pytest.mark.parametrize("family", DECODER_ONLY)
def test_only_the_last_place_of_a_prompt_goes_through_the_vocabulary(family: str) -> None:
    model = learned(family)
    lengths: list[int] = []
    model.lm_head.register_forward_hook(lambda module, inputs, output: lengths.append(output.shape[1]))
    generate_greedy(model, SOURCES, CONFIG)
    assert set(lengths) == {1}


def test_no_prompts_give_no_outputs(some_model: PreTrainedModel) -> None:
    assert generate_greedy(some_model, [], CONFIG) == []


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="decoding: max_new_tokens: input should be greater than or equal to 1"):
        DecodingConfig.read({"max_new_tokens": 0}, "decoding")


def test_training_goes_on_after_generation(some_model: PreTrainedModel) -> None:
    grafts = grown(some_model, "lora")
    limit = DecodingConfig(max_new_tokens=1)
    generate_greedy(some_model, SOURCES[:2], limit, use_rows=lambda rows: grafts.use(["python", None]))
    inputs = torch.tensor(SOURCES[:2])
    some_model(input_ids=inputs, labels=inputs).loss.backward()
    assert all(parameter.grad is not None for parameter in grafts.parameters())


def test_prompts_that_wait_enter_while_others_go_on(prompts: Prompts) -> None:
    model = learned("t5")
    sizes = batch_sizes(model)
    config = DecodingConfig(max_new_tokens=16, batch_rows=3)
    outputs = generate_greedy(model, prompts, config)
    entering = len(sizes)
    sizes.clear()
    assert outputs == generate_greedy(model, prompts, config, lean=False)
    assert entering < len(sizes)


def test_adapters_by_row_follow_the_prompts_that_enter(of_every_kind: Grafts, prompts: Prompts) -> None:
    names = [*of_every_kind.names, None] * 2
    wanted = names[: len(prompts)]

    def outputs(rows: int) -> list[list[int]]:
        config = DecodingConfig(max_new_tokens=16, batch_rows=rows)
        choose = lambda rows: of_every_kind.use([wanted[row] for row in rows])  # noqa: E731
        return generate_greedy(of_every_kind.model, prompts, config, use_rows=choose)

    assert outputs(3) == outputs(64)


@pytest.mark.parametrize("kind", KINDS)
def test_lean_steps_write_what_the_forward_pass_writes(kind: str, prompts: Prompts) -> None:
    grafts = grown(learned("t5"), kind)
    grafts.use("python")
    config = DecodingConfig(max_new_tokens=16, batch_rows=4)
    lean = generate_greedy(grafts.model, prompts, config)
    assert lean == generate_greedy(grafts.model, prompts, config, lean=False)


def test_outputs_may_be_longer_than_the_first_cache(prompts: Prompts) -> None:
    model = learned("t5")
    model.generation_config.eos_token_id = None
    config = DecodingConfig(max_new_tokens=150, batch_rows=4)
    outputs = generate_greedy(model, prompts, config)
    assert outputs == generate_greedy(model, prompts, config, lean=False)
    assert {len(tokens) for tokens in outputs} == {150}


def test_prompts_that_are_read_together_are_hardly_padded() -> None:
    model = learned("t5")
    shares: list[float] = []

    def look(module: Any, arguments: Any, keywords: dict[str, torch.Tensor]) -> None:
        if len(keywords["input_ids"]) > 4:
            shares.append(float(keywords["attention_mask"].float().mean()))

    prompts = [tuple(range(5, 7 + length)) for length in range(24) for _ in range(3)]
    with model.encoder.register_forward_pre_hook(look, with_kwargs=True):
        outputs = generate_greedy(model, prompts, DecodingConfig(max_new_tokens=4, batch_rows=64))
    assert shares and min(shares) > 0.85
    assert outputs == transformers_outputs(model, prompts, 4)
