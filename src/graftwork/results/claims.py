"""Answers to the claims of a recipe: ``claims[]`` of the results.

A claim is *supported* where its direction is told apart: by the paired sign-flip test over seeds, with a p-value below
0.05 after Holm's correction for all claims that were tested together, and by more than the noise floor where its
statistic has one. It is *refuted* where the opposite is told apart in the same way; all else is *not told apart*. What
is certain is not tested: counts of parameters, and a change of exactly 0 where fingerprints prove that nothing changed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal, final

from graftwork.config import parse_yaml
from graftwork.results.floors import ItemSource, NoiseFloors
from graftwork.results.quantities import Reading, pointers, read_quantity
from graftwork.results.records import Claim, Results
from graftwork.results.statements import SCORES, ClaimConfig, Statement
from graftwork.statistics.family import ALPHA, Difference, Judgement, judge_family
from graftwork.statistics.intervals import student_t_interval
from graftwork.statistics.power import MOST_PAIRS

__all__ = ["answer_claims"]

Verdict = Literal["supported", "refuted", "not told apart"]


@final
@dataclass(frozen=True)
class _Case:
    """One claim with what was measured for it; ``differences`` are a's values less what they are held against."""

    claim: ClaimConfig
    statement: Statement
    a: Reading
    b: Reading | None
    seeds: tuple[int, ...]
    differences: tuple[float, ...]

    @property
    def exact(self) -> bool:
        """Whether nothing in it is a matter of chance."""
        return bool(self.differences) and self.a.exact and (self.b is None or self.b.exact)


def answer_claims(results: Results, items: ItemSource | None = None) -> tuple[Claim, ...]:
    """Answer the claims of the recipe in the records, from all other records.

    Args:
        results: the records; the claims in them are not looked at.
        items: scores of single items, for noise floors; without them no claim on scores is supported or refuted.

    Raises:
        InputError: a claim of the recipe cannot be read.
    """
    data: dict[str, Any] = parse_yaml(results.recipe, "results.json: recipe")
    claims = [ClaimConfig.read(one, "claims") for one in data.get("claims") or ()]
    if not claims:
        return ()
    subsets = list(dict.fromkeys(row.subset for row in results.tasks))
    cases = [_case(results, one, one.claim.resolved(subsets, results.study.headline)) for one in claims]
    tested = [index for index, case in enumerate(cases) if case.differences and not case.exact]
    floors = _floors(results, items, (case.statement for case in cases))
    differences = [Difference(cases[index].differences, _floor(floors, cases[index])) for index in tested]
    judged = dict(zip(tested, zip(differences, judge_family(differences), strict=True), strict=True))
    return tuple(_answer(results, case, *judged.get(index, (None, None))) for index, case in enumerate(cases))


def _case(results: Results, claim: ClaimConfig, statement: Statement) -> _Case:
    a = read_quantity(results, statement.a, statement)
    b = None if statement.b is None else read_quantity(results, statement.b, statement)
    if a.constant is not None and (b is None or b.constant is not None):
        against = (statement.value or 0.0) if b is None else statement.factor * (b.constant or 0.0)
        return _Case(claim, statement, a, b, (), (a.constant - against,))
    seeds = tuple(seed for seed in a.by_seed if b is None or seed in b.by_seed)
    against_by = {seed: (statement.value or 0.0) if b is None else statement.factor * b.by_seed[seed] for seed in seeds}
    return _Case(claim, statement, a, b, seeds, tuple(a.by_seed[seed] - against_by[seed] for seed in seeds))


def _floors(results: Results, items: ItemSource | None, statements: Iterable[Statement]) -> NoiseFloors | None:
    places = {(one.subset, one.metric) for one in statements}
    rows = [row for row in results.scores if (row.subset, row.metric) in places]
    return None if items is None else NoiseFloors(rows, results.study.orders, items, results.repeats)


def _floor(floors: NoiseFloors | None, case: _Case) -> float | None:
    """The noise floor of a difference: None where it is not known, 0 where its statistic has none."""
    one = case.statement
    if one.statistic not in SCORES or one.metric is None or one.subset is None:
        return 0.0
    if floors is None:
        return None
    weights = {one.a: 1.0} if one.b is None else {one.a: 1.0, one.b: -one.factor}
    return floors.of_sum(one.subset, one.metric, one.statistic, weights, case.seeds, one.task)


