"""Signs that a model wrote what a person sent: evidence to look at, never a verdict.

No method tells model text from a person's reliably, and those that claim to are unkind to people
who write in a second language. So there is no score and no proposal to leave anybody out; each text
has a list of what was seen: pasting, speed, phrases in which models speak of themselves, the marks
of formatted answers, and words that stand in an answer of the same conversation too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from manyvoices.curate.checks_shingles import containment, shingles
from manyvoices.curate.columns import Table, columns, names_of

LEAST_SHARED = 0.6
"""Share of a text's word triples that stand in the answers of its conversation."""
LEAST_SHARED_WORDS = 12
FASTEST_WPM = 120.0

_PHRASES = {
    "speaks as a model": (
        r"\bas an? (ai|artificial intelligence)( language)? (model|assistant)\b"
        r"|\bi (do not|don['’]t) have personal (opinions|beliefs|experiences)\b"
        r"|\bmy training data\b|\bmy knowledge cut-?off\b"
    ),
    "offers help": (
        r"\b(i hope this helps|feel free to ask|let me know if you (need|have|would like)"
        r"|(here is|here['’]s) an? (revised|rewritten|improved) version|certainly! here)\b"
    ),
    "stock phrases": (
        r"\b(it is important to note|it['’]s worth noting|delve into|rich tapestry"
        r"|plays a (crucial|vital) role|in today['’]s (fast-paced|digital) world)\b"
    ),
}
_MARKS = {
    "headings": r"(?m)^#{1,4} \S",
    "bold": r"\*\*[^*\n]{2,60}\*\*",
    "a list of three or more": r"(?m)(^\s*([-*•]|\d+[.)]) \S.*\n?){3,}",
}
_SEEN = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in (_PHRASES | _MARKS).items()}


@dataclass(frozen=True, slots=True)
class ModelTextEvidence:
    """What was seen of one text; a text with nothing to show has no entry."""

    instance_id: str
    user_id: str | None
    seen: tuple[str, ...]
    """Each in words, with its number where it has one."""


@dataclass(frozen=True, slots=True)
class ModelTextReport:
    """The evidence, and how common each kind is, since a common sign says little."""

    evidence: tuple[ModelTextEvidence, ...]
    shares: Mapping[str, float]
    """Kind -> share of all texts that show it, 0 to 1."""
    n_texts: int

    def by_person(self) -> dict[str, int]:
        """Person -> texts of theirs that show anything, most first."""
        counts: dict[str, int] = defaultdict(int)
        for one in self.evidence:
            if one.user_id is not None:
                counts[one.user_id] += 1
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def model_text_evidence(
    texts: Table, *, shown: Mapping[str, Sequence[str]] | None = None
) -> ModelTextReport:
    """Look at texts that people wrote.

    Args:
        texts: ``instance_id``, ``user_id``, ``text``, and where they were observed ``pasted`` (bool
            or null) and ``seconds`` (time in which it was written, or null). ``conversation_id`` is
            needed for `shown`.
        shown: Conversation -> the models' answers that the person saw in it. Whether the person
            took words from an answer or the answer took them up is for the reader to see.
    """
    there = names_of(texts)
    extra = [name for name in ("pasted", "seconds", "conversation_id") if name in there]
    table = columns(texts, ("instance_id", "user_id", "text", *extra), what="texts")
    n_rows = len(table["text"])
    seen: list[dict[str, str]] = [{} for _ in range(n_rows)]
    for i, text in enumerate(table["text"]):
        if text:
            seen[i] |= {name: name for name, p in _SEEN.items() if p.search(text)}
            seen[i] |= _observed(table, i, len(text.split()))
    for i, share in _shared(table, shown or {}).items():
        seen[i]["shared"] = f"shared: {share:.0%} of its word triples stand in an answer"
    n_texts = sum(bool(text) for text in table["text"])
    kinds = sorted({kind for one in seen for kind in one})
    return ModelTextReport(
        evidence=tuple(
            ModelTextEvidence(table["instance_id"][i], table["user_id"][i], tuple(one.values()))
            for i, one in enumerate(seen)
            if one
        ),
        shares={kind: sum(kind in one for one in seen) / n_texts for kind in kinds},
        n_texts=n_texts,
    )


def _observed(table: dict[str, list[Any]], i: int, n_words: int) -> dict[str, str]:
    found = {}
    if "pasted" in table and table["pasted"][i] is True:
        found["pasted"] = "pasted"
    seconds = table["seconds"][i] if "seconds" in table else None
    if isinstance(seconds, int | float) and seconds > 0:
        speed = 60 * n_words / seconds
        if speed > FASTEST_WPM:
            found["speed"] = f"speed: {speed:.0f} words a minute"
    return found


def _shared(table: dict[str, list[str]], shown: Mapping[str, Sequence[str]]) -> dict[int, float]:
    """Row -> share of its triples that stand in an answer of its conversation."""
    if not shown or "conversation_id" not in table:
        return {}
    rows = [
        i
        for i, text in enumerate(table["text"])
        if text and len(text.split()) >= LEAST_SHARED_WORDS
        if shown.get(table["conversation_id"][i])
    ]
    conversations = list(dict.fromkeys(table["conversation_id"][i] for i in rows))
    answers = [(c, text) for c in conversations for text in shown[c]]
    found = shingles([*(table["text"][i] for i in rows), *(text for _, text in answers)])
    places: dict[str, list[int]] = defaultdict(list)
    for place, (conversation, _) in enumerate(answers, start=len(rows)):
        places[conversation].append(place)
    shares = {
        i: containment(found, k, places[table["conversation_id"][i]]) for k, i in enumerate(rows)
    }
    return {i: share for i, share in shares.items() if share >= LEAST_SHARED}
