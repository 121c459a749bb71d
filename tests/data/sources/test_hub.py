"""The shapes that data sets have on the hub, as local folders, through the real library."""

from pathlib import Path
from typing import Any

import datasets
import pyarrow
import pytest
from pyarrow import parquet

from graftwork.data.cleaning import CleaningConfig
from graftwork.data.mining import Found
from graftwork.data.sources.hub import HubSource, search_hub
from graftwork.errors import InputError
from graftwork.languages import get_language
from tests.data.sources.support import write
from tests.data.sources.test_rows import ROW, TARGET

CARD = """---
configs:
- config_name: python
  data_files:
  - split: train
    path: data/python/train.parquet
---
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def table(folder: Path, name: str, rows: list[dict[str, Any]]) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pyarrow.Table.from_pylist(rows), path)


def search(folder: Path, **settings: Any) -> Found:
    return search_hub(HubSource(name=str(folder), **settings), get_language("python"), CleaningConfig())


@pytest.mark.parametrize("train", ["python/train/0000.parquet", "python/train-00000-of-00001.parquet"])
def test_a_folder_for_each_configuration_is_read(tmp_path: Path, train: str) -> None:
    table(tmp_path / "set", train, [ROW])
    table(tmp_path / "set", train.replace("train", "test"), [{**ROW, "func_name": "test"}])
    table(tmp_path / "set", train.replace("python", "java"), [{**ROW, "language": "java"}])
    found = search(tmp_path / "set")
    assert [(example.target, example.name) for example in found.examples] == [(TARGET, "A.add")]
    assert found.total == 1


def test_configurations_of_the_data_sets_card_are_read(tmp_path: Path) -> None:
    table(tmp_path / "set", "data/python/train.parquet", [ROW, ROW])
    write(tmp_path, "set/README.md", CARD)
    assert search(tmp_path / "set").total == 2


def test_no_more_rows_than_the_limit_are_read(tmp_path: Path) -> None:
    table(tmp_path / "set", "python/train/0000.parquet", [ROW] * 5)
    assert search(tmp_path / "set", limit=2).total == 2
    assert search(tmp_path / "set", limit=9).total == 5


def test_a_loading_script_leads_to_what_the_hub_converted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table(tmp_path / "set", "python/train/0000.parquet", [ROW])
    real = datasets.load_dataset

    def on_the_hub(path: str, **way: Any) -> Any:
        """The main branch holds a script; the other branch is the folder."""
        if way.get("revision") != "refs/convert/parquet":
            raise RuntimeError("Dataset scripts are no longer supported, but found set.py")
        return real(str(tmp_path / "set"), **way)

    monkeypatch.setattr(datasets, "load_dataset", on_the_hub)
    assert search(Path("owner/set")).total == 1


def test_a_loading_script_is_never_run(tmp_path: Path) -> None:
    write(tmp_path, "scripted/scripted.py", "import datasets\nraise SystemExit('executed')")
    with pytest.raises(InputError, match="scripts are no longer supported"):
        search(tmp_path / "scripted")


def test_a_split_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    table(tmp_path / "set", "python/train/0000.parquet", [ROW])
    with pytest.raises(InputError, match=r"cannot be loaded .*[Uu]nknown split"):
        search(tmp_path / "set", split="extra")


def test_a_configuration_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    table(tmp_path / "set", "python/train/0000.parquet", [ROW])
    with pytest.raises(InputError, match="cannot be loaded"):
        search(tmp_path / "set", config="cobol")


def test_a_data_set_out_of_reach_is_an_input_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_reach(path: str, **way: Any) -> Any:
        raise ConnectionError(f"Couldn't reach '{path}' on the Hub")

    monkeypatch.setattr(datasets, "load_dataset", out_of_reach)
    with pytest.raises(InputError, match=r"hub:owner/set: cannot be loaded \(Couldn't reach"):
        search(Path("owner/set"))
