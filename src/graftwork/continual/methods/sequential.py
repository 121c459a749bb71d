"""Full fine-tuning through the sequence: every weight of the base goes on being trained. The reference that forgets.

Catastrophic forgetting of this kind was described by McCloskey and Cohen (1989), "Catastrophic Interference in
Connectionist Networks: The Sequential Learning Problem".
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import final

import safetensors.torch
from safetensors import SafetensorError
from torch import nn

from graftwork.continual.learner import Learner
from graftwork.errors import InputError
from graftwork.files import write_whole
from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.load import Base

__all__ = ["FullFineTuning"]

WEIGHTS = "model.safetensors"


@final
class FullFineTuning(Learner):
    """Trains the base itself; one model serves every task. ``close`` puts the base's weights back."""

    def __init__(self, base: Base) -> None:
        self._model = base.model
        self._original = {name: tensor.clone() for name, tensor in base.model.state_dict().items()}
        self._trainable = [parameter.requires_grad for parameter in base.model.parameters()]
        self._fingerprint: str | None = base.fingerprint

    def begin(self, task: str, seed: int) -> Mapping[str, Sequence[nn.Parameter]]:
        """Everything is trained; nothing is random."""
        self._fingerprint = None
        for parameter in self._model.parameters():
            parameter.requires_grad_(True)
        return {"base": list(self._model.parameters())}

    def select(self, task: str) -> None:
        """There is one model for all tasks."""

    def fingerprint(self, task: str) -> str:
        """Digest of the whole model as it is now; computed once after each training."""
        if self._fingerprint is None:
            self._fingerprint = model_fingerprint(self._model)
        return self._fingerprint

    def isolated(self, task: str) -> bool:
        """Nothing is."""
        return False

    def save(self, task: str, folder: Path) -> None:
        """Write the whole model."""
        self._fingerprint = None
        weights = {name: parameter.detach().cpu().contiguous() for name, parameter in self._model.named_parameters()}
        write_whole(folder / WEIGHTS, safetensors.torch.save(weights))

    def load(self, folders: Mapping[str, Path]) -> None:
        """Load the model as the last task left it."""
        path = folders[list(folders)[-1]] / WEIGHTS
        try:
            weights = safetensors.torch.load_file(path)
            for name, parameter in self._model.named_parameters():
                parameter.data.copy_(weights[name])
        except (SafetensorError, OSError, KeyError, RuntimeError) as error:
            raise InputError(
                f"not the weights that were saved ({error})", str(path), "remove its task folder"
            ) from None
        self._fingerprint = None

    def sizes(self) -> Mapping[str, int]:
        """All of the base."""
        return {"base": sum(parameter.numel() for parameter in self._model.parameters())}

    def close(self) -> None:
        """Put the base's weights back."""
        self._model.load_state_dict(self._original)
        for parameter, trainable in zip(self._model.parameters(), self._trainable, strict=True):
            parameter.requires_grad_(trainable)
            parameter.grad = None
