"""CodeBLEU: one file for what is compared, one for each way in which it is."""

from graftwork.metrics.codebleu.codebleu import Matches, codebleu, codebleu_signature, compare, parts

__all__ = ["Matches", "codebleu", "codebleu_signature", "compare", "parts"]
