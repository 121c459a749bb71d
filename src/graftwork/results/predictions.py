"""Generated items and their scores, as Parquet: one row an item, one column a per-item metric."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

import pyarrow
import pyarrow.parquet

from graftwork.errors import InputError
from graftwork.files import whole_file

__all__ = ["Prediction", "read_prediction_file", "write_prediction_file"]

_SCHEMA: dict[str, Any] = {
    "approach": pyarrow.string(),
    "order": pyarrow.string(),
    "seed": pyarrow.int64(),
    "after": pyarrow.string(),
    "task": pyarrow.string(),
    "subset": pyarrow.string(),
    "id": pyarrow.string(),
    "fingerprint": pyarrow.string(),
    "prompt": pyarrow.string(),
    "reference": pyarrow.string(),
    "prediction": pyarrow.string(),
}


@final
@dataclass(frozen=True)
class Prediction:
    """One generated item.

    ``after`` is the task trained last, None for the untouched base. ``fingerprint`` is that of the model which
    generated it; a score matrix entry with the same fingerprint, task and subset rests on the same items, so an
    isolated adapter's items stand once. ``metrics`` maps each per-item metric to its value, None where undefined.
    """

    approach: str
    order: str
    seed: int
    after: str | None
    task: str
    subset: str
    id: str
    fingerprint: str
    prompt: str
    reference: str
    prediction: str
    metrics: Mapping[str, float | None] = field(default_factory=dict)


def write_prediction_file(path: Path, rows: Sequence[Prediction]) -> None:
    """Write items to a Parquet file, whole; lone surrogates, which Parquet cannot hold, become U+FFFD."""
    columns = {name: [_storable(getattr(row, name)) for row in rows] for name in _SCHEMA}
    arrays = {name: pyarrow.array(values, type=_SCHEMA[name]) for name, values in columns.items()}
    for metric in sorted({name for row in rows for name in row.metrics}):
        values = [row.metrics.get(metric) for row in rows]
        numbers = [None if value is None else float(value) for value in values]
        arrays[metric] = pyarrow.array(numbers, type=pyarrow.float64())
    with whole_file(path) as aside:
        pyarrow.parquet.write_table(pyarrow.table(arrays), aside, compression="zstd")


def _storable(value: Any) -> Any:
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(value, str) else value


def read_prediction_file(path: Path) -> list[Prediction]:
    """Read items back in the order they were written.

    Raises:
        InputError: the file is damaged or holds something else.
    """
    try:
        rows = pyarrow.parquet.ParquetFile(path).read().to_pylist()
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise InputError(f"not a readable Parquet file ({error})", str(path)) from None
    if rows and not _SCHEMA.keys() <= rows[0].keys():
        missing = ", ".join(_SCHEMA.keys() - rows[0].keys())
        raise InputError(f"not a file of predictions (no column {missing})", str(path))
    return [
        Prediction(
            **{name: row[name] for name in _SCHEMA},
            metrics={name: value for name, value in row.items() if name not in _SCHEMA},
        )
        for row in rows
    ]
