"""A task: examples of one kind in named subsets, each with its splits."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import final

from graftwork.data.example import Example
from graftwork.errors import InputError
from graftwork.files import digest

__all__ = ["Subset", "Task"]


@final
@dataclass(frozen=True)
class Subset:
    """Examples from one kind of source, split; each subset gets its own scores."""

    name: str
    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]

    @property
    def splits(self) -> dict[str, tuple[Example, ...]]:
        """The three splits by name."""
        return {"train": self.train, "validation": self.validation, "test": self.test}


@final
@dataclass(frozen=True)
class Task:
    """What one adapter learns: a language (or a pair of them) in one or more subsets.

    Raises:
        InputError: there is no subset, two have one name, or a split is empty.
    """

    name: str
    language: str
    subsets: tuple[Subset, ...]

    def __post_init__(self) -> None:
        where = f"task {self.name!r}"
        if not self.subsets:
            raise InputError("no subset", where, "give it at least one source of examples")
        names = [subset.name for subset in self.subsets]
        if len(set(names)) < len(names):
            raise InputError("two subsets with one name", where)
        for subset in self.subsets:
            for split, examples in subset.splits.items():
                if not examples:
                    right = "use more or larger sources, or a larger share for this split"
                    raise InputError(f"the {split} split is empty", f"{where}, subset {subset.name!r}", right)

    def examples(self, split: str) -> Iterator[Example]:
        """The examples of one split (train, validation or test), subset after subset."""
        for subset in self.subsets:
            yield from subset.splits[split]

    @cached_property
    def digest(self) -> str:
        """Hash of all content in its order: equal digests, equal tasks; tests count, names and origins do not."""
        parts = [self.language]
        for subset in self.subsets:
            for split, examples in subset.splits.items():
                parts += [subset.name, split, str(len(examples))]
                parts += [part for example in examples for part in (example.id, example.signature, repr(example.tests))]
        return digest(*parts)
