"""Losses of single validation items, as Parquet: what the noise floor of a loss is estimated from."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any, final

import pyarrow
import pyarrow.parquet

from graftwork.errors import InputError
from graftwork.files import whole_file

__all__ = ["ItemLoss", "read_loss_file", "write_loss_file"]

_TYPES: dict[str, Any] = {"tokens": pyarrow.int64(), "loss": pyarrow.float64()}


@final
@dataclass(frozen=True)
class ItemLoss:
    """The loss of one validation example, in nats a target token, under the model with a fingerprint."""

    task: str
    subset: str
    id: str
    fingerprint: str
    tokens: int
    loss: float


def write_loss_file(path: Path, rows: Sequence[ItemLoss]) -> None:
    """Write the losses of one evaluation, whole."""
    columns = zip(*map(astuple, rows), strict=True)
    named = zip(fields(ItemLoss), columns, strict=True)
    arrays = {one.name: pyarrow.array(column, _TYPES.get(one.name, pyarrow.string())) for one, column in named}
    with whole_file(path) as aside:
        pyarrow.parquet.write_table(pyarrow.table(arrays), aside, compression="zstd")


def read_loss_file(path: Path) -> list[ItemLoss]:
    """Read losses back in the order they were written.

    Raises:
        InputError: the file is damaged or holds something else.
    """
    try:
        rows = pyarrow.parquet.ParquetFile(path).read([one.name for one in fields(ItemLoss)]).to_pylist()
        return [ItemLoss(**row) for row in rows]
    except (pyarrow.ArrowException, OSError, ValueError, TypeError) as error:
        raise InputError(f"not a readable file of losses ({error})", str(path)) from None
