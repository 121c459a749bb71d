from collections.abc import Callable

import pytest
import torch
from transformers import T5ForConditionalGeneration

from graftwork.models.anatomy import anatomy_of
from graftwork.models.anatomy.t5_decoding import T5Decoding
from graftwork.models.tiny import tiny_llama, tiny_mt5, tiny_t5

SOURCES = torch.tensor([[7, 8, 9, 10, 2], [11, 12, 2, 0, 0], [13, 14, 15, 2, 0]])
MASK = (SOURCES != 0).long()


def alone(model: T5ForConditionalGeneration, row: int, steps: int) -> list[int]:
    """What the forward pass writes for one source, every token computed anew."""
    tokens = [0]
    for _ in range(steps):
        source = SOURCES[row : row + 1][:, MASK[row].bool()]
        with torch.inference_mode():
            logits = model(input_ids=source, decoder_input_ids=torch.tensor([tokens])).logits
        tokens.append(int(logits[0, -1].argmax()))
    return tokens[1:]


def decoding_of(model: T5ForConditionalGeneration) -> T5Decoding:
    decoding = anatomy_of(model).decoding()
    assert isinstance(decoding, T5Decoding)
    return decoding


@pytest.fixture(params=["plain", "gated", "mt5"])
def model(request: pytest.FixtureRequest) -> T5ForConditionalGeneration:
    if request.param == "mt5":
        return tiny_mt5(initializer_factor=3.0)
    return tiny_t5(gated=request.param == "gated", initializer_factor=3.0)


@torch.inference_mode()
def test_rows_that_begin_at_different_columns_write_what_each_writes_alone(model: T5ForConditionalGeneration) -> None:
    decoding = decoding_of(model)
    decoding.read(SOURCES, MASK)
    decoding.enter([0, 1], [0, 1])
    written: dict[int, list[int]] = {0: [], 1: [], 2: []}
    for _ in range(5):
        for row, token in zip((0, 1), decoding.step().tolist(), strict=True):
            written[row].append(token)
    decoding.enter([0], [2])
    for _ in range(4):
        for row, token in zip((2, 1), decoding.step().tolist(), strict=True):
            written[row].append(token)
    decoding.keep([0])
    for _ in range(70):  # beyond the first cache
        written[2] += decoding.step().tolist()
    assert written == {row: alone(model, row, len(tokens)) for row, tokens in written.items()}
    assert len({str(tokens[:4]) for tokens in written.values()}) == 3


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model.decoder.block[0].layer[0].register_forward_hook(lambda *_: None),
        lambda model: model.lm_head.register_forward_pre_hook(lambda *_: None),
        lambda model: model.register_forward_hook(lambda *_: None),
        lambda model: setattr(model.decoder.block[0], "forward", model.decoder.block[0].forward),
        lambda model: model.train(),
        lambda model: model.half(),
    ],
)
def test_what_lean_steps_would_pass_over_keeps_the_forward_pass(
    change: Callable[[T5ForConditionalGeneration], object],
) -> None:
    model = tiny_t5()
    change(model)
    assert anatomy_of(model).decoding() is None


def test_other_families_have_none_yet() -> None:
    assert anatomy_of(tiny_llama()).decoding() is None
