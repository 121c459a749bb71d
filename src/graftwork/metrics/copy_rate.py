"""Copy rate: how much of a prediction was merely carried over from its prompt.

The study that this package follows fed half of a function and scored against the whole; its BLEU was largely
copying. So the rate stands beside every score.
"""

from graftwork.metrics.tokens import SIGNATURE, code_tokens

__all__ = ["RUN_LENGTH", "copied", "copy_signature"]

RUN_LENGTH = 5
"""Shorter runs, such as ``( self ,``, come about without copying."""


def copied(prediction: str, prompt: str) -> float | None:
    """Return the share (0 to 1) of the prediction's tokens that are copied; None where it has no token.

    A token is copied if it lies in a run of at least `RUN_LENGTH` tokens that also stands in the prompt, without
    gaps; tokens are `code_tokens`.
    """
    tokens, prompt_tokens = code_tokens(prediction), code_tokens(prompt)
    if not tokens:
        return None
    prompt_runs = set(_runs(prompt_tokens))
    # A longer run is a chain of overlapping runs of RUN_LENGTH, so it is enough to mark those.
    in_run = [False] * len(tokens)
    for start, run in enumerate(_runs(tokens)):
        if run in prompt_runs:
            in_run[start : start + RUN_LENGTH] = [True] * RUN_LENGTH
    return sum(in_run) / len(tokens)


def _runs(tokens: list[str]) -> list[tuple[str, ...]]:
    return [tuple(tokens[start : start + RUN_LENGTH]) for start in range(len(tokens) - RUN_LENGTH + 1)]


def copy_signature() -> str:
    """Return the length of run and the tokenisation."""
    return f"copy|run:{RUN_LENGTH}|{SIGNATURE}"
