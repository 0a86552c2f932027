"""What was written and what the checks said of it: PRISM's tables 2, 3, 4 and 11.

Where nobody asked (a flag is null) there is no count: null is not "no".
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from manyvoices.curate.describe_counts import Share, top
from manyvoices.schema import PrismMetadata

MODEL = "model_response"
CATEGORIES = (
    *("sexual", "hate", "harassment", "self-harm", "sexual/minors", "hate/threatening"),
    *("violence/graphic", "self-harm/intent", "self-harm/instructions"),
    *("harassment/threatening", "violence"),
)
"""PRISM's eleven, in the order of its appendix E; its table 3 has no line for violence/graphic."""
N_LANGUAGES = 10
_ORDER = ("user_prompt", MODEL, "self_description", "system_string", "open_feedback")
"""Of the lines of table 2; other text questions follow by name."""


@dataclass(frozen=True, slots=True)
class MetadataRow:
    """One line of table 2; a count is None where no text of the line was checked."""

    column: str
    """Kind of text; ``Overall`` for all."""
    n: int
    english: Share | None
    pii: Share | None
    pii_manual: Share | None
    """PII that a person confirmed, of all texts; None where nobody looked."""
    moderation: Share | None


@dataclass(frozen=True, slots=True)
class Languages:
    """One half of table 4."""

    first: tuple[Share, ...]
    other: Share
    n: int


@dataclass(frozen=True, slots=True)
class TextFlags:
    """Tables 2, 3 and 4. "Human" is every kind of text but ``model_response``."""

    rows: tuple[MetadataRow, ...]
    categories: tuple[tuple[str, Share, Share], ...]
    """Category, of human texts, of model texts; empty where nothing was moderated. Shares are of
    the texts that were."""
    languages_human: Languages | None
    languages_model: Languages | None


@dataclass(frozen=True, slots=True)
class TextLength:
    """One line of table 11: words of each text of one kind."""

    column: str
    n: int
    mean: float
    sd: float
    low: float
    q25: float
    median: float
    q75: float
    high: float
    n_unique: int
    """Different words, as they are written, with what stands at them."""


def text_flags(rows: Iterable[PrismMetadata]) -> TextFlags:
    """Tables 2, 3 and 4 from the rows of ``metadata.jsonl``; one pass, memory of the counts."""
    tallies: dict[str, Counter[str]] = defaultdict(Counter)
    languages: dict[bool, Counter[str]] = {False: Counter(), True: Counter()}
    flags: dict[bool, Counter[str]] = {False: Counter(), True: Counter()}
    for row in rows:
        by_model = row.column_id == MODEL
        tally = tallies[row.column_id]
        tally["n"] += 1
        _see(tally, "english", row.en_flag)
        _see(tally, "pii", row.pii_flag)
        _see(tally, "manual", None if row.pii_manual_flag is None else bool(row.pii_manual_flag))
        if row.language_flag is not None:
            languages[by_model][row.language_flag] += 1
        verdict = _verdict(row.moderation_flag)
        if verdict is not None:
            _see(tally, "moderation", verdict.get("flagged", any(verdict.values())))
            flags[by_model]["n"] += 1
            flags[by_model].update(name for name in CATEGORIES if verdict.get(name))
    total: Counter[str] = sum(tallies.values(), Counter())
    order = sorted(tallies, key=lambda name: (_ORDER.index(name) if name in _ORDER else 9, name))
    return TextFlags(
        rows=(_row("Overall", total), *(_row(name, tallies[name]) for name in order)),
        categories=tuple(
            (
                name,
                Share(name, flags[False][name], flags[False]["n"]),
                Share(name, flags[True][name], flags[True]["n"]),
            )
            for name in CATEGORIES
            if flags[False]["n"] or flags[True]["n"]
        ),
        languages_human=_languages(languages[False]),
        languages_model=_languages(languages[True]),
    )


def text_lengths(
    texts: Iterable[tuple[str, str | None]], *, compat: Literal["prism"] | None = None
) -> tuple[TextLength, ...]:
    """Table 11 from (kind, text); null texts are left out; kinds in the order of appearance.

    Words are what white space parts, and the spread has the divisor n - 1. ``compat="prism"``: each
    single space parts, so that two in a row make an empty word and a line break none, and the
    divisor is n.
    """
    counts: dict[str, list[int]] = defaultdict(list)
    unique: dict[str, set[str]] = defaultdict(set)
    for kind, text in texts:
        if text is not None:
            words = text.split(" ") if compat == "prism" else text.split()
            counts[kind].append(len(words))
            unique[kind].update(words)
    return tuple(_length(kind, counts[kind], len(unique[kind]), compat) for kind in counts)


def _length(kind: str, counts: list[int], n_unique: int, compat: str | None) -> TextLength:
    values = np.array(counts, dtype=np.float64)
    q25, median, q75 = (float(q) for q in np.quantile(values, [0.25, 0.5, 0.75]))
    ddof = 0 if compat == "prism" else 1
    return TextLength(
        column=kind,
        n=len(values),
        mean=float(values.mean()),
        sd=float(values.std(ddof=ddof)) if len(values) > ddof else float("nan"),
        low=float(values.min()),
        q25=q25,
        median=median,
        q75=q75,
        high=float(values.max()),
        n_unique=n_unique,
    )


def _see(tally: Counter[str], name: str, value: bool | None) -> None:
    if value is not None:
        tally[f"{name} checked"] += 1
        tally[name] += bool(value)


def _row(name: str, tally: Counter[str]) -> MetadataRow:
    def share(flag: str) -> Share | None:
        return Share(flag, tally[flag], tally["n"]) if tally[f"{flag} checked"] else None

    return MetadataRow(
        name, tally["n"], share("english"), share("pii"), share("manual"), share("moderation")
    )


def _verdict(flag: Mapping[str, Any] | None) -> dict[str, bool] | None:
    """Category -> whether it was flagged, of PRISM's nested form or of a flat one."""
    if flag is None:
        return None
    found = {name: value for name, value in flag.items() if isinstance(value, bool)}
    inner = flag.get("categories")
    if isinstance(inner, Mapping):
        found |= {name: value for name, value in inner.items() if isinstance(value, bool)}
    return found or None


def _languages(counts: Counter[str]) -> Languages | None:
    if not counts:
        return None
    first, other = top(counts, N_LANGUAGES)
    return Languages(tuple(first), other, counts.total())
