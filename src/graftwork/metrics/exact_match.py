"""Exact match, up to what cannot be seen: line ends and trailing white space."""

__all__ = ["SIGNATURE", "exact_match", "without_trailing_space"]

SIGNATURE = "space:trailing-ignored"
"""Name of the normalisation in signatures."""


def without_trailing_space(text: str) -> str:
    """Return the text with ``\\n`` line ends, no white space at the end of a line, and no blank lines at the end.

    Nothing else changes: indentation, spaces inside a line and blank lines in between still count.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).rstrip()


def exact_match(prediction: str, reference: str) -> float:
    """Return 1.0 if both texts are equal `without_trailing_space`, else 0.0."""
    return float(without_trailing_space(prediction) == without_trailing_space(reference))
