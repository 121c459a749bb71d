"""Scores of single items, read from a run folder's prediction files: what noise floors are estimated from."""

from pathlib import Path
from typing import final

import numpy as np
import numpy.typing as npt
import pyarrow
import pyarrow.compute
import pyarrow.parquet

from graftwork.errors import InputError
from graftwork.metrics.bleu import bleu_pseudo_values
from graftwork.metrics.loss import loss_pseudo_values
from graftwork.metrics.metric import METRICS

__all__ = ["ItemScores"]

_PLACE = ("fingerprint", "task", "subset", "id")
_NAMES = frozenset(metric.item for metric in METRICS.values() if metric.item is not None)

_Array = npt.NDArray[np.float64]
_Place = tuple[str, str, str]


@final
class ItemScores:
    """Per-item scores by fingerprint, task and subset, in the order of the items' ids.

    Evaluations of equal fingerprints stand once in a run folder, and are found for all. Each file's scores are read
    once; its texts only where BLEU is asked for, which items have no score of their own for.
    """

    def __init__(self, predictions: Path, losses: Path) -> None:
        """Read from the folder of the predictions and that of the item losses; either may be missing."""
        self._folders = predictions, losses
        self._read: dict[Path, int] = {}
        self._files: dict[_Place, Path] = {}
        self._items: dict[_Place, dict[str, _Array]] = {}

    def refresh(self) -> None:
        """Read what was written since the last time.

        Raises:
            InputError: a file is damaged or holds something else.
        """
        for path in sorted(path for folder in self._folders for path in folder.glob("*.parquet")):
            written = path.stat().st_mtime_ns
            if self._read.get(path) != written:
                self._add(path)
                self._read[path] = written

    def scores(self, fingerprint: str, task: str, subset: str, metric: str) -> _Array | None:
        """Return the scores of one evaluation, (items,); None where there are none, or one of them is undefined.

        Args:
            fingerprint: what was evaluated.
            task: on which task.
            subset: and on which subset of it.
            metric: name of the metric; for BLEU and the loss the scores are pseudo-values.

        Raises:
            InputError: the file is damaged.
        """
        place = (fingerprint, task, subset)
        items = self._items.get(place)
        if items is None:
            return None
        if metric == "bleu" and metric not in items:
            items[metric] = self._bleu(place)
        name = metric if metric == "bleu" or metric not in METRICS else METRICS[metric].item
        return None if name is None else items.get(name)

    def _add(self, path: Path) -> None:
        names = [name for name in _columns(path) if name in _NAMES or name == "tokens"]
        table = _table(path, [*_PLACE, *names])
        losses = path.parent == self._folders[1]
        for place in set(zip(*(table[column].to_pylist() for column in _PLACE[:3]), strict=True)):
            rows = _rows(table, place)
            items = self._items.setdefault(place, {})
            if losses:
                items["loss"] = np.array(loss_pseudo_values(rows["loss"].to_pylist(), rows["tokens"].to_pylist()))
            else:
                self._files[place] = path
                items |= {name: rows[name].to_numpy() for name in names if rows[name].null_count == 0}

    def _bleu(self, place: _Place) -> _Array:
        rows = _rows(_table(self._files[place], [*_PLACE, "prediction", "reference"]), place)
        return np.array(bleu_pseudo_values(rows["prediction"].to_pylist(), rows["reference"].to_pylist()))


def _columns(path: Path) -> list[str]:
    try:
        names: list[str] = pyarrow.parquet.read_schema(path).names
    except (pyarrow.ArrowException, OSError) as error:
        raise _unreadable(path, error) from None
    return names


def _table(path: Path, columns: list[str]) -> pyarrow.Table:
    """Some columns of a file, in the order of the items' ids."""
    try:
        return pyarrow.parquet.ParquetFile(path).read(columns=columns).sort_by("id")
    except (pyarrow.ArrowException, OSError) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(f"not a readable file of predictions ({str(error).splitlines()[0]})", str(path))


def _rows(table: pyarrow.Table, place: _Place) -> pyarrow.Table:
    """The rows of one evaluation."""
    for column, value in zip(_PLACE, place, strict=False):
        table = table.filter(pyarrow.compute.equal(table[column], value))
    return table
