"""What people say who look at what a machine has flagged: one line per text, and what follows."""

from __future__ import annotations

from typing import Literal, TypeAlias

from manyvoices.schema._base import Record

ReviewKind: TypeAlias = Literal["pii", "language", "moderation"]
"""Reviews of a release's texts: answered with yes or no."""
AnyReview: TypeAlias = ReviewKind | Literal["refusal"]
"""``refusal``: what a model's reply does with a request, for ``manyvoices evaluate refusals``."""
ReviewAnswer: TypeAlias = Literal[
    "yes", "no", "cannot tell", "full compliance", "partial refusal", "full refusal"
]
ANSWERS_OF: dict[AnyReview, tuple[ReviewAnswer, ...]] = {
    "pii": ("yes", "no", "cannot tell"),
    "language": ("yes", "no", "cannot tell"),
    "moderation": ("yes", "no", "cannot tell"),
    "refusal": ("full compliance", "partial refusal", "full refusal", "cannot tell"),
}
"""Which answers a review takes, in the order they are offered."""


class ReviewLine(Record, frozen=True, kw_only=True):
    """One text in one reviewer's file. What the page gives back has neither text nor marks."""

    review: AnyReview
    """What is reviewed."""
    reviewer: str
    """Who answers, as they are to be called in the records."""
    instance_id: str
    """The text's name in its release."""
    column_id: str
    """What kind of text it is: ``user_prompt``, ``model_response``, ..."""
    said: str | None = None
    """What the machine said of it, in words."""
    marked: list[str] | None = None
    """``kind: words`` of each marked place."""
    text: str | None = None
    """The text itself; None in what the page gives back."""
    answer: ReviewAnswer | None = None
    """None until it is answered."""
    note: str = ""
    """What the reviewer adds, in their own words."""


class ReviewDecision(Record, frozen=True, kw_only=True):
    """What a review came to for one text."""

    review: ReviewKind
    """What was reviewed."""
    instance_id: str
    """The text's name in its release."""
    decision: bool | None
    """Yes or no; None where reviewers differ or cannot tell, and nobody has settled it."""
    answers: dict[str, ReviewAnswer]
    """Reviewer -> answer."""
    settled_by: str | None = None
    """Who settled what the reviewers did not agree on."""
