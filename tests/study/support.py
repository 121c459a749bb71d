"""A study that takes seconds: a tiny base in a folder, a few rows of code, and watchers that do something."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from transformers.utils import logging

from graftwork.continual.runner import TaskRecord
from graftwork.models.tiny import tiny_base
from graftwork.results.folder import RunFolder
from graftwork.results.names import Cell
from graftwork.results.records import Results
from graftwork.study.config import StudyConfig

COMPONENTS = {"lora": {"kind": "lora", "rank": 2}, "layer": {"kind": "extra-layer"}}
APPROACHES: dict[str, dict[str, Any]] = {
    "lora": {"components": {"lora": COMPONENTS["lora"]}},
    "extra-layer": {"components": {"layer": COMPONENTS["layer"]}},
    "hybrid": {"components": {"lora": {**COMPONENTS["lora"], "into_extra_layers": True}, "layer": COMPONENTS["layer"]}},
    "hybrid-shared": {"components": COMPONENTS, "shared": ["layer"]},
    "sequential": {"method": {"kind": "sequential"}},
}
LORA = {"components": {"lora": COMPONENTS["lora"]}}
METHODS: dict[str, dict[str, Any]] = {
    "sequential-lora": {**LORA, "method": {"kind": "sequential"}},
    "joint": {"method": {"kind": "joint"}},
    "joint-lora": {**LORA, "method": {"kind": "joint"}},
    "individual": {"method": {"kind": "individual"}},
    "replay": {"method": {"kind": "replay", "buffer_size": 6, "ratio": 0.5}},
    "ewc-online": {"method": {"kind": "ewc", "strength": 100, "examples": 4}},
    "ewc-separate": {**LORA, "method": {"kind": "ewc", "variant": "separate", "strength": 100, "examples": 4}},
    "o-lora": {**LORA, "method": {"kind": "o-lora"}},
    "lwf": {"method": {"kind": "lwf"}},
    "lwf-lora": {**LORA, "method": {"kind": "lwf"}},
}
"""What else there is of methods, with the whole base and with components."""
PINNED = "hybrid-shared@pinned"
ISOLATED = ("lora", "extra-layer", "hybrid")
CHANGING = ("hybrid-shared", "sequential")
CODE = {"python": "def f{n}(a):\n    return a + {n}", "javascript": "function f{n}(a) {{\n  return a * {n};\n}}"}


def save_base(folder: Path, seed: int = 0, family: str = "t5") -> Path:
    base = tiny_base(seed, family)
    logging.disable_progress_bar()
    base.model.save_pretrained(folder)
    base.tokenizer.save_pretrained(folder)
    return folder


def write_rows(folder: Path) -> None:
    for language, code in CODE.items():
        rows = [{"description": f"Use number {n}.", "target": code.format(n=n)} for n in range(12)]
        (folder / f"{language}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def task(language: str, folder: Path) -> dict[str, Any]:
    rows = {"kind": "file", "path": str(folder / f"{language}.jsonl")}
    columns = {"description": "description", "target": "target"}
    mined = {
        "kind": "mined",
        "sources": [{**rows, "columns": columns}],
        "cleaning": {"min_target_tokens": 0, "near_duplicates": None},
        "split": {"validation": 0.2, "test": 0.2, "near_duplicates": None},
    }
    generated = {"kind": "generated", "train": 8, "validation": 3, "test": 3}
    return {"name": language, "language": language, "subsets": [mined, generated]}


def recipe(material: Path, *approaches: str, **changes: Any) -> dict[str, Any]:
    """A recipe on the base and the rows in a folder, of the approaches named (by default the first five)."""
    return {
        "name": "tiny",
        "base": str(material / "base"),
        "tasks": [task(language, material) for language in CODE],
        "approaches": [{"name": name, **(APPROACHES | METHODS)[name]} for name in approaches or APPROACHES],
        "training": {"epochs": 1, "batch_rows": 8, "learning_rate": 0.01},
        "decoding": {"max_new_tokens": 12},
        "probes": 2,
        **changes,
    }


def study(material: Path, *approaches: str, **changes: Any) -> StudyConfig:
    return StudyConfig.read(recipe(material, *approaches, **changes), "recipe")


def study_of_methods(material: Path, *approaches: str) -> StudyConfig:
    """The other methods (by default all), on 16 generated problems a task, so that it is quick."""
    generated = {"kind": "generated", "train": 16, "validation": 2, "test": 2}
    tasks = [{"name": language, "language": language, "subsets": [generated]} for language in CODE]
    return study(material, *(approaches or METHODS), tasks=tasks)


class Watcher:
    """Remembers what it is told, and may do something (such as interrupting) when a task is done."""

    def __init__(self, on_task: Callable[[Cell, str], None] = lambda cell, task: None) -> None:
        self._on_task = on_task
        self.num_tasks = 0
        self.said: list[str] = []
        self.pieces: list[str] = []
        self.workers: set[int] = set()
        self.tasks: list[tuple[Cell, str]] = []

    def begin(self, num_tasks: int) -> None:
        self.num_tasks = num_tasks

    def start(self, what: str, total: int) -> None:
        self.pieces.append(what)

    def advance(self, done: int) -> None:
        assert done > 0

    def task_done(self, cell: Cell, task: str, record: TaskRecord) -> None:
        self.tasks.append((cell, task))
        self._on_task(cell, task)

    def say(self, text: str) -> None:
        self.said.append(text)

    def beside(self, number: int) -> "Watcher":
        self.workers.add(number)
        return self


def outcome(results: Results, *approaches: str) -> dict[str, Any]:
    """Everything in the records of some approaches (by default all) that must be the same each time."""
    kept = ("cells", "parameters", "scores", "summary", "isolation", "curves")
    names = {name for one in approaches or APPROACHES for name in (one, f"{one}@pinned")}
    found = {part: [row for row in getattr(results, part) if row.approach in names] for part in kept}
    return {**found, "tasks": results.tasks, "base": results.base, "signatures": results.signatures}


def files_of_adapters(folder: Path, *approaches: str) -> dict[str, bytes]:
    """The bytes of every file of every adapter, by path below the run folder."""
    paths = [path for name in approaches or APPROACHES for path in (folder / "runs" / name).rglob("adapter/*")]
    assert paths
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def predictions(folder: Path, *approaches: str) -> list[Any]:
    return [row for row in RunFolder(folder).read_predictions() if row.approach in (approaches or APPROACHES)]


def write_recipe(path: Path, data: dict[str, Any]) -> Path:
    path.write_text(yaml.safe_dump(data, sort_keys=False))  # the order of components counts
    return path
