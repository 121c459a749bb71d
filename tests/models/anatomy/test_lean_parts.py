"""Blocks and heads of adapters by row, decoded together: what is compared is what each adapter writes alone."""

import pytest
import torch

from graftwork.components import ComponentConfig, ExtraLayerConfig, Grafts, HeadExpansionConfig, LoRAConfig
from graftwork.models.anatomy import anatomy_of
from graftwork.models.anatomy.lean_parts import NewPart
from graftwork.models.anatomy.t5_decoding import T5Decoding
from graftwork.models.tiny import tiny_t5

Parts = dict[str, ComponentConfig]
Names = list[str | None]
Written = dict[int, list[int]]
LAYER, HEADS = ExtraLayerConfig(stack="decoder"), HeadExpansionConfig(heads=2)
LAYERS = ExtraLayerConfig(stack="decoder", count=2, position=0)
ALIKE: dict[str, Parts] = {"layer": {"a": LAYER}, "layers": {"a": LAYERS}, "heads": {"a": HEADS}}
KINDS: dict[str, Parts] = {
    **ALIKE,
    "both": {"a": LAYER, "b": HEADS},
    "lora inside": {"a": LAYER, "b": LoRAConfig(rank=2, targets=("q", "wo"), into_extra_layers=True)},
}
NUM_PROMPTS = 8


def grafts_of(parts: Parts, gated: bool = False) -> Grafts:
    """Three adapters of these parts."""
    grafts = Grafts(tiny_t5(gated=gated, initializer_factor=3.0))
    for name in "abc":
        grafts.add(name, parts)
    generator = torch.Generator().manual_seed(0)
    for parameter in grafts.parameters():
        parameter.data += 0.3 * torch.randn(parameter.shape, generator=generator)
    return grafts


def decoding_of(grafts: Grafts, rows: int) -> T5Decoding:
    """Lean steps that have read the prompts, and have the first of them in slots."""
    decoding = anatomy_of(grafts.model).decoding()
    assert isinstance(decoding, T5Decoding)
    sources = torch.randint(5, 250, (NUM_PROMPTS, 6), generator=torch.Generator().manual_seed(0))
    mask = (torch.arange(6) < torch.tensor([3 + row % 4 for row in range(NUM_PROMPTS)])[:, None]).long()
    grafts.use(None)  # what the encoder makes of the prompts is not what is looked at
    decoding.read(sources * mask, mask)
    decoding.enter(range(rows), range(rows))
    return decoding


def write(decoding: T5Decoding, grafts: Grafts, names: Names, prompts: list[int], steps: int, to: Written) -> None:
    """Some tokens for the prompts that are in the slots."""
    grafts.use([names[prompt] for prompt in prompts])
    for _ in range(steps):
        for prompt, token in zip(prompts, decoding.step().tolist(), strict=True):
            to[prompt].append(token)


def written_by_row(grafts: Grafts, names: Names) -> Written:
    """Six prompts begin, two others enter in the place of two, and then half of them leave."""
    written: Written = {prompt: [] for prompt in range(NUM_PROMPTS)}
    decoding = decoding_of(grafts, 6)
    write(decoding, grafts, names, [0, 1, 2, 3, 4, 5], 5, written)
    decoding.enter([1, 4], [6, 7])
    write(decoding, grafts, names, [0, 6, 2, 3, 7, 5], 5, written)
    decoding.keep([0, 1, 4])
    write(decoding, grafts, names, [0, 6, 7], 40, written)  # beyond the first cache
    return written


def written_alone(grafts: Grafts, names: Names) -> Written:
    written: Written = {}
    for name in set(names):
        own: Written = {prompt: [] for prompt in range(NUM_PROMPTS)}
        write(decoding_of(grafts, NUM_PROMPTS), grafts, [name] * NUM_PROMPTS, list(own), 50, own)
        written |= {prompt: own[prompt] for prompt in own if names[prompt] == name}
    return written


@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("rows", ["abcabcab", "aab-ccba", "aaaaabac"])
@pytest.mark.parametrize("kind", KINDS)
@torch.inference_mode()
def test_every_row_writes_what_its_adapter_writes_alone(kind: str, rows: str, gated: bool) -> None:
    grafts = grafts_of(KINDS[kind], gated)
    names = [None if name == "-" else name for name in rows]
    alone = written_alone(grafts, names)
    mixed = written_by_row(grafts, names)
    assert mixed == {prompt: alone[prompt][: len(tokens)] for prompt, tokens in mixed.items()}
    assert len({str(tokens[:5]) for tokens in mixed.values()}) > NUM_PROMPTS // 2


def parts_of(decoding: T5Decoding) -> set[NewPart]:
    return set(decoding._new._parts.values())


@pytest.mark.parametrize("kind", ALIKE)
@torch.inference_mode()
def test_parts_that_are_alike_run_as_one_for_all_adapters(kind: str) -> None:
    grafts = grafts_of(ALIKE[kind])
    decoding = decoding_of(grafts, 6)
    grafts.use(list("abcabc"))
    decoding.step()
    assert all(len(part.modules) == 3 for part in parts_of(decoding))


@torch.inference_mode()
def test_the_same_stacks_serve_as_long_as_the_same_adapters_have_rows() -> None:
    grafts = grafts_of(KINDS["both"])
    decoding = decoding_of(grafts, 6)
    grafts.use(list("abcabc"))
    decoding.step()
    before = parts_of(decoding)
    grafts.use(list("cabcab"))
    decoding.step()
    assert parts_of(decoding) == before


@torch.inference_mode()
def test_stacks_of_adapters_that_no_row_has_any_more_are_given_up() -> None:
    grafts = grafts_of(KINDS["both"])
    decoding = decoding_of(grafts, 6)
    grafts.use(list("abcabc"))
    decoding.step()
    grafts.use(list("ababab"))
    decoding.step()
    assert all(len(part.modules) == 2 for part in parts_of(decoding))
    grafts.use(None)
    decoding.step()
    assert not parts_of(decoding)
