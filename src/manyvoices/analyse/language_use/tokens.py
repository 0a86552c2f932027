"""What counts as a word, in any script.

A word is a run of letters, their marks and digits; an apostrophe or hyphen between two of them
belongs to it ("don't", "well-being"), and so does a point before a digit ("3.5"). Scripts that put
no spaces between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) are parted into characters
with their marks, as the default word boundaries of Unicode part Chinese (UAX 29): n-grams are then
runs of characters, and "words" are not words.
Case is folded, and typographic apostrophes are plain ones.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache

_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "＇": "'", "‐": "-", "‑": "-"})
_UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\uaa60-\uaa7f\ua9e0-\ua9ff"  # Burmese
    "\u1780-\u17ff"  # Khmer
    "\u3040-\u30ff\u31f0-\u31ff"  # Japanese syllables
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Chinese characters
)
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s|$)|[。！？｡।]+|\n{2,}")
METHOD = (
    "A word is a run of letters, marks and digits, in lower case; “don't” and “well-being” are one"
    " word each. In scripts without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese) each"
    " character counts as a word."
)


@cache
def word_pattern() -> re.Pattern[str]:
    """The pattern of one word.

    Python's ``\\w`` leaves out combining marks, which would cut words of Hindi or Arabic in two.
    """
    marks = _marks()
    letter = rf"(?:(?![{_UNSPACED}_])\w)[{marks}]*"
    return re.compile(
        rf"[{_UNSPACED}][{marks}]*|(?:{letter})+(?:(?:['\-·]|\.(?=\d))(?:{letter})+)*"
    )


_PLAIN = re.compile(r"[a-z0-9]+(?:(?:['-]|\.(?=\d))[a-z0-9]+)*")
"""The same for text that is ASCII, several times as fast."""


def words(text: str) -> list[str]:
    """The words of `text`, in order, in lower case."""
    folded = text.translate(_APOSTROPHES).casefold() if not text.isascii() else text.lower()
    if folded.isascii():
        return _PLAIN.findall(folded)
    found = unicodedata.normalize("NFC", folded)
    return [word for word in word_pattern().findall(found) if not _all_marks(word)]


def n_sentences(text: str) -> int:
    """Sentences: parts between full stops, question and exclamation marks and empty lines."""
    return sum(1 for part in _SENTENCE_END.split(text) if any(map(str.isalnum, part)))


def _all_marks(word: str) -> bool:
    return not any(map(str.isalnum, word))


@cache
def _marks() -> str:
    """All combining marks as ranges of a character class."""
    ranges: list[list[int]] = []
    for code in range(0x300, sys.maxunicode + 1):
        if unicodedata.category(chr(code))[0] == "M":
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"{chr(low)}-{chr(high)}" for low, high in ranges)
