"""Text from models and mined code, made safe to look at: what would hide or reorder text is shown instead."""

import re

__all__ = ["cut", "visible"]

# Control characters but tab and newline, soft hyphens, characters without width, marks that change the direction of
# text, lone surrogates, and the invisible tag characters.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """Write hidden characters as their code points, ``⟨U+202E⟩``; line ends become newlines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _HIDDEN.sub(lambda found: f"⟨U+{ord(found.group()):04X}⟩", text)


def cut(text: str, longest: int) -> str:
    """Return the text, or its first ``longest`` characters and how many more there are."""
    return text if len(text) <= longest else f"{text[:longest]}\n… {len(text) - longest:,} more characters"
