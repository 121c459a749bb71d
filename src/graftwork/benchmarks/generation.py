"""Greedy generation, against Transformers' ``generate`` at the same batch size."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
from transformers import PreTrainedModel

from graftwork.benchmarks.data import base, encoded_functions, fresh_base
from graftwork.benchmarks.harness import Measurement, Say, Scale, compare, peer_package, prove
from graftwork.benchmarks.peft_side import with_peft
from graftwork.benchmarks.trained import LONGEST, held_out, train_lora, training_examples
from graftwork.components import Grafts
from graftwork.evaluation.generate import DecodingConfig, generate_greedy

__all__ = ["generate_with_transformers", "measure"]

Prompts = Sequence[Sequence[int]]


@final
@dataclass(frozen=True)
class _Size:
    prompts: int
    rows: int
    longest: int
    """New tokens at most."""
    repetitions: int
    trained_on: int
    """Examples that the LoRA is trained on."""
    epochs: int


SIZES = {
    "toy": _Size(5, 2, 6, 1, 4, 1),
    "quick": _Size(64, 32, LONGEST, 5, 480, 2),
    "full": _Size(256, 32, LONGEST, 5, 1800, 3),
}


def measure(scale: Scale, say: Say) -> list[Measurement]:
    """New tokens a second: a trained LoRA on the test set of a study (the peer's by PEFT), and the base alone."""
    peer_package("peft")
    size = SIZES[scale]
    say("generation: training a LoRA")
    grafts = Grafts(fresh_base())
    train_lora(grafts, "lora", training_examples(size.trained_on, size.prompts), size.epochs)
    prompts = [one.source for one in held_out(size.prompts)]
    peer = with_peft(fresh_base().model, grafts, ("lora",))
    grafts.use("lora")
    say("generation: the trained LoRA")
    measurements = [
        _compare("generation/LoRA", grafts.model, peer, prompts, size, in_order=True),
        _compare("generation/LoRA, peer's batches by length", grafts.model, peer, prompts, size, in_order=False),
    ]
    peer.merge_adapter()
    measurements.append(
        _compare("generation/LoRA, peer's merged into the base", grafts.model, peer, prompts, size, in_order=True)
    )
    say("generation: the base")
    model, prompts = base().model, [one.source for one in encoded_functions(size.prompts)]
    return [
        *measurements,
        _compare("generation/base", model, model, prompts, size, in_order=True),
        _compare("generation/base, peer's batches by length", model, model, prompts, size, in_order=False),
    ]


def _compare(
    name: str, model: PreTrainedModel, peer: Any, prompts: Prompts, size: _Size, in_order: bool
) -> Measurement:
    config = DecodingConfig(max_new_tokens=size.longest, batch_rows=size.rows)

    def ours() -> list[list[int]]:
        return generate_greedy(model, prompts, config)

    def theirs() -> list[list[int]]:
        return generate_with_transformers(peer, prompts, size.rows, size.longest, in_order)

    def same_tokens() -> None:
        prove(outputs == theirs(), "the tokens are not those of Transformers' generate")

    outputs = ours()  # the proof warms up the peer only, so this is ours
    lengths = {
        "prompts": size.prompts,
        "batch_rows": size.rows,
        "max_new_tokens": size.longest,
        "mean_new_tokens": sum(map(len, outputs)) / len(outputs),
        "at_the_limit": sum(len(one) == size.longest for one in outputs),
    }
    return compare(
        name,
        ours,
        theirs,
        proof=same_tokens,
        peer_is="Transformers generate" + ("" if in_order else ", prompts sorted by length"),
        reach=3.0,
        work=sum(map(len, outputs)),
        repetitions=size.repetitions,
        warm_up=False,
        conditions=lengths,
    )


def generate_with_transformers(
    model: Any, prompts: Prompts, rows: int, longest: int, in_order: bool, **settings: Any
) -> list[list[int]]:
    """New tokens of each prompt by the peer's ``generate``, without start and end token, in the order of the prompts.

    Args:
        model: an encoder-decoder.
        prompts: token numbers.
        rows: prompts a batch.
        longest: new tokens at most.
        in_order: batches as the prompts come, else sorted by length.
        settings: given to the peer's ``generate`` as they are.
    """
    pad, end = int(model.config.pad_token_id), int(model.generation_config.eos_token_id)
    order = list(range(len(prompts)))
    if not in_order:
        order.sort(key=lambda index: -len(prompts[index]))
    outputs: dict[int, list[int]] = {}
    for first in range(0, len(order), rows):
        indices = order[first : first + rows]
        width = max(len(prompts[index]) for index in indices)
        padded = [[*prompts[index], *[pad] * (width - len(prompts[index]))] for index in indices]
        masks = [[1] * len(prompts[index]) + [0] * (width - len(prompts[index])) for index in indices]
        written = model.generate(
            input_ids=torch.tensor(padded),
            attention_mask=torch.tensor(masks),
            max_new_tokens=longest,
            do_sample=False,
            num_beams=1,
            **settings,
        ).tolist()
        for index, tokens in zip(indices, written, strict=True):
            new = tokens[1:]
            outputs[index] = new[: new.index(end)] if end in new else new
    return [outputs[index] for index in range(len(prompts))]
