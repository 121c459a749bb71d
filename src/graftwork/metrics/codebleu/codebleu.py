"""CodeBLEU: what prediction and reference share of n-grams, keywords, syntax and data flow, in equal parts.

Ren et al. 2020, "CodeBLEU: a Method for Automatic Evaluation of Code Synthesis" (https://arxiv.org/abs/2009.10297).
Where the paper's formulas and its authors' code differ, this follows the code, on which published scores rest: tokens
are what white space separates; the weighted n-grams are a recall, up to four long and without a brevity penalty; and a
subtree of the reference matches if it stands in the prediction at all, however often.

It departs from that code, and from the package ``codebleu`` 0.7.0, which goes by it, where they score what is not there
or miss what is (`docs/decisions.md` has the figures):

- An empty prediction scores 0; there, a data-flow match of 0 counts as 1, so it scores 0.25.
- References without data flow are scored by the other parts, in equal weights; there, the missing part counts as 1.
- Orders of n-grams for which the references are too short are left out, so that a right prediction scores 1.
- Data flow knows assignments, loops and declarations that theirs passes over, ``a = b`` in JavaScript and ``a := b`` in
  Go among them, and numbers variables in the order of the text, where theirs depends on Python's hash seed.
- Comments are nodes that are not looked at; there, a regular expression cuts them out, and parts of strings with them.
- A method is parsed in a class, and text outside ASCII has no effect on what stands right of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import final

from graftwork.languages import Language
from graftwork.metrics.codebleu.data_flow import data_flow, normalised
from graftwork.metrics.codebleu.ngrams import (
    KEYWORD_WEIGHT,
    ORDERS,
    SMOOTHING,
    Share,
    brevity_penalty,
    geometric_mean,
    ngram_shares,
    weighted_shares,
)
from graftwork.metrics.codebleu.subtrees import Shapes, subtrees

__all__ = ["Matches", "codebleu", "codebleu_signature", "compare", "parts"]


@final
@dataclass(frozen=True)
class Matches:
    """What one prediction shares with its reference, in numbers that add up over a set.

    Attributes:
        lengths: tokens of the prediction and of the reference.
        ngrams: by order, matched of the prediction's.
        weighted: by order, matched of the reference's, keywords weighing more.
        subtrees: matched of the reference's.
        flows: matched of the reference's; nothing of nothing where the language has no `DataFlow`.
    """

    lengths: tuple[int, int]
    ngrams: tuple[Share, ...]
    weighted: tuple[Share, ...]
    subtrees: Share
    flows: Share


def compare(prediction: str, reference: str, language: Language) -> Matches:
    """Count what a prediction shares with its reference; time grows with the sum of their lengths."""
    predicted, wanted = prediction.split(), reference.split()
    trees = [language.parse(text).root_node for text in (prediction, reference)]
    shapes: Shapes = {}
    in_prediction, in_reference = (subtrees(tree, shapes) for tree in trees)
    found = sum(count for shape, count in in_reference.items() if shape in in_prediction)
    flows = (0.0, 0.0)
    if language.data_flow is not None:
        flowing, wanted_flows = (normalised(data_flow(tree, language.data_flow)) for tree in trees)
        flows = (float((flowing & wanted_flows).total()), float(wanted_flows.total()))
    return Matches(
        lengths=(len(predicted), len(wanted)),
        ngrams=ngram_shares(predicted, wanted),
        weighted=weighted_shares(predicted, wanted, language.keywords),
        subtrees=(float(found), float(in_reference.total())),
        flows=flows,
    )


def codebleu(matches: Sequence[Matches]) -> float:
    """Return CodeBLEU (0 to 1) of a set of predictions, or of one: the mean of `parts`, those that are None left out.

    That of a set is not the mean of its items': matches are added up before they are divided, as in BLEU.
    """
    values = [value for value in parts(matches).values() if value is not None]
    return sum(values) / len(values)


def parts(matches: Sequence[Matches]) -> dict[str, float | None]:
    """Return the four parts of CodeBLEU (0 to 1 each); None for syntax or data flow if no reference has any.

    All are 0 where every prediction is empty, and 1 where every prediction equals its reference.
    """
    predicted, wanted = (sum(match.lengths[side] for match in matches) for side in (0, 1))
    ngrams = [_total(match.ngrams[position] for match in matches) for position in range(len(ORDERS))]
    weighted = [_total(match.weighted[position] for match in matches) for position in range(len(ORDERS))]
    counted = [total > 0 for _, total in weighted]
    return {
        "ngram": brevity_penalty(predicted, wanted) * geometric_mean(compress(ngrams, counted)),
        "weighted-ngram": geometric_mean(compress(weighted, counted)),
        "syntax": _quotient(_total(match.subtrees for match in matches)),
        "dataflow": _quotient(_total(match.flows for match in matches)),
    }


def codebleu_signature(language: Language) -> str:
    """Return the parts, tokens, settings and the grammar; whether data flow is a part is among it."""
    names = ["ngram", "weighted-ngram", "syntax", *(["dataflow"] if language.data_flow is not None else [])]
    flows = "yes" if language.data_flow is not None else "no"
    return (
        f"CodeBLEU|parts:{'+'.join(names)}|dataflow:{flows}|weights:1/{len(names)}|tok:space|order:{ORDERS[-1]}"
        f"|smooth:add-{SMOOTHING}|keywords:x{KEYWORD_WEIGHT}|grammar:{language.grammar_version}"
    )


def _total(shares: Iterable[Share]) -> Share:
    matched = total = 0.0
    for share in shares:
        matched += share[0]
        total += share[1]
    return matched, total


def _quotient(share: Share) -> float | None:
    return share[0] / share[1] if share[1] else None
