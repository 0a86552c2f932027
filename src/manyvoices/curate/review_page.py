"""One reviewer's page: a single HTML file that works from a disk, offline, and sends nothing.

Its policy allows the one script and the one style that stand in it, by their hashes, and nothing
from anywhere else. Texts are data in it, never markup.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files

import msgspec

from manyvoices.curate.review import Item, pieces, question_of
from manyvoices.schema.reviews import ANSWERS_OF, AnyReview

TITLES: dict[AnyReview, str] = {
    "pii": "Personal information",
    "language": "Languages",
    "moderation": "Moderation",
    "refusal": "Refusals",
}
WRITTEN = {
    "user_prompt": "Written by a participant to a model",
    "model_response": "Written by a model",
    "open_feedback": "Feedback of a participant on a conversation",
}


def review_page(items: Sequence[Item], kind: AnyReview, reviewer: str) -> str:
    """The page as HTML; the same items give the same bytes."""
    style, script = _part("css"), _part("js")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    parts = {
        "CSP": html.escape(policy),
        "TITLE": html.escape(f"Review: {TITLES[kind]} ({reviewer})"),
        "CHOICES": _choices(kind),
        "CSS": style,
        "JS": script,
        "DATA": _data(items, kind, reviewer),
    }
    before, *rest = _part("html").split("{{")
    # Filled in one pass: what stands in a text is not looked through for places to fill.
    return before + "".join(
        parts[name] + after for name, after in (part.split("}}", 1) for part in rest)
    )


def _choices(kind: AnyReview) -> str:
    """One radio button for each answer that the review takes."""
    return "\n".join(
        f'<label><input type="radio" name="answer" value="{answer}"> {answer.capitalize()}</label>'
        for answer in ANSWERS_OF[kind]
    )


def _data(items: Sequence[Item], kind: AnyReview, reviewer: str) -> str:
    """What the script reads, as JSON in which no tag can end."""
    shown = [
        {
            "id": item.instance_id,
            "column": item.column_id,
            "about": _about(item, kind),
            "question": question_of(kind, item),
            "pieces": pieces(item.text, item.spans),
        }
        for item in items
    ]
    document = {
        "id": _digest([kind, reviewer, *(item.instance_id for item in items)]),
        "review": kind,
        "reviewer": reviewer,
        "file": f"{kind}-{_file_name(reviewer)}.jsonl",
        "items": shown,
    }
    encoded = msgspec.json.encode(document).decode()
    for sign in "<>&\u2028\u2029":
        encoded = encoded.replace(sign, f"\\u{ord(sign):04x}")
    return encoded


def _about(item: Item, kind: AnyReview) -> str:
    if kind == "refusal":  # nobody's verdict is told: two people answer for themselves
        return "What was asked is marked; what a model answered stands below it."
    written = WRITTEN.get(item.column_id, f"Written by a participant ({item.column_id})")
    return f"{written}. Marked automatically: {item.said or 'nothing'}."


def _digest(names: list[str]) -> str:
    return sha256("\0".join(names).encode()).hexdigest()[:16]


def _file_name(reviewer: str) -> str:
    return "".join(sign if sign.isalnum() else "-" for sign in reviewer)


def _part(ending: str) -> str:
    return files(__package__).joinpath(f"review_page.{ending}").read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"