def _answer(results: Results, case: _Case, difference: Difference | None, judged: Judgement | None) -> Claim:
    one = case.statement
    verdict, reason = _verdict(case, difference, judged)
    mean, low, high = student_t_interval(case.differences) if case.differences else (None, None, None)
    has_floor = difference is not None and one.statistic in SCORES
    return Claim(
        id=case.claim.id,
        said=case.claim.said,
        claim=str(one),
        a=one.a,
        relation=one.relation,
        b=one.b,
        factor=one.factor,
        value=one.value,
        statistic=one.statistic,
        metric=one.metric,
        subset=one.subset,
        task=one.task,
        verdict=verdict,
        reason=reason,
        a_mean=_mean(case.a, case.seeds),
        b_mean=None if case.b is None else _mean(case.b, case.seeds),
        difference=mean,
        ci_low=None if case.exact else low,
        ci_high=None if case.exact else high,
        p=judged.p if judged else None,
        p_adjusted=judged.p_adjusted if judged else None,
        effect_size=judged.effect_size if judged else None,
        noise_floor=difference.noise_floor if difference is not None and has_floor else None,
        detectable=judged.detectable if judged else None,
        seeds_needed=judged.pairs_needed if judged else None,
        family=judged.family if judged else None,
        seeds=len(case.seeds),
        records=(*_comparison(results, one), *case.a.rows, *(case.b.rows if case.b else ())),
    )


def _mean(reading: Reading, seeds: Iterable[int]) -> float | None:
    if reading.constant is not None:
        return reading.constant
    values = [reading.by_seed[seed] for seed in seeds]
    return fmean(values) if values else None


def _comparison(results: Results, one: Statement) -> tuple[str, ...]:
    """The same two approaches among the comparisons, where they are compared by the same statistic."""
    place = (one.subset, one.metric, one.statistic)
    return pointers(
        "comparisons",
        (
            index
            for index, row in enumerate(results.comparisons)
            if (row.subset, row.metric, row.statistic) == place and {row.a, row.b} == {one.a, one.b}
        ),
    )


def _verdict(case: _Case, difference: Difference | None, judged: Judgement | None) -> tuple[Verdict, str]:
    """The answer, and why, in words."""
    if not case.differences:
        return "not told apart", "nothing was measured yet that it could be answered from"
    mean, sign = fmean(case.differences), case.statement.sign
    if case.exact:
        return "supported" if _holds(mean, sign) else "refuted", _certain(case)
    if judged is not None and judged.told_apart:
        fits = sign * mean > 0
        seen = "so" if fits else "the opposite" if sign else "not equal"
        return "supported" if fits else "refuted", f"{seen} in {_share(case, mean)}"
    return "not told apart", _lacking(case, mean, difference, judged)


def _holds(mean: float, sign: int) -> bool:
    return sign * mean > 0 if sign else mean == 0


def _certain(case: _Case) -> str:
    if case.a.constant is not None:
        return "counted, not tested"
    names = " and ".join(name for name in (case.statement.a, case.statement.b) if name)
    return f"not tested: exactly 0 in every seed, proven by equal fingerprints and outputs of {names}"


def _share(case: _Case, mean: float) -> str:
    return f"{sum(one * mean > 0 for one in case.differences)} of {len(case.differences)} seeds"


def _lacking(case: _Case, mean: float, difference: Difference | None, judged: Judgement | None) -> str:
    """What keeps a claim from being answered."""
    needed = judged.pairs_needed if judged else None
    floor = difference.noise_floor if difference else None
    if len(case.seeds) == 1:
        return f"one seed is no test{f', {needed} or more are' if needed else ''}"
    if mean == 0:
        return "a mean difference of 0" if any(case.differences) else "equal in every seed, which proves nothing"
    if floor is not None and abs(mean) <= floor:
        return "within the noise floor, which more seeds do not lower"
    if judged is not None and judged.p_adjusted is not None and judged.p_adjusted < ALPHA:
        return "the noise floor of the metric is not known"
    return f"about {needed} seeds would do" if needed else f"{MOST_PAIRS:,} seeds would not do"
