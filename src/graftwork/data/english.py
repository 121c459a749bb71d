"""Whether a short text is English, told by its small words alone: quick, and the same everywhere."""

import re

__all__ = ["is_english"]

ENGLISH_WORDS = """
a an and are as be been by can does for from given has have if in into is it its not of on one only or otherwise
set that the then there this to used value when where which whether will with without
"""
GERMAN_WORDS = """
aus beim das dem den der des die ein eine einen einer für ist mit nicht oder und von wenn wird zu zum zur
"""
FRENCH_WORDS = "au aux avec ce cette dans du elle est et il la le les par pas pour qui sur un une vers"
SPANISH_WORDS = "al como con cuando del el en es esta este la los más para por que se si su un una y"
ITALIAN_WORDS = "che con dei della delle di gli il la nel nella non per sono un una uno"
PORTUGUESE_WORDS = "ao com da das do dos em essa esse está na não os ou para pela pelo que se seu sua são um uma"

ENGLISH = frozenset(ENGLISH_WORDS.split())
FOREIGN = (
    frozenset(" ".join([GERMAN_WORDS, FRENCH_WORDS, SPANISH_WORDS, ITALIAN_WORDS, PORTUGUESE_WORDS]).split()) - ENGLISH
)
WORD = re.compile(r"[^\W\d_]+")
ADDRESS = re.compile(r"https?://\S+")
ASCII_SHARE = 0.95


def is_english(text: str) -> bool:
    """Whether a text has Latin letters and at least as many of English's small words as of its neighbours'.

    A text without any small word (``Parse header lines``) passes: names of functions are English anyway.
    """
    words = [word.lower() for word in WORD.findall(ADDRESS.sub("", text))]
    letters = "".join(words)
    if not letters or sum(letter.isascii() for letter in letters) < ASCII_SHARE * len(letters):
        return False
    english = sum(word in ENGLISH for word in words)
    return sum(word in FOREIGN for word in words) <= english
