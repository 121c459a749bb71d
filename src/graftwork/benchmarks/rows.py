"""One adapter for each row of a batch, against one for all rows and against PEFT's ``adapter_names``."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, final

import torch

from graftwork.benchmarks.data import encoded_functions, fresh_base
from graftwork.benchmarks.generation import generate_with_transformers
from graftwork.benchmarks.harness import Measurement, Say, Scale, compare, peer_package, prove
from graftwork.benchmarks.peft_side import lora_of, randomize, with_peft
from graftwork.components import (
    ComponentConfig,
    EmbeddingExpansionConfig,
    ExtraLayerConfig,
    FFNExpansionConfig,
    Grafts,
    HeadExpansionConfig,
    LinearExpansionConfig,
)
from graftwork.evaluation.generate import DecodingConfig, generate_greedy
from graftwork.training.batches import collate_for, inputs_of

__all__ = ["measure"]

KINDS: Mapping[str, ComponentConfig] = {
    "lora": lora_of(16),
    "extra-layer": ExtraLayerConfig.model_validate({"stack": "decoder"}),
    "ffn-expansion": FFNExpansionConfig(width=256),
    "head-expansion": HeadExpansionConfig.model_validate({"heads": 2}),
    "embedding-expansion": EmbeddingExpansionConfig(width=32),
    "linear-expansion": LinearExpansionConfig(width=16),
}


@final
@dataclass(frozen=True)
class _Size:
    adapters: int
    rows: int
    longest: int
    repetitions: int


SIZES = {"toy": _Size(2, 4, 16, 1), "quick": _Size(8, 32, 48, 5), "full": _Size(8, 32, 144, 7)}


def measure(scale: Scale, say: Say) -> list[Measurement]:
    """Forward passes over functions at their real lengths, and generation; the rows of an adapter are scattered."""
    peer_package("peft")
    return [one for kind in KINDS for one in _kind(kind, SIZES[scale], say)]


def _kind(kind: str, size: _Size, say: Say) -> list[Measurement]:
    say(f"rows: {kind}")
    grafts = Grafts(fresh_base())
    for number in range(size.adapters):
        grafts.add(f"a{number}", {"part": KINDS[kind]}, seed=number)
    randomize(grafts)
    names = [f"a{number % size.adapters}" for number in range(size.rows)]
    inputs = _inputs(grafts, size)
    conditions = {"adapters": size.adapters, "rows": size.rows, "longest": size.longest, "kind": kind}
    by_row = _forward(grafts.model, inputs, before=lambda: grafts.use(names))
    alone = _forward(grafts.model, inputs, before=lambda: grafts.use("a0"))

    def rows_are_right() -> None:
        mixed = by_row()
        for name in grafts.names:
            grafts.use(name)
            rows = [row for row, other in enumerate(names) if other == name]
            own = _forward(grafts.model, inputs)()[rows]
            prove(torch.allclose(mixed[rows], own, atol=1e-3), f"the rows of {name} are not what it gives alone")

    shared: dict[str, Any] = {"work": size.rows, "repetitions": size.repetitions, "conditions": conditions}
    one = compare(
        f"rows/{kind}", by_row, alone, proof=rows_are_right, peer_is="ours with one adapter", reach=0.8, **shared
    )
    measurements = [one, _generation(kind, grafts, names, inputs, shared)]
    if kind == "lora":
        measurements += _against_peft(grafts, names, inputs, by_row, shared)
    return measurements


def _generation(
    kind: str, grafts: Grafts, names: list[str], inputs: Mapping[str, Any], shared: dict[str, Any]
) -> Measurement:
    """With an adapter for each row, against one for all; every row writes the same number of tokens."""
    prompts = _prompts(inputs)
    longest = max(map(len, prompts))
    config = DecodingConfig(max_new_tokens=longest, batch_rows=len(prompts))

    def by_row() -> list[list[int]]:
        with _endless(grafts.model):
            return _written(grafts, names, prompts, config)

    def alone() -> list[list[int]]:
        grafts.use("a0")
        with _endless(grafts.model):
            return generate_greedy(grafts.model, prompts, config)

    def same_tokens() -> None:
        own = alone()
        mixed = by_row()
        rows = [row for row, name in enumerate(names) if name == "a0"]
        prove([mixed[row] for row in rows] == [own[row] for row in rows], "the rows of a0 are not what it writes alone")

    work = {**shared, "work": len(prompts) * longest}
    peer_is = "ours with one adapter"
    return compare(f"rows/{kind}, generation", by_row, alone, proof=same_tokens, peer_is=peer_is, reach=0.8, **work)


@contextmanager
def _endless(model: Any) -> Iterator[None]:
    """In this block no token ends an output, so that what is compared is the same number of tokens."""
    end = model.generation_config.eos_token_id
    model.generation_config.eos_token_id = None
    try:
        yield
    finally:
        model.generation_config.eos_token_id = end


def _prompts(inputs: Mapping[str, Any]) -> list[list[int]]:
    masks = inputs["attention_mask"].bool()
    return [row[mask].tolist() for row, mask in zip(inputs["input_ids"], masks, strict=True)]


def _written(grafts: Grafts, names: list[str], prompts: list[list[int]], config: DecodingConfig) -> list[list[int]]:
    use = lambda rows: grafts.use([names[row] for row in rows])  # noqa: E731  # as the function's documentation
    return generate_greedy(grafts.model, prompts, config, use_rows=use)


def _against_peft(
    grafts: Grafts, names: list[str], inputs: Mapping[str, Any], by_row: Callable[[], torch.Tensor], shared: Any
) -> list[Measurement]:
    """A forward pass, which is mostly the base's products on both sides, and generation, which is what serving does."""
    peer = with_peft(fresh_base().model, grafts, grafts.names)
    theirs = _forward(peer, {**inputs, "adapter_names": names})

    def same_logits() -> None:
        prove(torch.allclose(by_row(), theirs(), atol=1e-3), "the logits are not PEFT's")

    prompts = _prompts(inputs)
    config = DecodingConfig(max_new_tokens=max(map(len, prompts)), batch_rows=len(prompts))

    def ours_written() -> list[list[int]]:
        return _written(grafts, names, prompts, config)

    def theirs_written() -> list[list[int]]:
        longest = config.max_new_tokens
        return generate_with_transformers(peer, prompts, len(prompts), longest, True, adapter_names=names)

    def same_tokens() -> None:
        prove(ours_written() == theirs_written(), "the tokens are not PEFT's")

    peer_is = "PEFT adapter_names"
    return [
        compare("rows/PEFT, forward", by_row, theirs, proof=same_logits, peer_is=peer_is, **shared),
        compare(
            "rows/PEFT, generation",
            ours_written,
            theirs_written,
            proof=same_tokens,
            peer_is=peer_is,
            reach=2.0,
            warm_up=False,
            **shared,
        ),
    ]


def _inputs(grafts: Grafts, size: _Size) -> dict[str, torch.Tensor | bool]:
    examples = encoded_functions(size.rows, size.longest, size.longest)
    return inputs_of(grafts.model, collate_for(grafts.model, examples, range(len(examples))))


def _forward(
    model: Any, inputs: Mapping[str, Any], before: Callable[[], object] = lambda: None
) -> Callable[[], torch.Tensor]:
    @torch.inference_mode()
    def forward() -> torch.Tensor:
        before()
        logits: torch.Tensor = model(**inputs).logits
        return logits

    return forward
