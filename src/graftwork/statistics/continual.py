"""What a sequence of tasks did to each of them: pure functions of the score matrix.

The score matrix R has T + 1 rows and T columns, tasks counted from 1: R[i, j] is the score on task j after training
on task i, and row 0 is the untouched base. A score that was not taken is None; a measure that needs it, or that
would divide by zero, is None. Nothing is clipped: gains are not made 0 where the base was better, and forgetting
is below 0 where a task was improved by later ones.

Where lower is better (``lower_is_better``: loss, rates of failure) differences change their sign and ratios are
turned over, so that in every measure but the average the same sign means the same: forgetting above 0 is
"got worse", transfer above 0 and retention above 1 are "got better".
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = [
    "average",
    "backward_transfer",
    "forgetting",
    "forgetting_rate",
    "forward_transfer",
    "intransigence",
    "retention",
    "summarize",
]

Matrix = Sequence[Sequence[float | None]]
_Array = npt.NDArray[np.float64]


def summarize(
    matrix: Matrix, *, lower_is_better: bool = False, individual: Sequence[float | None] | None = None
) -> dict[str, float | None]:
    """Return every measure of this module by its name.

    Args:
        matrix: the score matrix, (T + 1) x T, row 0 the untouched base.
        lower_is_better: whether a fall of the score is a gain.
        individual: for intransigence, T scores of models trained on each task alone.

    Raises:
        ValueError: the matrix is not (T + 1) x T with T of at least 1, or ``individual`` has not T scores.
    """
    return {
        "average": average(matrix),
        "forgetting": forgetting(matrix, lower_is_better=lower_is_better),
        "forgetting_rate": forgetting_rate(matrix, lower_is_better=lower_is_better),
        "backward_transfer": backward_transfer(matrix, lower_is_better=lower_is_better),
        "forward_transfer": forward_transfer(matrix, lower_is_better=lower_is_better),
        "retention": retention(matrix, lower_is_better=lower_is_better),
        "intransigence": None
        if individual is None
        else intransigence(matrix, individual, lower_is_better=lower_is_better),
    }


def average(matrix: Matrix) -> float | None:
    """Return the mean score over all tasks at the end: 1/T Σ_j R[T, j], in the metric's own unit and direction.

    Lopez-Paz and Ranzato 2017, "Gradient Episodic Memory for Continual Learning" (ACC).
    """
    return _mean(_scores(matrix)[-1])


def forgetting(matrix: Matrix, *, lower_is_better: bool = False) -> float | None:
    """Return 1/(T-1) Σ_{j<T} (max_{j≤i<T} R[i, j] - R[T, j]); above 0 where scores were lost. None for one task.

    Chaudhry et al. 2018, "Riemannian Walk for Incremental Learning: Understanding Forgetting and Intransigence", with
    one difference: the best earlier score is looked for from the task's own training on, not before. What another
    task's training happened to give is no knowledge of this task, and so an adapter that nothing touches has
    forgotten exactly 0 in a sequence of any length. For two tasks both are the same.
    """
    scores = _signed(matrix, lower_is_better)
    earlier = scores[1:-1, :-1]
    since_training = np.tri(len(earlier), dtype=bool)
    best = np.where(since_training, earlier, -np.inf).max(axis=0, initial=-np.inf)
    return _mean(best - scores[-1, :-1])


def forgetting_rate(matrix: Matrix, *, lower_is_better: bool = False) -> float | None:
    """Return 1/(T-1) Σ_{j<T} (R[j, j] - R[T, j]) / R[j, j], the share lost of what was learned. None for one task.

    The rate of the study that this package follows, (P_afterP - P_afterJ) / P_afterP for its first of two tasks, as
    a mean over all tasks but the last.
    """
    scores = _scores(matrix)
    learned = np.diagonal(scores, offset=-1)[:-1]
    lost = (learned - scores[-1, :-1]) * (-1 if lower_is_better else 1)
    return _mean(_ratios(lost, learned))


def backward_transfer(matrix: Matrix, *, lower_is_better: bool = False) -> float | None:
    """Return 1/(T-1) Σ_{j<T} (R[T, j] - R[j, j]); below 0 where later tasks harmed earlier ones. None for one task.

    Lopez-Paz and Ranzato 2017 (BWT). For two tasks the study's backward interference is max(0, -BWT): it shows
    harm only; this shows gains too.
    """
    scores = _signed(matrix, lower_is_better)
    return _mean(scores[-1, :-1] - np.diagonal(scores, offset=-1)[:-1])


def forward_transfer(matrix: Matrix, *, lower_is_better: bool = False) -> float | None:
    """Return 1/(T-1) Σ_{j>1} (R[j-1, j] - R[0, j]): what earlier tasks give one not yet trained. None for one task.

    Lopez-Paz and Ranzato 2017 (FWT), with the untouched base in place of their model at random initialisation. For two
    tasks the study's forward transfer is max(0, FWT): it hides harm; this shows it.
    """
    scores = _signed(matrix, lower_is_better)
    return _mean(np.diagonal(scores)[1:] - scores[0, 1:])


def retention(matrix: Matrix, *, lower_is_better: bool = False) -> float | None:
    """Return the study's retention score: what is kept of earlier tasks, and how far later ones rose above the base.

    ½ (mean_{j<T} R[T, j] / R[j, j] + mean_{j>1} R[j, j] / R[0, j]); for two tasks it is the study's
    ½ (P_afterJ / P_afterP + J_afterJ / J_base). Nothing lost and nothing gained gives 1. Read it with care: a
    base that scores next to nothing makes the second term as large as one likes (the study's 6.83), and hides
    what was lost. None for one task.
    """
    scores = _scores(matrix)
    learned = np.diagonal(scores, offset=-1)
    kept = (scores[-1, :-1], learned[:-1])
    gained = (learned[1:], scores[0, 1:])
    if lower_is_better:
        kept, gained = kept[::-1], gained[::-1]
    halves = _mean(_ratios(*kept)), _mean(_ratios(*gained))
    return None if halves[0] is None or halves[1] is None else (halves[0] + halves[1]) / 2


def intransigence(matrix: Matrix, individual: Sequence[float | None], *, lower_is_better: bool = False) -> float | None:
    """Return 1/T Σ_j (individual[j] - R[j, j]); above 0 where training in sequence learned less than training alone.

    Chaudhry et al. 2018, whose reference model is trained jointly on the tasks so far; any reference will do, as
    long as it is named: here, scores of a model trained on each task alone (or jointly).

    Raises:
        ValueError: there is not one reference score a task.
    """
    scores = _scores(matrix)
    reference = np.array(individual, np.float64)
    if reference.shape != scores.shape[1:]:
        raise ValueError(f"{scores.shape[1]} tasks need as many reference scores (given: {reference.size})")
    missing = reference - np.diagonal(scores, offset=-1)
    return _mean(-missing if lower_is_better else missing)


def _scores(matrix: Matrix) -> _Array:
    """The matrix as an array, None as nan, which then makes whatever it enters undefined."""
    num_tasks = len(matrix) - 1
    if num_tasks < 1 or any(len(row) != num_tasks for row in matrix):
        shape = f"{len(matrix)} rows of {sorted({len(row) for row in matrix})} scores"
        raise ValueError(f"a score matrix has T + 1 rows of T scores, row 0 the base's (given: {shape})")
    return np.array(matrix, np.float64)


def _signed(matrix: Matrix, lower_is_better: bool) -> _Array:
    """The scores with the sign that makes higher better; only for measures made of differences."""
    scores = _scores(matrix)
    return -scores if lower_is_better else scores


def _ratios(numerators: _Array, denominators: _Array) -> _Array:
    """Ratios, nan for a denominator of 0."""
    return numerators / np.where(denominators == 0, np.nan, denominators)


def _mean(values: _Array) -> float | None:
    """The mean, exactly rounded; None where there are no values, or one is undefined."""
    if values.size == 0 or not np.isfinite(values).all():
        return None
    # `+ 0.0` turns -0.0, which a change of sign leaves behind, into 0.0.
    return math.fsum(values.tolist()) / values.size + 0.0
