from dataclasses import replace
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from graftwork.errors import InputError
from graftwork.results.predictions import Prediction, read_prediction_file, write_prediction_file

ROW = Prediction(
    approach="lora",
    order="python",
    seed=1,
    after=None,
    task="python",
    subset="mined",
    id="01",
    fingerprint="ab",
    prompt="Add\r\nand \x00 </script>",
    reference="return a + b",
    prediction="漢字 🙂 \u202e",
    metrics={"exact_match": 0.0, "parses": None},
)


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    rows = [ROW, replace(ROW, id="02", after="python", metrics={"exact_match": 1.0, "parses": 1.0})]
    write_prediction_file(tmp_path / "a.parquet", rows)
    assert read_prediction_file(tmp_path / "a.parquet") == rows


def test_a_metric_that_a_row_lacks_is_undefined(tmp_path: Path) -> None:
    write_prediction_file(tmp_path / "a.parquet", [ROW, replace(ROW, metrics={})])
    assert read_prediction_file(tmp_path / "a.parquet")[1].metrics == {"exact_match": None, "parses": None}


def test_no_rows_are_a_file_too(tmp_path: Path) -> None:
    write_prediction_file(tmp_path / "a.parquet", [])
    assert read_prediction_file(tmp_path / "a.parquet") == []


def test_lone_surrogates_are_replaced(tmp_path: Path) -> None:
    write_prediction_file(tmp_path / "a.parquet", [replace(ROW, prediction="a\ud800b")])
    assert read_prediction_file(tmp_path / "a.parquet")[0].prediction == "a\ufffdb"


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no parquet at all"])
def test_a_damaged_file_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.parquet: not a readable Parquet file") as caught:
        read_prediction_file(tmp_path / "a.parquet")
    assert "\n" not in str(caught.value)


def test_another_table_is_refused(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(pyarrow.table({"a": [1]}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match="not a file of predictions"):
        read_prediction_file(tmp_path / "a.parquet")
