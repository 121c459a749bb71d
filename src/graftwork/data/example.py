"""One example: a description and the code it asks for."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import final

from graftwork.files import digest, write_whole

__all__ = ["Example", "make_example", "write_examples"]


@final
@dataclass(frozen=True)
class Example:
    """A description, the code that answers it, and where both come from.

    Attributes:
        id: hash of language, description and target; equal content has an equal id on every machine.
        language: the language of the target.
        description: what the target does, in one paragraph of English (or, in translation tasks, other code).
        target: the code to generate.
        signature: the target up to its body; a recipe may add it to the prompt.
        origin: the file or problem it comes from; splits go by it.
        tests: pairs of the arguments (JSON, with commas between them) and the expected output (JSON).
        name: the function's name, for tables.
    """

    id: str
    language: str
    description: str
    target: str
    signature: str = ""
    origin: str = ""
    tests: tuple[tuple[str, str], ...] = ()
    name: str = ""


def make_example(
    language: str,
    description: str,
    target: str,
    *,
    signature: str = "",
    origin: str = "",
    tests: tuple[tuple[str, str], ...] = (),
    name: str = "",
) -> Example:
    """Make an example; its id is the content hash of language, description and target."""
    identity = digest(language, description, target)[:16]
    return Example(identity, language, description, target, signature, origin, tests, name)


COLUMNS = ("id", "language", "description", "target", "signature", "origin", "name")


def write_examples(path: Path, examples: Iterable[Example]) -> None:
    """Write examples as JSON lines, whole; a file source reads them again.

    Raises:
        NoSpaceError: the disk is full, or the place cannot be written.
    """
    rows = ({column: getattr(example, column) for column in COLUMNS} for example in examples)
    write_whole(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
