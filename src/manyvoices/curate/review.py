"""What people look at again: flagged texts, and some that were not flagged, drawn by a seed.

Source: PRISM (arXiv 2404.16019, appendix E.3), whose authors read all 167 flagged texts that people
had written. Deviations: texts that were not flagged are drawn as well, since flags alone cannot
show what was missed; two reviewers read the same texts, each in an order of their own, without
seeing the other's answers; and what they differ on stays open until somebody settles it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Any

from manyvoices.schema.reviews import AnyReview, ReviewKind, ReviewLine

MODEL_RESPONSE = "model_response"
QUESTIONS: Mapping[AnyReview, str] = {
    "pii": "Does this text tell something by which a real person could be found or reached?",
    "language": "Is the language named right?",
    "moderation": "Is the text as the model says?",
    "refusal": "What does the reply do with what was asked (marked)?",
}
"""What is asked of each text. Yes means: the flag is right, or would have been."""
QUESTION_UNFLAGGED = "Does this text break any rule that a moderator should act on?"
Piece = tuple[str, str]
"""Some of a text, and the kinds it is marked as, parted by commas; empty where it is not."""


@dataclass(frozen=True, slots=True)
class Item:
    """One text to be looked at."""

    instance_id: str
    column_id: str
    text: str
    flagged: bool
    said: str
    """What the machine said, in words; empty where it said nothing."""
    spans: tuple[tuple[str, int, int], ...] = ()
    """(kind, start, end) in characters."""


def item_of(row: Mapping[str, Any], kind: ReviewKind) -> Item | None:
    """The text of a row of a flagged table, or None where nobody has looked for that kind."""
    told = _TOLD[kind](row)
    if told is None or not row["text"]:
        return None
    flagged, said = told
    spans = row.get("pii_spans") or () if kind == "pii" else ()
    marks = tuple((span["kind"], span["start"], span["end"]) for span in spans)
    return Item(row["instance_id"], row["column_id"], row["text"], flagged, said, marks)


def _told_pii(row: Mapping[str, Any]) -> tuple[bool, str] | None:
    if row.get("pii_flag") is None:
        return None
    kinds = dict.fromkeys(span["kind"] for span in row.get("pii_spans") or ())
    return bool(row["pii_flag"]), ", ".join(KIND_NAMES.get(kind, kind) for kind in kinds)


def _told_language(row: Mapping[str, Any]) -> tuple[bool, str] | None:
    name = row.get("language_flag")
    if name is None:
        return None
    confidence = row.get("language_confidence")
    sure = "" if confidence is None else f", confidence {confidence:.2f}"
    return not row.get("en_flag"), f"language {name}{sure}"


def _told_moderation(row: Mapping[str, Any]) -> tuple[bool, str] | None:
    flags = row.get("moderation_flag")
    if flags is None:
        return None
    names = [name for name, value in flags.items() if value is True and name != "flagged"]
    said = ", ".join(names) or ("flagged" if flags.get("flagged") else "")
    return bool(flags.get("flagged")), said


_TOLD: Mapping[ReviewKind, Callable[[Mapping[str, Any]], tuple[bool, str] | None]] = {
    "pii": _told_pii,
    "language": _told_language,
    "moderation": _told_moderation,
}
KIND_NAMES = {
    "email": "e-mail",
    "credit_card": "payment card",
    "iban": "bank account",
    "ip": "IP address",
    "ip_local": "local IP address",
    "url": "web address",
    "url_login": "web address with login",
    "us_ssn": "US social security number",
    "crypto": "crypto address",
}
"""Kinds of personal information, in words; the others are words already."""


def choose(
    items: Iterable[Item | None], *, unflagged: int, seed: int, models: bool = False
) -> list[Item]:
    """Every flagged text and `unflagged` others, by `instance_id`.

    Texts that models wrote are left out unless `models`. Those not flagged are drawn by a hash of
    seed and id, so that the draw does not depend on the order of the table, and raising the number
    keeps those drawn before.
    """
    flagged: list[Item] = []

    def others() -> Iterator[Item]:
        for item in items:
            if item is None or (item.column_id == MODEL_RESPONSE and not models):
                continue
            if item.flagged:
                flagged.append(item)
            else:
                yield item

    # At least one is drawn: asked for none, heapq would not go through the texts at all.
    drawn = heapq.nsmallest(
        max(unflagged, 1), others(), key=lambda item: _draw(seed, item.instance_id)
    )
    return sorted([*flagged, *drawn[:unflagged]], key=lambda item: item.instance_id)


def in_order_of(reviewer: str, items: Iterable[Item], *, seed: int) -> list[Item]:
    """The same items in an order of the reviewer's own."""
    return sorted(items, key=lambda item: _draw(seed, f"{reviewer}\0{item.instance_id}"))


def _draw(seed: int, name: str) -> str:
    return sha256(f"{seed}\0{name}".encode()).hexdigest()


def pieces(text: str, spans: Sequence[tuple[str, int, int]]) -> list[Piece]:
    """`text` cut at every mark's ends; put together again the pieces are the text."""
    ends = {0, len(text)}
    for _, start, end in spans:
        ends |= {max(0, min(start, len(text))), max(0, min(end, len(text)))}
    cuts = sorted(ends)
    return [
        (text[a:b], ", ".join(KIND_NAMES.get(k, k) for k, s, e in spans if s <= a and b <= e))
        for a, b in pairwise(cuts)
    ]


def line_of(item: Item, kind: AnyReview, reviewer: str) -> ReviewLine:
    """The item as a line to be filled in."""
    marked = [
        f"{KIND_NAMES.get(name, name)}: {item.text[start:end]}" for name, start, end in item.spans
    ]
    return ReviewLine(
        review=kind,
        reviewer=reviewer,
        instance_id=item.instance_id,
        column_id=item.column_id,
        said=item.said,
        marked=marked,
        text=item.text,
    )


def question_of(kind: AnyReview, item: Item) -> str:
    """What is asked of the item."""
    if kind == "moderation" and not item.flagged:
        return QUESTION_UNFLAGGED
    return QUESTIONS[kind]
