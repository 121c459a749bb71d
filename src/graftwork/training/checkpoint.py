"""Checkpoints of a training: all that a new process needs to go on with the same bits.

::

    checkpoints/00000120/ state.safetensors  state.json  checksums.json

The tensors are the trained parameters, what the optimizer holds of them, and the random states; ``state.json`` has the
step (and so the place in the plan of batches, which the seed decides), and whatever the caller wants to know again. A
checkpoint is made aside and renamed when all of it is on the disk. The newest two are kept: if the newest is damaged,
the one before is used, and that is said.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, final

import safetensors.torch
import torch
from safetensors import SafetensorError

from graftwork.config import Config
from graftwork.errors import InputError
from graftwork.files import read_json, remove_folder, rename_folder, write_json, write_whole
from graftwork.results.checksums import CHECKSUMS, check_files, list_files, write_checksums
from graftwork.training.loop import Descent, Keeper, StepRecord, TrainingConfig

__all__ = ["Checkpoint", "Checkpoints", "read_checkpoint", "write_checkpoint"]

TENSORS, STATE = "state.safetensors", "state.json"
KEPT = 2
CPU, CUDA = "random.cpu", "random.cuda"


@final
class Checkpoint(Config):
    """All but the tensors."""

    version: Literal[1] = 1
    inputs: str
    """Digest of everything that decides the training's outcome."""
    done: dict[str, float]
    """The ``StepRecord`` of the step taken last."""
    more: dict[str, Any]
    """The caller's."""

    @property
    def step(self) -> StepRecord:
        """The step taken last."""
        whole = {name: int(self.done[name]) for name in ("step", "steps", "tokens", "parts")}
        return StepRecord(**whole, loss=self.done["loss"], seconds=self.done["seconds"])


def write_checkpoint(folder: Path, checkpoint: Checkpoint, tensors: dict[str, torch.Tensor]) -> None:
    """Write a checkpoint, whole, and remove all but the newest two.

    Args:
        folder: where the checkpoints of this training stand.
        checkpoint: all but the tensors.
        tensors: by name, on any device; no two share memory.

    Raises:
        NoSpaceError: the disk is full or the place cannot be written.
    """
    name = f"{checkpoint.step.step:08d}"
    aside = folder / f".{name}.part"
    remove_folder(aside)
    stored = {key: tensor.detach().cpu().contiguous() for key, tensor in tensors.items()}
    write_whole(aside / TENSORS, safetensors.torch.save(stored))
    write_json(aside / STATE, checkpoint.model_dump(mode="json"))
    write_checksums(aside, list_files(aside, (aside / TENSORS, aside / STATE)))
    rename_folder(aside, folder / name)
    for older in _newest_first(folder)[KEPT:]:
        remove_folder(older)


def read_checkpoint(folder: Path, inputs: str) -> tuple[Checkpoint, dict[str, torch.Tensor]]:
    """Read one checkpoint.

    Raises:
        InputError: it is damaged, of another version, or of a training with other inputs.
    """
    if not (folder / CHECKSUMS).is_file():
        raise InputError("is missing", str(folder / CHECKSUMS))
    for fault in check_files(folder):
        raise fault.error()
    path = folder / STATE
    checkpoint = Checkpoint.read(read_json(path), str(path))
    try:
        checkpoint.step  # noqa: B018  # is computed
    except (KeyError, ValueError, OverflowError):
        raise InputError("does not say how far it came", str(path)) from None
    if checkpoint.inputs != inputs:
        raise InputError("is of a training with other settings, other data or another base", str(folder))
    try:
        tensors: dict[str, torch.Tensor] = safetensors.torch.load_file(folder / TENSORS)
    except (SafetensorError, OSError) as error:
        raise InputError(f"not what was saved ({error})", str(folder / TENSORS)) from None
    return checkpoint, tensors


def _newest_first(folder: Path) -> list[Path]:
    """The checkpoints there are; one whose making was cut short has another name."""
    return sorted((path for path in folder.glob("*") if path.name.isdecimal()), reverse=True)


@final
class Checkpoints(Keeper):
    """Keeps a training every so many steps or minutes, and takes up the newest checkpoint that is whole."""

    def __init__(
        self,
        folder: Path,
        inputs: str,
        config: TrainingConfig,
        device: torch.device,
        more: Callable[[], dict[str, Any]],
        take_up: Callable[[dict[str, Any] | None], None],
        say: Callable[[str], None],
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """Get ready.

        Args:
            folder: where the checkpoints of this training stand.
            inputs: digest of everything that decides the training's outcome; a checkpoint of others is not used.
            config: says how often.
            device: where the model is; its random state is kept too.
            more: what the caller wants to know again, as plain data.
            take_up: is given that, or None where the training begins at its beginning; raises ``InputError`` where it
                cannot be used, and then has changed nothing.
            say: told in a line what was found.
            stop: asked after each step; once it says so, a checkpoint is written and ``KeyboardInterrupt`` raised.
        """
        self._folder, self._inputs, self._config, self._device = folder, inputs, config, device
        self._more, self._take_up, self._say, self._stop = more, take_up, say, stop
        self._written = time.perf_counter()
        self.seconds = 0.0
        """What earlier processes spent on the steps that were gone on from."""

    def begin(self, descent: Descent) -> None:
        """Go on from the newest checkpoint that is whole, if there is one."""
        found = next(self._readable(), None)
        if found is None:
            self._take_up(None)
            remove_folder(self._folder)
        else:
            checkpoint, tensors = found
            self.seconds = checkpoint.step.seconds
            descent.take_up(tensors, checkpoint.step)
            torch.set_rng_state(tensors[CPU])
            if self._device.type == "cuda":
                torch.cuda.set_rng_state(tensors[CUDA], self._device)
            self._say(f"{self._folder}: goes on after step {checkpoint.step.step} of {checkpoint.step.steps}")
        self._written = time.perf_counter()

    def _readable(self) -> Iterator[tuple[Checkpoint, dict[str, torch.Tensor]]]:
        """The checkpoints that can be used, newest first; of each that cannot, it is said why."""
        for folder in _newest_first(self._folder):
            try:
                checkpoint, tensors = read_checkpoint(folder, self._inputs)
                self._take_up(checkpoint.more)
            except InputError as error:
                self._say(f"a checkpoint is not used: {error}")
                remove_folder(folder)
            else:
                yield checkpoint, tensors

    def after_step(self, descent: Descent) -> None:
        """Write a checkpoint where one is due; stop if that is wanted."""
        stop = self._stop()
        if stop or self._due(descent.done.step):
            self._write(descent)
        if stop:
            raise KeyboardInterrupt

    def _due(self, step: int) -> bool:
        minutes, steps = self._config.checkpoint_minutes, self._config.checkpoint_steps
        by_time = minutes is not None and time.perf_counter() - self._written >= 60 * minutes
        return by_time or (steps is not None and step % steps == 0)

    def _write(self, descent: Descent) -> None:
        tensors = descent.tensors() | {CPU: torch.get_rng_state()}
        if self._device.type == "cuda":
            tensors[CUDA] = torch.cuda.get_rng_state(self._device)
        checkpoint = Checkpoint(inputs=self._inputs, done=asdict(descent.done), more=self._more())
        write_checkpoint(self._folder, checkpoint, tensors)
        self._written = time.perf_counter()
