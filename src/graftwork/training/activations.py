"""What the frozen blocks of a base make of training examples, computed once and kept on disk.

Where all that is trained lies above some blocks, what these return for an example is the same in every step, in every
epoch, and for every seed. It is computed in batches that hang on the examples alone, so whoever computes it gets the
same bits; real places are kept, padding is not.

A file is a header of fixed size and then the states of all places, one after the other. It appears whole, is mapped
into memory, and counts as missing unless header and content are what their digests say.
"""

import hashlib
import json
import mmap
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, final

import numpy as np
import torch
from transformers import PreTrainedModel

from graftwork.errors import NoSpaceError
from graftwork.files import digest, remove_file, sweep_parts, whole_file
from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.frozen import FrozenBlocks
from graftwork.models.quick import Layout
from graftwork.results.lock import wait_for_lock
from graftwork.training.batches import LENGTH_STEP, Batch, Encoded, collate_for, inputs_of, sorted_batches

__all__ = ["ActivationStore", "Activations"]

HEADER = mmap.PAGESIZE
"""Bytes of the header, padded with blanks; what follows can be mapped."""
BATCH_TOKENS = 8192
"""Padded tokens of a batch in which activations are computed."""
ENDING = ".states"


@final
@dataclass(frozen=True)
class _Rows:
    """Where the states of one example stand: so many rows from a first one."""

    start: int
    length: int


@final
class Activations:
    """The states behind the frozen blocks for the examples of one training."""

    def __init__(self, blocks: FrozenBlocks, places: Mapping[str, Mapping[int, _Rows]], states: torch.Tensor) -> None:
        self._blocks, self._places, self._states = blocks, places, states

    @contextmanager
    def acting(self, batch: Batch, layouts: Mapping[str, Layout] | None = None) -> Iterator[None]:
        """In this block of code a forward pass of the model for a batch leaves the frozen blocks out.

        Args:
            batch: the batch.
            layouts: by stack, where the model is called with the batch's kept places as one row.
        """
        device = self._blocks.model.device
        encoder_decoder = self._blocks.model.config.is_encoder_decoder
        states = {}
        for stack, rows in self._places.items():
            length = (batch.labels if encoder_decoder and stack == "decoder" else batch.input_ids).shape[1]
            padded = self._states.new_zeros(len(batch.indices), length, self._states.shape[1])
            for row, index in enumerate(batch.indices):
                place = rows[index]
                padded[row, : place.length] = self._states[place.start : place.start + place.length]
            states[stack] = (padded if layouts is None else layouts[stack].packed(padded)[None]).to(device)
        lengths = None if layouts is None else {stack: layout.length for stack, layout in layouts.items()}
        with self._blocks.left_out(states, lengths):
            yield


