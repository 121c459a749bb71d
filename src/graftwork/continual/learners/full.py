"""Full fine-tuning: every weight of the base is trained, from the base each time or on through the tasks."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import final

import safetensors.torch
from safetensors import SafetensorError
from torch import nn

from graftwork.continual.learner import Course, Learner, folder_bytes
from graftwork.errors import InputError
from graftwork.files import write_whole
from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.load import Base

__all__ = ["FullFineTuning"]

WEIGHTS = "model.safetensors"


@final
class FullFineTuning(Learner):
    """Trains the base itself. ``close`` puts the base's weights back.

    With the course ``own`` each task keeps a model, which is read from its folder when it is selected; there is one in
    memory at a time. With the others one model serves every task.
    """

    def __init__(self, base: Base, course: Course = "on") -> None:
        """Take over a base until ``close``; ``course`` is ``own``, ``on`` or ``anew``."""
        self._model, self._course = base.model, course
        self._original = {name: tensor.clone() for name, tensor in base.model.state_dict().items()}
        self._trainable = [parameter.requires_grad for parameter in base.model.parameters()]
        self._folders: dict[str, Path] = {}
        self._now: str | None = None
        """The task whose weights are in the model."""
        self._fingerprint: str | None = base.fingerprint

    def begin(self, task: str, seed: int) -> Mapping[str, Mapping[str, nn.Parameter]]:
        """Everything is trained; nothing is random."""
        if self._course != "on":
            self._model.load_state_dict(self._original)
        self._now, self._fingerprint = task, None
        for parameter in self._model.parameters():
            parameter.requires_grad_(True)
        return {"base": dict(self._model.named_parameters())}

    def select(self, task: str) -> None:
        """Put the task's own model in, if each has its own; else there is one for all."""
        serving = task if task in (self._now, *self._folders) else next(reversed(self._folders), None)
        if self._course == "own" and serving is not None and serving != self._now:
            self._read(serving, self._folders[serving])

    def fingerprint(self, task: str) -> str:
        """Digest of the whole model that serves the task; computed once after each training or reading."""
        self.select(task)
        if self._fingerprint is None:
            self._fingerprint = model_fingerprint(self._model)
        return self._fingerprint

    def isolated(self, task: str) -> bool:
        """Whether each task has a model of its own."""
        return self._course == "own"

    def save(self, task: str, folder: Path) -> None:
        """Write the whole model."""
        self._fingerprint = None
        weights = {name: parameter.detach().cpu().contiguous() for name, parameter in self._model.named_parameters()}
        write_whole(folder / WEIGHTS, safetensors.torch.save(weights))
        self._folders[task] = folder

    def take_over(self, task: str, folder: Path) -> None:
        """The whole model."""
        self._read(task, folder)

    def load(self, folders: Mapping[str, Path]) -> None:
        """Load the model as the last task left it; those of earlier tasks stay on disk."""
        self._folders = dict(folders)
        last = next(reversed(self._folders))
        self._read(last, self._folders[last])

    def _read(self, task: str, folder: Path) -> None:
        path = folder / WEIGHTS
        self._now, self._fingerprint = task, None
        try:
            weights = safetensors.torch.load_file(path)
            for name, parameter in self._model.named_parameters():
                parameter.data.copy_(weights[name])
        except (SafetensorError, OSError, KeyError, RuntimeError) as error:
            raise InputError(
                f"not the weights that were saved ({error})", str(path), "remove its task folder"
            ) from None

    def sizes(self) -> Mapping[str, int]:
        """All of the base."""
        return {"base": sum(parameter.numel() for parameter in self._model.parameters())}

    def added_bytes(self, folders: Sequence[Path]) -> int:
        """A whole model if each task has its own; else it takes the place of the one before."""
        return folder_bytes(folders[-1]) if self._course == "own" or len(folders) == 1 else 0

    def close(self) -> None:
        """Put the base's weights back."""
        self._model.load_state_dict(self._original)
        for parameter, trainable in zip(self._model.parameters(), self._trainable, strict=True):
            parameter.requires_grad_(trainable)
            parameter.grad = None
