"""chrF, the character n-gram F-score, by sacreBLEU.

Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation". sacreBLEU's defaults: n-grams of 1 to
6 characters without white space, recall counted twice (chrF2), no word n-grams.
"""

from collections.abc import Sequence

__all__ = ["corpus_chrf", "sentence_chrf"]


def corpus_chrf(predictions: Sequence[str], references: Sequence[str]) -> tuple[float, str]:
    """Return chrF (0 to 100) of all predictions against one reference each, and sacreBLEU's signature.

    Equal to ``sacrebleu references.txt -i predictions.txt -m chrf`` for files with one text a line.
    """
    from sacrebleu.metrics import CHRF

    metric = CHRF()
    score = metric.corpus_score(list(predictions), [list(references)])
    return float(score.score), f"{score.name}|{metric.get_signature()}"


def sentence_chrf(prediction: str, reference: str) -> float:
    """Return chrF (0 to 100) of one prediction, for display; the corpus value is not the mean of these."""
    from sacrebleu.metrics import CHRF

    return float(CHRF().sentence_score(prediction, [reference]).score)
