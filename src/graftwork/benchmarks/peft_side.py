"""The peer's side of what is measured with adapters: PEFT models whose adapters are ours, by way of the disk."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from transformers import PreTrainedModel

from graftwork.benchmarks.harness import peer_package
from graftwork.components import Grafts, LoRAConfig

__all__ = ["lora_of", "randomize", "with_peft"]


def lora_of(rank: int, targets: Sequence[str] | str = "all-linear") -> LoRAConfig:
    """A LoRA with the other settings as they are by default."""
    return LoRAConfig.model_validate({"rank": rank, "targets": targets})


def randomize(grafts: Grafts, spread: float = 0.02) -> None:
    """Give all adapters weights as if they had been trained, each its own."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in grafts.parameters():
            parameter.add_(spread * torch.randn(parameter.shape, generator=generator))


def with_peft(model: PreTrainedModel, grafts: Grafts, names: Sequence[str], trainable: bool = False) -> Any:
    """A PEFT model that holds some of our adapters, each of one LoRA.

    Args:
        model: a base of its own, which PEFT changes.
        grafts: where the adapters are.
        names: which.
        trainable: whether they are to be trained, or only used.

    Raises:
        InputError: PEFT is not installed.
    """
    peft = peer_package("peft")
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # PEFT asks Transformers for what has another name by now
        for name in names:
            grafts.save(name, Path(folder) / name)
        first = Path(folder) / names[0]
        peer = peft.PeftModel.from_pretrained(model, first, adapter_name=names[0], is_trainable=trainable)
        for name in names[1:]:
            peer.load_adapter(Path(folder) / name, adapter_name=name, is_trainable=trainable)
    return peer.eval()
