"""Training, validation and test examples: by origin, through a hash, so equal on every machine."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, final

from pydantic import Field, model_validator

from graftwork.config import Config
from graftwork.data.example import Example
from graftwork.data.near_duplicates import clusters_of
from graftwork.files import digest

__all__ = ["SplitConfig", "Splits", "split_examples", "split_origins"]

SplitName = Literal["train", "validation", "test"]
HELD_OUT: tuple[SplitName, ...] = ("test", "validation")


@final
class SplitConfig(Config):
    """Shares of the examples that go to validation and to test, whole files at a time; the others train.

    Attributes:
        validation: share of the examples, 0 to 1.
        test: share of the examples, 0 to 1.
        salt: another text gives another division.
        near_duplicates: similarity from which two functions may not stand in two splits; null looks at equal ones only.
    """

    validation: float = Field(default=0.1, ge=0, lt=1)
    test: float = Field(default=0.1, ge=0, lt=1)
    salt: str = ""
    near_duplicates: float | None = Field(default=0.9, gt=0, le=1)

    @model_validator(mode="after")
    def _leaves_training(self) -> "SplitConfig":
        if self.validation + self.test >= 1:
            raise ValueError("validation and test leave nothing to train on")
        return self


@final
@dataclass(frozen=True)
class Splits:
    """The three splits, each in the order of a hash, so that its first n are a fair sample of it.

    ``dropped`` counts examples left out because an equal or near-equal target stands in another split.
    """

    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]
    dropped: int


def split_origins(sizes: Mapping[str, int], config: SplitConfig) -> dict[str, SplitName]:
    """Give each file a split: in the order of a hash of their names, until the shares are met.

    A file that would overshoot a share by more than half of itself goes to the next split, so each split is within
    half a file of its share.

    Args:
        sizes: the number of examples of each file.
        config: the shares.
    """
    total = sum(sizes.values())
    room = {"test": config.test * total, "validation": config.validation * total}
    chosen: dict[str, SplitName] = {}
    for origin in sorted(sizes, key=lambda origin: (digest(config.salt, origin), origin)):
        chosen[origin] = "train"
        for split in HELD_OUT:
            if room[split] >= sizes[origin] / 2:
                chosen[origin] = split
                room[split] -= sizes[origin]
                break
    return chosen


def split_examples(examples: Sequence[Example], config: SplitConfig | None = None) -> Splits:
    """Split examples by their origin; no target, nor one near to it, stands in two splits.

    Where equal or near-equal targets come from files of different splits, those in test stay, then those in
    validation.
    """
    config = config or SplitConfig()
    ordered = sorted(examples, key=lambda example: (digest(config.salt, example.id), example.origin))
    targets = [example.target for example in ordered]
    clusters = clusters_of(targets, config.near_duplicates or 1.0)
    homes = split_origins(Counter(example.origin for example in ordered), config)
    splits: dict[SplitName, list[Example]] = {"test": [], "validation": [], "train": []}
    home: dict[int, SplitName] = {}
    dropped = 0
    for split, chosen in splits.items():
        for example, cluster in zip(ordered, clusters, strict=True):
            if homes[example.origin] != split:
                continue
            if home.setdefault(cluster, split) == split:
                chosen.append(example)
            else:
                dropped += 1
    return Splits(tuple(splits["train"]), tuple(splits["validation"]), tuple(splits["test"]), dropped)
