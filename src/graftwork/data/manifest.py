"""The content hashes of what a base was pretrained on, so that a study can prove its tests unseen."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self, final

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from graftwork.data.example import Example
from graftwork.data.task import Task
from graftwork.errors import InputError
from graftwork.files import digest, write_whole

__all__ = ["MANIFEST_FILE", "Manifest", "content_hash"]

MANIFEST_FILE = "content_hashes.safetensors"


def content_hash(text: str) -> int:
    """The first 64 bits of the text's SHA-256, white space folded, so that layout does not hide a copy."""
    return int(digest(re.sub(r"\s+", " ", text).strip())[:16], 16)


@final
@dataclass(frozen=True)
class Manifest:
    """Hashes of every target, description and problem key that pretraining may have seen, sorted."""

    hashes: npt.NDArray[np.uint64]

    @classmethod
    def of(cls, hashes: Iterable[int]) -> Self:
        """Make a manifest; the order and repetitions of the hashes do not matter."""
        return cls(np.unique(np.fromiter(hashes, dtype=np.uint64)))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a manifest.

        Raises:
            InputError: the file is damaged.
        """
        try:
            return cls(load_file(path)["content_hashes"])
        except (SafetensorError, KeyError, OSError) as error:
            raise InputError(f"not a readable manifest ({error})", str(path), "restore it with its base") from None

    def write(self, path: Path) -> None:
        """Write the manifest, whole."""
        write_whole(path, save({"content_hashes": self.hashes}))

    def __contains__(self, text: str) -> bool:
        value = np.uint64(content_hash(text))
        place = int(np.searchsorted(self.hashes, value))
        return place < len(self.hashes) and bool(self.hashes[place] == value)

    def seen(self, tasks: Iterable[Task]) -> list[Example]:
        """The validation and test examples whose target, or problem, is among what was seen."""
        held_out = [one for task in tasks for split in ("validation", "test") for one in task.examples(split)]
        return [one for one in held_out if one.target in self or (one.tests and one.origin in self)]
