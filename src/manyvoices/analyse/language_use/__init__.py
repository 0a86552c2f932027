"""What people and models wrote, word by word (PRISM, appendix M).

In: a `Dataset`, and another data set where one is given. Out: one frozen `Words`. Everything is
counted by people as well as by uses, so that one person who says a thing fifty times is seen as
one. What a word is, and what that means in scripts without spaces, stands in `tokens`.
"""

from __future__ import annotations

from manyvoices.analyse.language_use.adjectives import Adjective, Snippet, adjectives
from manyvoices.analyse.language_use.chapter import (
    Elsewhere,
    KindAdjectives,
    KindGrams,
    Words,
    words_chapter,
)
from manyvoices.analyse.language_use.contrast import Contrast, WordContrast, contrast
from manyvoices.analyse.language_use.counting import Corpus, Gram, corpus, top_grams
from manyvoices.analyse.language_use.groups import FieldWords, GroupWords
from manyvoices.analyse.language_use.lengths import Lengths, lengths
from manyvoices.analyse.language_use.texts import Texts, texts_by_kind
from manyvoices.analyse.language_use.tokens import words

__all__ = [
    "Adjective",
    "Contrast",
    "Corpus",
    "Elsewhere",
    "FieldWords",
    "Gram",
    "GroupWords",
    "KindAdjectives",
    "KindGrams",
    "Lengths",
    "Snippet",
    "Texts",
    "WordContrast",
    "Words",
    "adjectives",
    "contrast",
    "corpus",
    "lengths",
    "texts_by_kind",
    "top_grams",
    "words",
    "words_chapter",
]
