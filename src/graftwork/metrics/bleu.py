"""Corpus BLEU, by sacreBLEU.

Papineni et al. 2002, "BLEU: a Method for Automatic Evaluation of Machine Translation"; Post 2018, "A Call for
Clarity in Reporting BLEU Scores". Settings are sacreBLEU's own defaults, tokenizer ``13a`` included: it sets
brackets, operators and punctuation apart and leaves identifiers whole, which suits code well enough, and
anybody can repeat the number with sacreBLEU's command line. White space does not count, so the layout of
Python does not either: what it means is judged by the syntax-tree metrics.
"""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sacrebleu.metrics import BLEU

__all__ = ["bleu_pseudo_values", "corpus_bleu", "one_line"]


def one_line(text: str) -> str:
    """Return the text on one line, white space as single spaces, as sacreBLEU's command line needs its segments.

    Besides, it keeps tokenizer ``13a`` from taking a ``-`` at a line's end for a hyphenated word.
    """
    return " ".join(text.split())


def corpus_bleu(predictions: Sequence[str], references: Sequence[str]) -> tuple[float, str]:
    """Return BLEU (0 to 100) of all predictions against one reference each, and sacreBLEU's signature.

    Equal to ``sacrebleu references.txt -i predictions.txt`` for files with one text a line (see `one_line`).
    """
    metric = _metric(effective_order=False)
    score = metric.corpus_score([one_line(text) for text in predictions], [[one_line(text) for text in references]])
    return float(score.score), f"{score.name}|{metric.get_signature()}"


def bleu_pseudo_values(predictions: Sequence[str], references: Sequence[str]) -> list[float]:
    """Return what each item adds to corpus BLEU: their mean stands for the whole, and their spread for its noise.

    BLEU is no mean over items; its jackknife pseudo-values n · BLEU - (n - 1) · BLEU without the item (Tukey 1958;
    Efron and Tibshirani 1993, "An Introduction to the Bootstrap", section 11.5) are the items of a mean that varies as
    it does. They may lie outside 0 to 100. Empty for fewer than 2 items.
    """
    # The order is "effective" only to silence a hint: the counts, which are all that is taken, are the same.
    sentences = _metric(effective_order=True)
    scored = [
        sentences.sentence_score(one_line(text), [one_line(reference)])
        for text, reference in zip(predictions, references, strict=True)
    ]
    counted = [(*one.counts, *one.totals, one.sys_len, one.ref_len) for one in scored]
    if len(counted) < 2:
        return []
    total = [sum(column) for column in zip(*counted, strict=True)]
    whole = _bleu_of_counts(total)
    without = [_bleu_of_counts([all_ - own for all_, own in zip(total, one, strict=True)]) for one in counted]
    return [len(counted) * whole - (len(counted) - 1) * rest for rest in without]


@cache
def _metric(effective_order: bool) -> "BLEU":
    """The metric, made once: sacreBLEU keeps every tokenizer that it made, so memory would grow with each corpus."""
    from sacrebleu.metrics import BLEU

    # `force` only silences a hint about tokenised prose, which code that ends in " ." would set off.
    return BLEU(force=True, effective_order=effective_order)


def _bleu_of_counts(counts: Sequence[int]) -> float:
    """BLEU from n-grams matched (4), n-grams predicted (4), tokens predicted and tokens wanted."""
    from sacrebleu.metrics import BLEU

    length, wanted = counts[8:]
    return float(BLEU.compute_bleu(list(counts[:4]), list(counts[4:8]), length, wanted).score)
