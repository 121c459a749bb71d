"""The families and kinds of components that every property is tested on, and what tests do with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers import PreTrainedModel

from graftwork.components import (
    ComponentConfig,
    EmbeddingExpansionConfig,
    ExtraLayerConfig,
    FFNExpansionConfig,
    Grafts,
    HeadExpansionConfig,
    LinearExpansionConfig,
    LoRAConfig,
)

FAMILIES = ("t5", "t5-gated", "llama", "mistral", "qwen2", "qwen3", "gpt2", "gpt_bigcode")


@dataclass(frozen=True)
class Kind:
    components: Mapping[str, ComponentConfig]
    shared: Mapping[str, str] = field(default_factory=dict)


def lora(**settings: object) -> LoRAConfig:
    return LoRAConfig(**({"rank": 4, "alpha": 8} | settings))


LORA = lora(targets="all-linear", rank=2)
INTO = lora(targets="all-linear", rank=2, into_extra_layers=True)
DEEP = ExtraLayerConfig(stack="decoder", position=0, count=2, start="fresh")
FFN = FFNExpansionConfig(width=8)
HEADS = HeadExpansionConfig(heads=2)
EMBEDDING = EmbeddingExpansionConfig(width=8)
LINEAR = LinearExpansionConfig(width=4, activation="gelu")

KINDS = {
    "lora": Kind({"lora": LORA}),
    "extra-layer": Kind({"layer": ExtraLayerConfig(), "deep": DEEP}),
    "ffn-expansion": Kind({"ffn": FFN}),
    "head-expansion": Kind({"heads": HEADS}),
    "embedding-expansion": Kind({"embedding": EMBEDDING}),
    "linear-expansion": Kind({"linear": LINEAR}),
    "hybrid": Kind({"lora": INTO, "layer": ExtraLayerConfig()}),
    "all-in-one": Kind(
        {
            "lora": INTO,
            "layer": DEEP,
            "ffn": FFN,
            "heads": HEADS,
            "embedding": EMBEDDING,
            "linear": LINEAR,
        }
    ),
    "shared": Kind(
        {"lora": INTO, "layer": ExtraLayerConfig(), "heads": HEADS, "ffn": FFN, "own": FFN},
        {"layer": "layer@shared", "heads": "heads@shared", "ffn": "ffn@shared"},
    ),
}


def disturb(grafts: Grafts) -> None:
    random = torch.Generator().manual_seed(0)
    for parameter in grafts.parameters():
        parameter.data += 0.2 * torch.randn(parameter.shape, generator=random)


@dataclass(frozen=True)
class Batch:
    """What a model learns from, and the prompts that it is to continue."""

    inputs: torch.Tensor
    mask: torch.Tensor
    labels: torch.Tensor
    prompts: torch.Tensor
    prompts_mask: torch.Tensor

    def row(self, row: int) -> "Batch":
        return Batch(*(tensor[row : row + 1] for tensor in vars(self).values()))


def batch_for(model: PreTrainedModel) -> Batch:
    """Four rows whose prompts differ in length, each with five tokens to learn."""
    random, lengths = torch.Generator().manual_seed(3), (6, 4, 5, 2)
    tokens = torch.randint(5, 200, (4, 6), generator=random)
    targets = torch.randint(5, 200, (4, 5), generator=random)
    mask = torch.tensor([[1] * length + [0] * (6 - length) for length in lengths])
    if model.config.is_encoder_decoder:
        return Batch(tokens * mask, mask, targets, tokens * mask, mask)
    inputs, labels = torch.zeros(4, 11, dtype=torch.long), torch.full((4, 11), -100)
    whole, prompts = torch.zeros_like(inputs), torch.zeros_like(tokens)
    for row, length in enumerate(lengths):
        inputs[row, : length + 5] = torch.cat([tokens[row, :length], targets[row]])
        labels[row, length : length + 5] = targets[row]
        whole[row, : length + 5] = 1
        prompts[row, 6 - length :] = tokens[row, :length]
    return Batch(inputs, whole, labels, prompts, mask.flip(1))


def logits(grafts: Grafts, batch: Batch) -> torch.Tensor:
    with torch.no_grad():
        return grafts.model(input_ids=batch.inputs, attention_mask=batch.mask, labels=batch.labels).logits


def loss(grafts: Grafts, batch: Batch) -> torch.Tensor:
    return grafts.model(input_ids=batch.inputs, attention_mask=batch.mask, labels=batch.labels).loss


DECODINGS: Mapping[str, Mapping[str, Any]] = {
    "greedy": {"do_sample": False},
    "beam": {"do_sample": False, "num_beams": 3},
    "sampling": {"do_sample": True, "num_return_sequences": 2},
}


def generate(grafts: Grafts, batch: Batch, decoding: str = "greedy", *, cached: bool = True) -> list[list[int]]:
    """The tokens of each row of the batch, five of them (twice, one after the other, if two are sampled)."""
    torch.manual_seed(0)
    # No token may come twice: a random tiny model would otherwise repeat one for ever, and the test see little.
    tokens = grafts.model.generate(
        input_ids=batch.prompts,
        attention_mask=batch.prompts_mask,
        min_new_tokens=5,
        max_new_tokens=5,
        use_cache=cached,
        no_repeat_ngram_size=1,
        pad_token_id=0,
        **DECODINGS[decoding],
    )
    return tokens.reshape(len(batch.prompts), -1).tolist()


def train(grafts: Grafts, name: str, batch: Batch, steps: int = 2) -> None:
    """Train one adapter, with an optimizer that holds the parameters of all."""
    optimizer = torch.optim.AdamW(grafts.parameters(), lr=0.01, weight_decay=0.0)
    grafts.train()
    with grafts.using(name):
        for _ in range(steps):
            optimizer.zero_grad()
            loss(grafts, batch).backward()
            optimizer.step()
    grafts.eval()
