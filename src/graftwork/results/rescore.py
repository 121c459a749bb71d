"""Every score again, from the texts that models wrote: what a verification holds the records against."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
import numpy.typing as npt

from graftwork.metrics import METRICS, score_predictions
from graftwork.metrics.bleu import bleu_pseudo_values
from graftwork.results.folder import RunFolder
from graftwork.results.items import ItemScores
from graftwork.results.predictions import Prediction, read_prediction_file

__all__ = ["RUN", "Rescored", "rescore", "same"]

RUN = {"pass_rate": "passed"}
"""Metrics that no text has in it: programs were run. Their items are taken as they stand; the rate is made of them."""
TOLERANCE = 1e-12
"""Numbers that differ by less, absolutely or as a share, are the same."""

_Array = npt.NDArray[np.float64]
_Place = tuple[str, str, str]


def same(have: object, want: object) -> bool:
    """Whether two values of records are equal, numbers up to the last digits."""
    if isinstance(have, int | float) and isinstance(want, int | float):
        return abs(have - want) <= TOLERANCE * max(1.0, abs(have), abs(want))
    return have == want


@final
@dataclass(frozen=True)
class Rescored:
    """Scores made again, by (fingerprint, task, subset); an `ItemSource` for noise floors.

    ``corpus`` has the metrics of each evaluation, ``counts`` its number of items, ``files`` where these stand;
    ``mismatches`` are the item scores in the files that their texts do not give.
    """

    corpus: Mapping[_Place, Mapping[str, float]]
    counts: Mapping[_Place, int]
    files: Mapping[_Place, str]
    items: Mapping[_Place, Mapping[str, _Array]]
    losses: ItemScores
    mismatches: tuple[str, ...]

    def scores(self, fingerprint: str, task: str, subset: str, metric: str) -> _Array | None:
        """See ``ItemSource.scores``."""
        known = self.items.get((fingerprint, task, subset))
        if known is None:
            return None
        if metric == "loss":
            return self.losses.scores(fingerprint, task, subset, metric)
        name = "bleu" if metric == "bleu" else METRICS[metric].item
        return None if name is None else known.get(name)


def rescore(folder: RunFolder, languages: Mapping[str, str]) -> Rescored:
    """Score every evaluation of a run folder again.

    Args:
        folder: the run folder.
        languages: task -> programming language.

    Raises:
        InputError: a file is damaged.
    """
    losses = ItemScores(folder.predictions, folder.losses)
    losses.refresh()
    found = Rescored({}, {}, {}, {}, losses, ())
    corpus, counts, files, items = dict(found.corpus), dict(found.counts), dict(found.files), dict(found.items)
    mismatches: list[str] = []
    for path in sorted(folder.predictions.glob("*.parquet")):
        for place, rows in _by_place(read_prediction_file(path)).items():
            again, values, wrong = _again(path, rows, languages[place[1]])
            loss = losses.scores(*place, "loss")
            corpus[place] = again if loss is None else {**again, "loss": float(loss.mean())}
            counts[place], files[place], items[place] = len(rows), f"predictions/{path.name}", values
            mismatches += wrong
    return Rescored(corpus, counts, files, items, losses, tuple(mismatches))


def _by_place(rows: Sequence[Prediction]) -> dict[_Place, list[Prediction]]:
    found: dict[_Place, list[Prediction]] = {}
    for row in rows:
        found.setdefault((row.fingerprint, row.task, row.subset), []).append(row)
    return found


def _again(
    path: Path, rows: Sequence[Prediction], language: str
) -> tuple[dict[str, float], dict[str, _Array], list[str]]:
    """One evaluation's metrics, its items' scores in the order of their ids, and what the file has otherwise."""
    predictions, references = [row.prediction for row in rows], [row.reference for row in rows]
    scored = score_predictions(predictions, references, language, [row.prompt for row in rows])
    wrong = [
        f"predictions/{path.name}: item {row.id}: {name} is {have}, and its texts give {again[name]}"
        for row, again in zip(rows, scored.items, strict=True)
        for name, have in row.metrics.items()
        if name in again and not same(have, again[name])
    ]
    corpus = dict(scored.corpus)
    columns: dict[str, list[float | None]] = {name: [one[name] for one in scored.items] for name in scored.items[0]}
    for metric, name in RUN.items():
        values = [row.metrics.get(name) for row in rows]
        known = [value for value in values if value is not None]
        if len(known) == len(rows):
            corpus[metric], columns[name] = sum(known) / len(known), values
    columns["bleu"] = list(bleu_pseudo_values(predictions, references))
    order = sorted(range(len(rows)), key=lambda index: rows[index].id)
    arrays = {name: _array([column[index] for index in order]) for name, column in columns.items()}
    return corpus, {name: array for name, array in arrays.items() if array is not None}, wrong


def _array(values: Sequence[float | None]) -> _Array | None:
    known = [value for value in values if value is not None]
    return np.array(known, np.float64) if len(known) == len(values) else None
