"""Style of a text, measured: what rehearsal bots prefer and what tells personas apart.

The features are those whose effect on scores PRISM regressed (arXiv 2404.16019, appendix on text
features): length, line breaks, enumeration, a question at the end, refusal, talk of being an AI.
Our deviations: a list may begin at the first line, typographic apostrophes count, phrases match at
word boundaries, and warmth is added. English phrases only; the layout features hold in any script.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LIST = re.compile(r"^[ \t]*(?:\d{1,2}[.)]|[-*•])[ \t]+\S", re.MULTILINE)
_QUESTION = re.compile(r"[?？؟][\s\"'”’»)*_]*$")
_REFUSAL = re.compile(
    r"\b(?:i'm sorry,? but|i am sorry,? but|i apologi[sz]e,? but|i'm (?:not able|unable) to|"
    r"i am (?:not able|unable) to|i (?:cannot|can't) (?:answer|provide|give|help|assist|engage|"
    r"endorse|take sides|express))",
    re.IGNORECASE,
)
_SELF = re.compile(
    r"\b(?:as an? (?:ai|artificial intelligence)\b|"
    r"(?:i am|i'm) (?:just )?an? (?:ai|language model|chatbot)\b|"
    r"(?:do not|don't) have (?:personal|feelings)|(?:do not|don't) hold (?:personal|opinions))",
    re.IGNORECASE,
)
_WARM = re.compile(
    r"!|\b(?:thank you|thanks|glad|happy|lovely|wonderful|great|love|kind|enjoy|welcome|sure that "
    r"you|together)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Features:
    """Measured style of one text."""

    words: int
    """Length in words (stretches without white space)."""
    enumerated: bool
    """Holds at least two list lines ("1. ", "- ")."""
    line_breaks: int
    """Lines begun after the first."""
    closing_question: bool
    """The text ends with a question mark, quotes and brackets aside."""
    refusal: bool
    """Says that it will not or cannot answer."""
    self_identification: bool
    """Speaks of itself as an AI."""
    warmth: float
    """Warm words and exclamation marks, per five words, at most 1."""


def measure(text: str) -> Features:
    """The features of `text`; an empty text has none."""
    plain = text.replace("’", "'")
    words = len(plain.split())
    return Features(
        words=words,
        enumerated=len(_LIST.findall(plain)) >= 2,
        line_breaks=len(plain.strip().splitlines()[1:]),
        closing_question=_QUESTION.search(plain) is not None,
        refusal=_REFUSAL.search(plain) is not None,
        self_identification=_SELF.search(plain) is not None,
        warmth=min(1.0, 5 * len(_WARM.findall(plain)) / words) if words else 0.0,
    )
