"""Edit similarity: how little one would have to type to mend the prediction."""

from graftwork.metrics.exact_match import without_trailing_space

__all__ = ["edit_similarity"]


def edit_similarity(prediction: str, reference: str) -> float:
    """Return 1 - Levenshtein distance / length of the longer text, in characters (0 to 1).

    Levenshtein 1966, unit costs. Both texts are taken `without_trailing_space`, so the value is 1 exactly where
    `exact_match` is; two empty texts are equal.
    """
    from rapidfuzz.distance import Levenshtein

    first, second = without_trailing_space(prediction), without_trailing_space(reference)
    return float(Levenshtein.normalized_similarity(first, second))
