"""What the documents of a release say of it: one frozen object, whoever makes the release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from manyvoices.schema import Json
from manyvoices.schema.releases import ParentRelease, WithdrawnFrom

if TYPE_CHECKING:
    from datetime import datetime

    from manyvoices.design import Study

KINDS_OF_TEXT = {
    "human_text": "what people wrote (messages, feedback, free answers)",
    "model_text": "what models wrote",
    "survey": "chosen answers, scores and everything else that is no free text",
}
"""Kind of text -> what it is; each has a licence of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the maker of a release knows and no file of it says."""

    release_id: str = ""
    title: str = ""
    version: str = ""
    n_participants: int | None = None
    """People; None = not known."""
    n_simulated: int = 0
    """Bots of a rehearsal."""
    notes: tuple[str, ...] = ()
    """What was left out, and why, as in the manifest."""
    settings: Mapping[str, Json] = field(default_factory=dict)
    """How it was made, as in the manifest."""
    parent: ParentRelease | None = None
    withdrawals: tuple[WithdrawnFrom, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that the writers of documents share."""

    about: About
    study: Study | None
    licences: Mapping[str, str]
    """Kind of text -> licence; ``TO BE DECIDED`` where nobody has said."""
    now: datetime
