import inspect
import json
import shlex
import subprocess
import sys
import textwrap
from types import FunctionType
from typing import Any

import pytest

from graftwork.metrics.bleu import one_line


@pytest.fixture(scope="session")
def references() -> list[str]:
    """Real functions of the standard library."""
    owners = [shlex.shlex, json.decoder.JSONDecoder, textwrap.TextWrapper, textwrap, shlex]
    members = [member for owner in owners for member in vars(owner).values() if isinstance(member, FunctionType)]
    return [textwrap.dedent(inspect.getsource(function)).rstrip() for function in members]


@pytest.fixture(scope="session")
def predictions(references: list[str]) -> list[str]:
    """Of every five one right, one empty, one cut off, one with other names, and one that belongs elsewhere."""
    changed = []
    for position, text in enumerate(references):
        others = [text, "", text[: len(text) // 2], text.replace("self", "thé_object"), references[position - 3]]
        changed.append(others[position % 5])
    return changed


@pytest.fixture(scope="session")
def sacrebleu_prints(
    predictions: list[str], references: list[str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Any]]:
    """What sacreBLEU's own command line prints, to 12 digits, for the same texts in files with one a line."""
    folder = tmp_path_factory.mktemp("sacrebleu")
    for name, texts in (("references", references), ("predictions", predictions)):
        lines = "".join(f"{one_line(text)}\n" for text in texts)
        (folder / name).write_text(lines, encoding="utf-8", newline="\n")
    options = ["-i", "predictions", "-m", "bleu", "chrf", "-w", "12"]
    command = [sys.executable, "-m", "sacrebleu", "references", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return {row["name"]: row for row in json.loads(done.stdout)}
