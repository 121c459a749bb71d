"""Tokenizers that come with a base."""

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import strategies as st

from graftwork.models.load import load_tokenizer
from graftwork.models.tokenizer import train_tokenizer
from tests.fuzz.mutations import streams, trees
from tests.fuzz.target import Target


@cache
def _right() -> dict[str, Any]:
    """The files of a small tokenizer, by name."""
    tokenizer = train_tokenizer(["return a + b"] * 3, 300)
    with TemporaryDirectory() as folder:
        tokenizer.save_pretrained(folder)
        return {path.name: json.loads(path.read_bytes()) for path in sorted(Path(folder).iterdir())}


def _load(case: tuple[str, bytes], folder: Path) -> None:
    for name, content in _right().items():
        (folder / name).write_bytes(case[1] if name == case[0] else json.dumps(content).encode())
    load_tokenizer(folder, "its folder", 300)


def _cases(name: str) -> Any:
    content = _right()[name]
    whole = json.dumps(content).encode()
    small = (
        {**content, "model": {**content["model"], "vocab": {"a": 0}, "merges": []}} if "model" in content else content
    )
    changed = trees(content, small, small).map(lambda tree: json.dumps(tree).encode())
    return st.tuples(st.just(name), changed | changed | streams(whole))


TARGETS = (
    Target("tokenizers", st.deferred(lambda: st.one_of(*map(_cases, _right()))), _load, share=0.3, prepare=_right),
)
