"""METEOR in the variant that needs no data: exact matches and matches of Porter stems.

Lavie and Agarwal 2007, "METEOR: An Automatic Metric for MT Evaluation with High Levels of Correlation with Human
Judgments", as NLTK computes it, without its third stage, WordNet synonyms: identifiers have no synonyms there.
"""

from typing import Any

from graftwork.metrics.tokens import SIGNATURE, code_tokens

__all__ = ["meteor", "meteor_signature"]


class _NoSynonyms:
    """Stands in for WordNet and knows no word, so that the synonym stage matches nothing."""

    def synsets(self, word: str) -> list[Any]:
        """Return no synonyms."""
        return []


def meteor(prediction: str, reference: str) -> float:
    """Return METEOR (0 to 1) over `code_tokens`, lower case; 0 where either text has no token.

    Equal to NLTK's ``meteor_score([code_tokens(reference)], code_tokens(prediction), wordnet=...)`` with a WordNet
    that holds nothing. A perfect prediction stays just under 1, by the penalty for its one chunk.
    """
    from nltk.translate.meteor_score import meteor_score

    return float(meteor_score([code_tokens(reference)], code_tokens(prediction), wordnet=_NoSynonyms()))


def meteor_signature() -> str:
    """Return the variant, tokenisation, settings and the NLTK version."""
    from importlib.metadata import version

    return f"METEOR|match:exact+porter|case:lc|{SIGNATURE}|alpha:0.9|beta:3|gamma:0.5|nltk:{version('nltk')}"
