"""What a run folder holds: results, markers, lists of checksums, steps, checkpoints."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from hypothesis import strategies as st

from graftwork.results.checksums import CHECKSUMS, check_file, check_files, text_sha256
from graftwork.results.checksums import _seal as seal_files  # the seal that whoever writes a list must make
from graftwork.results.folder import RunFolder, TaskFolder
from graftwork.training.checkpoint import read_checkpoint
from tests.fuzz.mutations import edited, streams, trees
from tests.fuzz.target import Target
from tests.fuzz.texts import texts
from tests.report.synthetic import RECIPE, make_results


def _few(results: dict[str, Any]) -> dict[str, Any]:
    """The records with the first row of every table."""
    return {name: value[:1] if isinstance(value, list) else value for name, value in results.items()}


RESULTS = _few(make_results((1,), 1).model_dump(mode="json"))
_WRITTEN = json.dumps(RESULTS).encode()
_DONE = {"task": "python", "seconds": 1.0, "measured": [{"scores": {"mined": {"bleu": 1.0}}}], "curve": []}
_LIST = {"results.json": ["0" * 64], "../x": ["1" * 64], "done": [text_sha256("{}")]}
_STATE = {
    "version": 1,
    "inputs": "these",
    "done": {"step": 3, "steps": 9, "tokens": 40, "parts": 1, "loss": 2.5, "seconds": 1.0},
    "more": {"a": [1, 2]},
}
_TENSORS = safetensors.torch.save({"a": torch.ones(2, 2), "random.cpu": torch.zeros(4, dtype=torch.uint8)})


def _results(data: bytes, folder: Path) -> None:
    (folder / "recipe.yaml").write_text(RECIPE)
    (folder / "results.json").write_bytes(data)
    (folder / CHECKSUMS).unlink(missing_ok=True)
    results = RunFolder.open(folder).read_results()
    json.dumps(results.model_dump(mode="json"), allow_nan=False)


def _marker(data: bytes, folder: Path) -> None:
    (folder / "done").write_bytes(data)
    (folder / CHECKSUMS).unlink(missing_ok=True)
    TaskFolder(folder).done_data()


def _checksums(case: Any, folder: Path) -> None:
    content, sealed = case
    if sealed and isinstance(content, dict):
        content = {"version": 1, "files": content, "sha256": _sealed(content)}
    (folder / "done").write_text("{}")
    (folder / CHECKSUMS).write_text(json.dumps(content))
    check_files(folder)
    check_file(folder, folder / "done")


def _sealed(files: Any) -> str:
    try:
        return seal_files(files)
    except (TypeError, ValueError):
        return ""


def _steps(data: bytes, folder: Path) -> None:
    (folder / "steps.jsonl").write_bytes(data)
    TaskFolder(folder).read_steps()


def _checkpoint(case: tuple[Any, bytes], folder: Path) -> None:
    state, tensors = case
    (folder / "state.json").write_text(json.dumps(state))
    (folder / "state.safetensors").write_bytes(tensors)
    files = {name: [_sha256(folder / name)] for name in ("state.json", "state.safetensors")}
    given = {name: tuple(digests) for name, digests in files.items()}
    (folder / CHECKSUMS).write_text(json.dumps({"version": 1, "files": files, "sha256": seal_files(given)}))
    checkpoint, _ = read_checkpoint(folder, "these")
    replace(checkpoint.step)


def _sha256(path: Path) -> str:
    from graftwork.files import file_sha256

    return file_sha256(path)


_json = trees(RESULTS, most=2).map(lambda tree: json.dumps(tree, ensure_ascii=True).encode())
_special = st.sampled_from((b"", b"[" * 5000, b'{"a":' * 5000, b"\xff", b"NaN", b"1" * 5000, b'"\\ud800"', b"{}"))
_edits = st.builds(edited, st.just(_LIST), st.just([])) | trees(_LIST)
_list = {"version": 1, "files": {"a": ["0"]}, "sha256": "x"}

TARGETS = (
    Target("results", _json | streams(_WRITTEN) | _special, _results),
    Target("markers", trees(_DONE).map(lambda tree: json.dumps(tree).encode()) | _special, _marker),
    Target(
        "checksums",
        st.tuples(
            _edits
            | st.dictionaries(
                texts | st.sampled_from(("/dev/zero", "/dev/stdin", ".", "..", "/")), st.just(["0"]), max_size=2
            ),
            st.just(True),
        )
        | st.tuples(trees(_list), st.just(False)),
        _checksums,
    ),
    Target("steps", streams(b'{"step": 1, "loss": 2.0}\n{"step": 2, "loss": null}\n') | _special, _steps),
    Target(
        "checkpoints", st.tuples(trees(_STATE) | st.just(_STATE), st.just(_TENSORS) | streams(_TENSORS)), _checkpoint
    ),
)
