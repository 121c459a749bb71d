"""The kinds and combinations of components that every property is tested on, and what tests do with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch

from graftwork.components.attach import Grafts
from graftwork.components.extra_layer import ExtraLayerConfig
from graftwork.components.kinds import ComponentConfig
from graftwork.components.lora import LoRAConfig


@dataclass(frozen=True)
class Kind:
    components: Mapping[str, ComponentConfig]
    shared: Mapping[str, str] = field(default_factory=dict)


def lora(**settings: object) -> LoRAConfig:
    return LoRAConfig(**({"rank": 4, "alpha": 8} | settings))


def decoder_layer(**settings: object) -> ExtraLayerConfig:
    return ExtraLayerConfig(**({"stack": "decoder"} | settings))


KINDS = {
    "lora": Kind({"lora": lora()}),
    "lora-all-linear": Kind({"lora": lora(targets="all-linear", rank=2)}),
    "two-loras": Kind({"one": lora(), "two": lora(targets=("q",))}),
    "encoder-layer": Kind({"layer": ExtraLayerConfig()}),
    "fresh-encoder-layers": Kind({"layer": ExtraLayerConfig(position=0, count=2, start="fresh")}),
    "decoder-layer": Kind({"layer": decoder_layer()}),
    "decoder-layers-inside": Kind({"layer": decoder_layer(position=0, count=2)}),
    "hybrid": Kind({"lora": lora(into_extra_layers=True), "layer": ExtraLayerConfig()}),
    "hybrid-shared": Kind(
        {"lora": lora(into_extra_layers=True), "layer": ExtraLayerConfig()}, {"layer": "layer@shared"}
    ),
    "everything": Kind(
        {
            "lora": lora(into_extra_layers=True),
            "layer": ExtraLayerConfig(),
            "deep": decoder_layer(),
            "common": decoder_layer(),
            "second": lora(targets=("wo",)),
        },
        {"common": "common", "second": "second"},
    ),
}


def disturb(grafts: Grafts) -> None:
    random = torch.Generator().manual_seed(0)
    for parameter in grafts.parameters():
        parameter.data += 0.2 * torch.randn(parameter.shape, generator=random)


@dataclass(frozen=True)
class Batch:
    inputs: torch.Tensor
    mask: torch.Tensor
    labels: torch.Tensor

    def row(self, row: int) -> "Batch":
        return Batch(self.inputs[row : row + 1], self.mask[row : row + 1], self.labels[row : row + 1])


def logits(grafts: Grafts, batch: Batch) -> torch.Tensor:
    with torch.no_grad():
        return grafts.model(input_ids=batch.inputs, attention_mask=batch.mask, labels=batch.labels).logits


def loss(grafts: Grafts, batch: Batch) -> torch.Tensor:
    return grafts.model(input_ids=batch.inputs, attention_mask=batch.mask, labels=batch.labels).loss


def generate(grafts: Grafts, batch: Batch, *, beams: int = 1, cached: bool = True) -> list[list[int]]:
    # No token may come twice: a random tiny model would otherwise repeat one for ever, and the test see little.
    tokens = grafts.model.generate(
        input_ids=batch.inputs,
        attention_mask=batch.mask,
        max_new_tokens=7,
        do_sample=False,
        num_beams=beams,
        use_cache=cached,
        no_repeat_ngram_size=1,
    )
    return tokens.tolist()


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
