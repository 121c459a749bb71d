"""Corpus BLEU, by sacreBLEU.

Papineni et al. 2002, "BLEU: a Method for Automatic Evaluation of Machine Translation"; Post 2018, "A Call for
Clarity in Reporting BLEU Scores". Settings are sacreBLEU's own defaults, tokenizer ``13a`` included: it sets
brackets, operators and punctuation apart and leaves identifiers whole, which suits code well enough, and
anybody can repeat the number with sacreBLEU's command line. White space does not count, so the layout of
Python does not either: what it means is judged by the syntax-tree metrics.
"""

from collections.abc import Sequence

__all__ = ["corpus_bleu", "one_line"]


def one_line(text: str) -> str:
    """Return the text on one line, white space as single spaces, as sacreBLEU's command line needs its segments.

    Besides, it keeps tokenizer ``13a`` from taking a ``-`` at a line's end for a hyphenated word.
    """
    return " ".join(text.split())


def corpus_bleu(predictions: Sequence[str], references: Sequence[str]) -> tuple[float, str]:
    """Return BLEU (0 to 100) of all predictions against one reference each, and sacreBLEU's signature.

    Equal to ``sacrebleu references.txt -i predictions.txt`` for files with one text a line (see `one_line`).
    """
    from sacrebleu.metrics import BLEU

    # `force` only silences a hint about tokenised prose, which code that ends in " ." would set off.
    metric = BLEU(force=True)
    score = metric.corpus_score([one_line(text) for text in predictions], [[one_line(text) for text in references]])
    return float(score.score), f"{score.name}|{metric.get_signature()}"