@final
class ActivationStore:
    """A folder of activations, which may be removed at any time; those used longest ago leave it when it is full."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        """Name the folder.

        Args:
            folder: made when something is kept.
            most_bytes: what all of it may take on the disk; what alone takes more is not kept.
        """
        self._folder, self._most_bytes = folder, most_bytes

    def of(
        self, model: PreTrainedModel, examples: Sequence[Encoded], conditions: Sequence[str] = ()
    ) -> Activations | None:
        """The activations of examples, read or computed; None if there are none, or no room for them.

        Args:
            model: in evaluation mode, and in the context in which it is trained (precision, quicker ways).
            examples: in the order in which the batches' indices count them.
            conditions: what else the activations hang on, such as the precision.
        """
        blocks = FrozenBlocks.of(model)
        if blocks is None or not examples:
            return None
        plan = sorted_batches(
            examples, BATCH_TOKENS, BATCH_TOKENS, encoder_decoder=bool(model.config.is_encoder_decoder)
        )
        places, total = _places(blocks, examples, plan)
        key = _key(blocks, examples, conditions)
        path = self._folder / f"{key}{ENDING}"
        try:
            with wait_for_lock(self._folder.with_name(f".{self._folder.name}.lock")):  # other processes write here, too
                states = self._read_or_write(path, key, total, lambda: _computed(blocks, examples, plan))
        except (NoSpaceError, OSError):
            return None
        return None if states is None else Activations(blocks, places, states)

    def _read_or_write(
        self, path: Path, key: str, total: int, compute: Callable[[], Iterator[torch.Tensor]]
    ) -> torch.Tensor | None:
        states = _read(path, key, total)
        if states is None:
            remove_file(path)
            if self._write(path, key, total, compute()):
                states = _read(path, key, total)
        if states is not None:
            os.utime(path)
        return states

    def _write(self, path: Path, key: str, total: int, computed: Iterable[torch.Tensor]) -> bool:
        """Write states in the order they come; False, and nothing is written, if they would never fit."""
        batches = iter(computed)
        first = next(batches)
        size = HEADER + total * first[0].numel() * first.element_size()
        if size > self._most_bytes:
            return False
        self._make_room(size)
        with whole_file(path) as aside, aside.open("wb") as file:
            file.write(b" " * HEADER)
            content = hashlib.sha256()
            _append(file, content, first)
            for states in batches:
                _append(file, content, states)
            file.seek(0)
            file.write(_header(key, first, content.hexdigest()))
        return True

    def _make_room(self, size: int) -> None:
        """Remove what was used longest ago until so many bytes more are within the bound."""
        sweep_parts(self._folder)
        kept = sorted(self._folder.glob(f"*{ENDING}"), key=lambda path: path.stat().st_mtime_ns)
        held = sum(path.stat().st_size for path in kept)
        for path in kept:
            if held + size <= self._most_bytes:
                return
            held -= path.stat().st_size
            remove_file(path)


def _key(blocks: FrozenBlocks, examples: Sequence[Encoded], conditions: Sequence[str]) -> str:
    """Digest of all that decides the activations."""
    texts = [json.dumps([one.source, one.target]) for one in examples]
    cut = json.dumps([blocks.counts, BATCH_TOKENS, LENGTH_STEP])
    return digest(model_fingerprint(blocks.model), cut, json.dumps(list(conditions)), *texts)


def _lengths(blocks: FrozenBlocks, example: Encoded) -> dict[str, int]:
    """Real places of an example, by stack."""
    if blocks.model.config.is_encoder_decoder:
        lengths = {"encoder": len(example.source), "decoder": len(example.target)}
        return {stack: lengths[stack] for stack in blocks.counts}
    return {"decoder": len(example.source) + len(example.target)}


def _places(
    blocks: FrozenBlocks, examples: Sequence[Encoded], plan: Sequence[Sequence[int]]
) -> tuple[dict[str, dict[int, _Rows]], int]:
    """Where the states of every example stand, by stack and number, and how many rows all are."""
    places: dict[str, dict[int, _Rows]] = {stack: {} for stack in blocks.counts}
    total = 0
    for indices in plan:
        for stack, rows in places.items():
            for index in indices:
                length = _lengths(blocks, examples[index])[stack]
                rows[index] = _Rows(total, length)
                total += length
    return places, total


def _computed(
    blocks: FrozenBlocks, examples: Sequence[Encoded], plan: Sequence[Sequence[int]]
) -> Iterator[torch.Tensor]:
    """The states of all real places in the order of ``_places``, (rows, width), some at a time."""
    for indices in plan:
        batch = collate_for(blocks.model, examples, indices, LENGTH_STEP)
        states = blocks.states(inputs_of(blocks.model, batch))
        lengths = [_lengths(blocks, examples[index]) for index in indices]
        parts = [states[stack][row, : own[stack]] for stack in blocks.counts for row, own in enumerate(lengths)]
        yield torch.cat(parts).cpu()


def _append(file: BinaryIO, content: Any, states: torch.Tensor) -> None:
    numbers = states.contiguous().view(torch.uint8).numpy()
    content.update(numbers.data)
    file.write(numbers.data)


def _header(key: str, states: torch.Tensor, content: str) -> bytes:
    """The header: a digest of what follows in it, and then that."""
    dtype = str(states.dtype).removeprefix("torch.")
    text = json.dumps({"key": key, "width": states.shape[1], "dtype": dtype, "content": content})
    return f"{digest(text)} {text}".encode().ljust(HEADER)


def _read(path: Path, key: str, total: int) -> torch.Tensor | None:
    """The states in a file, mapped, (total, width); None if the file is missing or not as it was written."""
    try:
        with path.open("rb") as file:
            own_digest, _, text = file.read(HEADER).decode("ascii", "replace").rstrip().partition(" ")
            if digest(text) != own_digest:
                return None
            header: dict[str, Any] = json.loads(text)
            if header["key"] != key or hashlib.file_digest(file, "sha256").hexdigest() != header["content"]:
                return None
    except OSError:
        return None
    # Mapped for copying on a write, which never happens, because PyTorch wants memory that may be written to.
    numbers = np.memmap(path, np.uint8, "c", offset=HEADER)
    states = torch.from_numpy(numbers).view(getattr(torch, header["dtype"])).view(-1, header["width"])
    return states if len(states) == total else None
