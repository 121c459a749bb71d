"""Whether the numbers of ``analysis.json`` follow from what lies beside them; no model is run.

Shares are made again from the knock-outs. Scores of what the study itself has evaluated are made again from its texts
and item losses; those of parts of adapters, which nobody else has scored, are held against the places where the same
function stands again. Everything is under the file's seal.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, final

from graftwork.errors import InputError
from graftwork.metrics import score_predictions
from graftwork.results.analysis import Analysis, KnockOut, Share, ZeroShot
from graftwork.results.analysis_file import ANALYSIS_FILE, is_as_written, read_analysis
from graftwork.results.folder import RunFolder
from graftwork.results.losses import ItemLoss, read_loss_file
from graftwork.results.predictions import Prediction, read_prediction_file
from graftwork.results.records import Record, Results
from graftwork.results.rescore import same
from graftwork.results.shares import shares_of
from graftwork.results.verify import Verification, read_as_it_is

__all__ = ["verify_analysis"]

_Place = tuple[str, str, str]
"""Fingerprint, task and subset."""
_Values = Mapping[str, float]
_Item = TypeVar("_Item", Prediction, ItemLoss)
LOSS_TOLERANCE = 1e-6
"""A loss of several items was added up on the device, in 32 bits; one from their own losses differs by rounding."""


def verify_analysis(folder: RunFolder) -> Verification | None:
    """Hold the analysis of a run folder against its seal, its own other rows, and what the study evaluated.

    Returns:
        What was found; None where there is no analysis.

    Raises:
        InputError: there are no records, or a file of predictions or losses is damaged.
    """
    path = folder.path / ANALYSIS_FILE
    if not path.is_file():
        return None
    try:
        analysis = read_analysis(path, as_it_is=True)
    except InputError as error:
        return Verification((str(error),), (), (f"{ANALYSIS_FILE}: for that",))
    results = read_as_it_is(folder)
    texts = _Texts(folder, {row.name: row.language for row in results.tasks})
    scored = list(_scored(analysis, _fingerprints(results), texts))
    wrong = [*_settings(analysis), *_counts(analysis, results), *_shares(analysis), *_twice(analysis)]
    wrong += [line for line in scored if line]
    wrong += _replays(analysis, results)
    checked = [f"analysis: {len(analysis.shares)} shares, {len(scored)} scores from texts and items' losses"]
    sealed = is_as_written(analysis)
    if sealed is False and not wrong:
        wrong.append(f"{ANALYSIS_FILE}: a number is not the one that was written (its seal is broken)")
    if sealed:
        checked.append(f"analysis: the seal over all {_size(analysis)} rows")
    return Verification(tuple(wrong), tuple(checked), tuple(_not_checked(analysis, scored)))


def _not_checked(analysis: Analysis, scored: Sequence[str]) -> Iterator[str]:
    held = "only the seal holds them" if analysis.sha256 else "nothing holds them: an older version set no seal"
    left = len(analysis.zero_shots) + len(analysis.knock_outs) - len(scored)
    yield (
        f"analysis: {left} scores that only the model can make again (adapters on other tasks, and parts of adapters), "
        f"sizes of updates, gradients, similarities, overlaps and losses between versions; {held}"
    )


def _size(analysis: Analysis) -> int:
    return sum(len(value) for _, value in analysis if isinstance(value, tuple))


# Its own rows


def _settings(analysis: Analysis) -> Iterator[str]:
    """Rows of a seed that the settings do not name."""
    for field, rows in analysis:
        for index, row in enumerate(rows if isinstance(rows, tuple) else ()):
            seed = getattr(row, "seed", None)
            if seed is not None and seed not in analysis.settings.seeds:
                yield f"{ANALYSIS_FILE}#/{field}/{index}/seed is {seed}, and the settings have no such seed"


def _shares(analysis: Analysis) -> Iterator[str]:
    """Shares that do not follow from the knock-outs; an analysis that is not finished has none yet."""
    right: tuple[Share, ...] = shares_of(analysis.knock_outs) if analysis.finished else ()
    if len(right) != len(analysis.shares):
        yield f"{ANALYSIS_FILE}#/shares has {len(analysis.shares)} rows, and there should be {len(right)}"
        return
    for index, (have, want) in enumerate(zip(analysis.shares, right, strict=True)):
        for name in Share.model_fields:
            mine, should = getattr(have, name), getattr(want, name)
            if not same(mine, should):
                yield f"{ANALYSIS_FILE}#/shares/{index}/{name} is {mine}, and the knock-outs give {should}"


def _twice(analysis: Analysis) -> Iterator[str]:
    """Scores of one function that stand in two places and are not equal."""
    known = {_zero_shot(row): (row.value, f"zero_shots/{index}") for index, row in enumerate(analysis.zero_shots)}
    parts: dict[tuple[Any, ...], set[str]] = {}
    for row in analysis.knock_outs:
        if row.acts == "alone":
            parts.setdefault(_version(row), set()).add(row.part)
    for index, row in enumerate(analysis.knock_outs):
        key = _function(row, parts.get(_version(row), set()))
        first = known.setdefault(key, (row.value, f"knock_outs/{index}")) if key else (row.value, "")
        if not same(row.value, first[0]):
            yield f"{ANALYSIS_FILE}#/knock_outs/{index}/value is {row.value}, and #/{first[1]} has {first[0]}"
    for index, point in enumerate(analysis.interpolations):
        end = {0.0: point.before, 1.0: point.after}.get(point.alpha)
        if end == point.task:
            key = (point.approach, point.order, point.seed, end, point.task, point.subset, "loss")
            value, where = known.get(key, (point.loss, ""))
            if abs(point.loss - value) > LOSS_TOLERANCE:
                yield f"{ANALYSIS_FILE}#/interpolations/{index}/loss is {point.loss}, and #/{where} has {value}"


def _zero_shot(row: ZeroShot) -> tuple[Any, ...]:
    return row.approach, row.order, row.seed, row.adapter, row.task, row.subset, row.metric


def _version(row: KnockOut) -> tuple[Any, ...]:
    return row.approach, row.order, row.seed, row.task


def _function(row: KnockOut, parts: set[str]) -> tuple[Any, ...] | None:
    """What else has this score: the zero-shot matrix, or of two components the one alone; None where nothing has."""
    place = row.task, row.subset, row.metric
    if row.acts == "none":
        return ("base", None, None, None, *place)
    if row.acts == "whole":
        return (*_version(row), *place)
    others = {row.part} if row.acts == "alone" else parts - {row.part}
    return (*_version(row), *place, *others) if row.acts in ("alone", "without") and len(others) == 1 else None


# The study


def _counts(analysis: Analysis, results: Results) -> Iterator[str]:
    """Numbers of items that are not those the settings and the data give."""
    sizes = {(row.name, row.subset): row for row in results.tasks}
    tables: tuple[tuple[str, Sequence[Record]], ...] = (
        ("zero_shots", analysis.zero_shots),
        ("knock_outs", analysis.knock_outs),
        ("interpolations", analysis.interpolations),
    )
    for field, rows in tables:
        for index, row in enumerate(rows):
            place: Any = row
            data = sizes.get((place.task, place.subset))
            known = 0 if data is None else data.validation if getattr(row, "metric", "loss") == "loss" else data.test
            right = min(analysis.settings.items, known)
            if place.n != right:
                yield f"{ANALYSIS_FILE}#/{field}/{index}/n is {place.n}, and should be {right}"


def _replays(analysis: Analysis, results: Results) -> Iterator[str]:
    """Replays whose steps are not those of the curves and the settings, and gradients of another length."""
    last: dict[tuple[Any, ...], int] = {}
    for point in results.curves:
        key = (point.approach, point.order, point.seed, point.task)
        last[key] = max(point.step, last.get(key, 0))
    steps = {}
    for index, row in enumerate(analysis.replays):
        of = last.get((row.approach, row.order, row.seed, row.task), row.of)
        if row.of != of:
            yield f"{ANALYSIS_FILE}#/replays/{index}/of is {row.of}, and the curves have {of} steps"
        steps[row.approach, row.order, row.seed, row.task] = min(of, analysis.settings.replay_steps or of)
        if row.steps != steps[row.approach, row.order, row.seed, row.task]:
            yield f"{ANALYSIS_FILE}#/replays/{index}/steps is {row.steps}, which is not what was asked for"
    for index, one in enumerate(analysis.gradients):
        right = steps.get((one.approach, one.order, one.seed, one.task), len(one.replayed))
        if len(one.replayed) != right:
            yield f"{ANALYSIS_FILE}#/gradients/{index}/replayed has {len(one.replayed)} steps, and should have {right}"


def _fingerprints(results: Results) -> dict[tuple[Any, ...], str]:
    """Approach, order, seed and task -> fingerprint of what was saved for it; the base stands under ``base``."""
    found: dict[tuple[Any, ...], str] = {("base", None, None, None): results.base.fingerprint}
    for row in results.isolation:
        found[row.approach, row.order, row.seed, row.task] = row.fingerprint_after_training
    for score in results.scores:  # those of a cell that is not finished
        if score.after == score.task:
            found.setdefault((score.approach, score.order, score.seed, score.task), score.fingerprint)
    return found


def _scored(analysis: Analysis, functions: Mapping[tuple[Any, ...], str], texts: "_Texts") -> Iterator[str]:
    """One line a score that can be made again: what is wrong with it, or nothing."""

    def line(where: str, key: tuple[Any, ...], row: ZeroShot | KnockOut) -> Iterator[str]:
        function = functions.get(key)
        values = texts.scores((function, row.task, row.subset), row.n) if function else {}
        right = values.get(row.metric)
        if right is None:
            return
        equal = abs(row.value - right) <= LOSS_TOLERANCE if row.metric == "loss" else same(row.value, right)
        yield (
            ""
            if equal
            else f"{ANALYSIS_FILE}#/{where}/value is {row.value}, and the study's texts and item losses give {right}"
        )

    for index, row in enumerate(analysis.zero_shots):
        yield from line(f"zero_shots/{index}", (row.approach, row.order, row.seed, row.adapter), row)
    for index, one in enumerate(analysis.knock_outs):
        if one.acts in ("whole", "none"):
            key = ("base", None, None, None) if one.acts == "none" else _version(one)
            yield from line(f"knock_outs/{index}", key, one)


@final
class _Texts:
    """What the study generated and the losses of its items, scored again for the first items of an evaluation."""

    def __init__(self, folder: RunFolder, languages: Mapping[str, str]) -> None:
        self._languages = languages
        self._texts = _grouped(folder.predictions.glob("*.parquet"), read_prediction_file)
        self._losses = _grouped(folder.losses.glob("*.parquet"), read_loss_file)
        self._known: dict[tuple[_Place, int], _Values] = {}

    def scores(self, place: _Place, n: int) -> _Values:
        """Every metric and the loss of the first ``n`` items; those are lacking of which the folder holds none."""
        known = self._known.get((place, n))
        if known is None:
            known = self._known[place, n] = {**self._metrics(place, n), **self._loss(place, n)}
        return known

    def _metrics(self, place: _Place, n: int) -> _Values:
        rows = self._texts.get(place, [])[:n]
        if len(rows) < n:
            return {}
        outputs, references = [row.prediction for row in rows], [row.reference for row in rows]
        prompts = [row.prompt for row in rows]
        return score_predictions(outputs, references, self._languages[place[1]], prompts).corpus

    def _loss(self, place: _Place, n: int) -> _Values:
        rows = self._losses.get(place, [])[:n]
        if len(rows) < n:
            return {}
        return {"loss": sum(row.loss * row.tokens for row in rows) / sum(row.tokens for row in rows)}


def _grouped(paths: Iterator[Path], read: Callable[[Path], list[_Item]]) -> dict[_Place, list[_Item]]:
    """Items by what was evaluated, in the order of the data, as the files have them."""
    found: dict[_Place, list[_Item]] = {}
    for path in sorted(paths):
        for row in read(path):
            found.setdefault((row.fingerprint, row.task, row.subset), []).append(row)
    return found
