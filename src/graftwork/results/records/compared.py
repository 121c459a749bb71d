"""What follows from the scores: statistics, differences, answers to claims."""

from typing import Literal, final

from graftwork.results.records.record import Record

__all__ = ["Claim", "Comparison", "Summary"]


@final
class Summary(Record):
    """A statistic of the score matrices, over seeds (in each seed the mean over task orders)."""

    approach: str
    """Approach."""
    subset: str
    """Subset."""
    metric: str
    """Metric."""
    statistic: str
    """``average``, ``forgetting``, ``backward_transfer`` …: the names of ``graftwork.statistics.continual``."""
    mean: float
    """Mean over seeds."""
    ci_low: float | None
    """Lower end of the 95 % Student-t interval; null for a single seed."""
    ci_high: float | None
    """Upper end of it."""
    seeds: int
    """Seeds that are finished in every order and in which the statistic is defined."""
    items_ci_low: float | None = None
    """Lower end of the 95 % interval that holds for other test items too: by resampling items for a single seed, seeds
    and items for several; null off the headline, and where items have no score of their own."""
    items_ci_high: float | None = None
    """Upper end of it."""


@final
class Comparison(Record):
    """A paired difference between two approaches, over the seeds that both finished."""

    subset: str
    """Subset."""
    metric: str
    """Metric."""
    statistic: str
    """Statistic of the score matrix that is compared."""
    a: str
    """First approach."""
    b: str
    """Second approach."""
    difference: float
    """Mean over seeds of a's value minus b's."""
    ci_low: float | None
    """Lower end of the 95 % Student-t interval of the difference, uncorrected; null for a single seed."""
    ci_high: float | None
    """Upper end of it."""
    p: float | None
    """p-value of the paired sign-flip test over seeds, two-sided; null where none was made: off the headline, for a
    single seed, and where both are equal in every seed."""
    p_adjusted: float | None
    """p-value by Holm's correction over all comparisons of the study that have one; null where none was made."""
    effect_size: float | None
    """Mean difference over the standard deviation of the differences between seeds, with Hedges's correction for few
    (g_z); null where undefined."""
    seeds: int
    """Number of pairs: seeds, in each of which the values are means over task orders."""
    verdict: str
    """What may be said, in words: ``<approach> is better``, ``not told apart: <why>`` or ``not tested``."""
    better: str | None = None
    """The approach that is better: corrected p below 0.05, and a difference above the noise floor; null otherwise."""
    noise_floor: float | None = None
    """How far another draw of test items would move the difference (95 %), the trained models as they are; null where
    items have no score of their own."""
    detectable: float | None = None
    """Smallest true difference that so many seeds show with power 0.8; null where they can show none, however large."""
    seeds_needed: int | None = None
    """Seeds that would show the difference seen with power 0.8; for a single seed, the fewest that could show any;
    null above 1,000, and where the difference is 0."""
    family: int | None = None
    """Number of comparisons that the correction and the numbers of seeds reckon with; null where none was made."""


@final
class Claim(Record):
    """The answer to one claim of the recipe, held against the records over the seeds that all of it is known of."""

    id: str
    """Its short name in the recipe."""
    said: str
    """What was said, with its figures: the sentence for readers."""
    claim: str
    """The same, formally, such as ``hybrid > lora on average exact_match of generated``."""
    a: str
    """The approach that something is claimed of."""
    relation: Literal[">", "<", "=", "better than"]
    """What is claimed of a's value; ``better than`` is whichever of ``>`` and ``<`` is a gain."""
    b: str | None
    """The approach it is held against; null for a number."""
    factor: float
    """The share of b's value that a's is held against; 1 for all of it."""
    value: float | None
    """The number it is held against; null for an approach."""
    statistic: str
    """What is compared: a statistic of the scores (``final`` is one task's score at the end), a loss, a cost or
    ``trainable_parameters``."""
    metric: str | None
    """By which metric, of scores."""
    subset: str | None
    """On which subset, of scores and validation losses."""
    task: str | None
    """On which task; null for all of them."""
    verdict: Literal["supported", "refuted", "not told apart"]
    """``supported``: p_adjusted below 0.05, in the direction claimed, and above the noise floor where there is one, or
    certain; ``refuted``: the opposite, as strictly."""
    reason: str
    """Why, in words."""
    a_mean: float | None
    """Mean of a's values over the seeds; null where nothing was measured."""
    b_mean: float | None
    """The same of b."""
    difference: float | None
    """Mean over the seeds of a's value less ``factor`` times b's, or less the number."""
    ci_low: float | None
    """Lower end of its 95 % Student-t interval; null for a single seed and for what is certain."""
    ci_high: float | None
    """Upper end of it."""
    p: float | None
    """Two-sided p-value of the paired sign-flip test over seeds; null where there was none."""
    p_adjusted: float | None
    """The same after Holm's correction over the claims that were tested."""
    effect_size: float | None
    """Mean difference over its standard deviation between seeds (Hedges's g_z)."""
    noise_floor: float | None
    """How far another draw of test items would move the difference (95 %); null where it is not known, or the
    statistic has none."""
    detectable: float | None
    """Smallest true difference that so many seeds show with power 0.8."""
    seeds_needed: int | None
    """Seeds that would show the difference seen with power 0.8; null above 1,000, and where it is 0."""
    family: int | None
    """Number of claims that the correction is over."""
    seeds: int
    """Number of pairs: seeds; 0 for what was counted."""
    records: tuple[str, ...]
    """JSON pointers to the rows that it was answered from, such as ``/comparisons/12``; ``/curves/3-17`` are the rows 3
    to 17."""
