"""A message tree with all that is known of how it grew: one line of a native file of trees.

OASST's form has no room for single reviews and rankings, for why a message was rejected, or for the
way a tree took through its states. Here it is one part of the record, as it would be published, and
the rest stands beside it, so that a tree can go to another server and grow on there.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from manyvoices.schema._base import SCHEMA_VERSION, Instant, Record
from manyvoices.schema.trees import MessageTree, Ranking, TreeState


class ReviewGiven(Record, frozen=True, kw_only=True):
    """One person's labels of one message, in one sitting."""

    message_id: str
    """What was reviewed."""
    participant_id: str
    """Who reviewed."""
    labels: dict[str, float | None]
    """Label -> 0 to 1; null means "cannot tell"; a label that was left open is absent."""
    source: Literal["task", "free", "report"] = "task"
    """Whether it was asked for; only ``task`` counts in the summaries of a tree."""
    is_full: bool = True
    """False where only what decides was asked."""
    counts: bool = True
    """False where the message was changed afterwards: another text was reviewed."""
    created_at: Instant
    """When it was sent."""
    simulated: bool
    """True for a bot of a rehearsal."""


class MessageMore(Record, frozen=True, kw_only=True):
    """What is known of a message beyond OASST's fields."""

    message_id: str
    """Which message of the tree."""
    created_at: Instant
    """When it was written."""
    edited_at: Instant | None = None
    """When its text was last changed."""
    acceptance: float | None = None
    """0 to 1; what the reviews come to."""
    decided_because: str = ""
    """The label that weighed most against it, or ``moderator``."""
    is_split: bool = False
    """A single review would have turned the decision."""
    reviews_wanted: int = 3
    """How many reviews it takes, as far as is known."""
    n_rankings: int = 0
    """How many people ranked the replies to it."""
    ended: bool = False
    """Somebody said that nothing more is to be asked here."""
    consent_version: str = ""
    """The text that its author had agreed to."""
    sources: list[dict[str, str]] = msgspec.field(default_factory=list)
    """What it rests on: objects with ``title`` and ``url``."""
    simulated: bool = False
    """True where a bot of a rehearsal wrote it."""
    is_reference: bool = False
    """The author of the prompt wrote this answer to it, for others to be measured by."""
    imported: dict[str, Any] = msgspec.field(default_factory=dict)
    """Emojis, summed labels and so on that came with an imported file, without who gave them."""


class TreeStep(Record, frozen=True, kw_only=True):
    """That a tree went from one state to another."""

    before: str
    """Empty where the tree began."""
    after: str
    """The state that it came into."""
    reason: str
    """Why, in the rules' words; empty where a moderator decided."""
    at: Instant
    """When."""
    by: Literal["rules", "moderator"] = "rules"
    """Who decided."""


class ReplyConsensus(Record, frozen=True, kw_only=True):
    """What the rankings of the replies to one message come to."""

    parent_id: str
    """The message that they are replies to."""
    groups: list[list[str]]
    """Message ids, best first; replies in one group are tied."""
    n_rankings: int
    """People who ranked them, or said that all are bad."""
    n_all_bad: int = 0
    """Of these, people who said that all are bad."""
    all_bad: bool = False
    """Most said so: then there is no order."""
    kendall_w: float | None = None
    """Kendall's W of the complete rankings; null below two."""
    alpha: float | None = None
    """Krippendorff's, ordinal."""
    merged_at: Instant
    """When the rankings were merged."""


class PromptPlaced(Record, frozen=True, kw_only=True):
    """Where somebody put a prompt that waited, among others that did."""

    ranking_id: str
    """Names the order that it is part of, over all trees."""
    participant_id: str
    """Who put it there."""
    place: int | None
    """0 = best, equal = tied; null = left out of the order."""
    share: float | None
    """Of the others that have a place, those below it, ties half."""
    flags: list[str] = msgspec.field(default_factory=list)
    """``unsafe``, ``spam``, ``cannot_judge``."""
    sent_at: Instant
    """When."""
    simulated: bool
    """True for a bot of a rehearsal."""


class GrownTree(Record, frozen=True, kw_only=True):
    """One tree, whole."""

    tree: MessageTree
    """The tree in OASST's form."""
    study_id: str
    """The study that it grew in."""
    language: str
    """Data language, as BCP 47 tag."""
    goal_size: int
    """Accepted messages that it was to have, the prompt counted."""
    is_scored: bool
    """The consensus knows all rankings."""
    simulated: bool
    """True where it began in a rehearsal."""
    created_at: Instant
    """When it began."""
    changed_at: Instant
    """When it came into its state."""
    messages: list[MessageMore]
    """One for each message of `tree`, parents first."""
    steps: list[TreeStep] = msgspec.field(default_factory=list)
    """Its way from state to state."""
    consensus: list[ReplyConsensus] = msgspec.field(default_factory=list)
    """Merged rankings, one for each ranked set of replies."""
    reviews: list[ReviewGiven] = msgspec.field(default_factory=list)
    """Every review by itself."""
    rankings: list[Ranking] = msgspec.field(default_factory=list)
    """Every ranking by itself."""
    prompt_places: list[PromptPlaced] = msgspec.field(default_factory=list)
    """Where people put its prompt, while it waited, among others."""
    schema_version: str = SCHEMA_VERSION
    """Version of the record's form; see `SCHEMA_VERSION`."""

    @property
    def state(self) -> TreeState | None:
        """Where the tree is in its life."""
        state = self.tree.tree_state
        return state if isinstance(state, TreeState) else None
