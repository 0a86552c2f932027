"""What stands beside the messages in a native file: single answers, steps, merged rankings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Literal, TypeAlias, cast

from manyvoices.collect.trees import models
from manyvoices.collect.trees.leaving import Leaving
from manyvoices.collect.trees.origins import BY_FILE, IMPORTED
from manyvoices.schema import Ranking
from manyvoices.schema.grown import (
    MessageMore,
    PromptPlaced,
    ReplyConsensus,
    ReviewGiven,
    TreeStep,
)

Source: TypeAlias = Literal["task", "free", "report"]


class Beside:
    """What leaves with the messages of one tree.

    Args:
        there: Names of the messages that leave; nothing names another.
    """

    def __init__(self, tree: Leaving, there: Collection[str]) -> None:
        self._tree, self._there = tree, there

    def messages(self) -> list[MessageMore]:
        """What OASST's form has no place for, message by message."""
        rows = self._tree.rows.messages
        return [self._message(row) for row in rows if self._tree.name[row.pk] in self._there]

    def steps(self) -> list[TreeStep]:
        """From state to state."""
        return [self._step(row) for row in self._tree.rows.events]

    def reviews(self) -> list[ReviewGiven]:
        """Single labels."""
        rows = self._tree.reviews
        return [self._review(row) for row in rows if self._tree.name[row.message_id] in self._there]

    def prompt_places(self) -> list[PromptPlaced]:
        """Where the prompt was put among others that waited."""
        return [self._place(row) for row in self._tree.places]

    def consensus(self) -> Iterator[ReplyConsensus]:
        """The merged rankings of each set of replies."""
        for row in self._tree.rows.consensus:
            if self._tree.name[row.parent_id] in self._there:
                yield ReplyConsensus(
                    parent_id=self._tree.name[row.parent_id],
                    groups=self._tree.groups(row.groups, self._there),
                    n_rankings=row.n_rankings,
                    n_all_bad=row.n_all_bad,
                    all_bad=row.all_bad,
                    kendall_w=row.kendall_w,
                    alpha=row.alpha,
                    merged_at=row.merged_at + self._tree.shift,
                )

    def rankings(self) -> Iterator[Ranking]:
        """Single orders of replies."""
        for row in self._tree.rankings:
            if self._tree.name[row.parent_id] in self._there:
                yield Ranking(
                    parent_id=self._tree.name[row.parent_id],
                    participant_id=self._tree.names.participant(str(row.participant_id)),
                    ranking=self._tree.groups(row.groups, self._there),
                    shown=self._tree.known(row.shown, self._there),
                    not_rankable=row.all_bad,
                    flags={
                        self._tree.by_text[key]: names
                        for key, names in row.flags.items()
                        if self._tree.by_text.get(key) in self._there
                    },
                    created_at=self._tree.moved(row.created_at, row.participant),
                    simulated=row.participant.simulated,
                )

    def _message(self, row: models.Message) -> MessageMore:
        came = dict(row.extra.get(IMPORTED) or {})
        kept = {n: came[n] for n in ("emojis", "labels", "detoxify", "review_count") if n in came}
        if row.author is None and "user_id" in came:
            kept["user_id"] = True  # a name in a file, of somebody who is no participant here
        if counted := self._tree.counted.get(row.pk):
            # Who thanked, or passed a task over, does not leave: the count goes along as a count.
            kept["emojis"] = dict(Counter(kept.get("emojis") or {}) + Counter(counted))
        return MessageMore(
            message_id=self._tree.name[row.pk],
            created_at=self._tree.moved(row.created_at, row.author),
            edited_at=self._tree.moved(row.edited_at, row.author) if row.edited_at else None,
            acceptance=row.acceptance,
            decided_because=row.decided_because,
            is_split=row.is_split,
            reviews_wanted=row.reviews_wanted,
            n_rankings=row.n_rankings,
            ended=row.ended,
            consent_version=row.consent_version,
            sources=row.sources,
            simulated=bool(row.author and row.author.simulated),
            is_reference=row.is_reference,
            imported=kept,
        )

    def _step(self, row: models.TreeEvent) -> TreeStep:
        """A moderator's own words stay here, as their name does."""
        by_rules = row.by in ("", BY_FILE)
        return TreeStep(
            before=row.before,
            after=row.after,
            reason=row.reason if by_rules else "",
            at=row.at + self._tree.shift,
            by="rules" if by_rules else "moderator",
        )

    def _review(self, row: models.LabelsGiven) -> ReviewGiven:
        return ReviewGiven(
            message_id=self._tree.name[row.message_id],
            participant_id=self._tree.names.participant(str(row.participant_id)),
            labels=row.labels,
            source=cast("Source", row.source),
            is_full=row.is_full,
            counts=row.counts,
            created_at=self._tree.moved(row.created_at, row.participant),
            simulated=row.participant.simulated,
        )

    def _place(self, row: models.PromptPlace) -> PromptPlaced:
        assert row.sent_at is not None
        return PromptPlaced(
            ranking_id=self._tree.names.message(str(row.ranking)),
            participant_id=self._tree.names.participant(str(row.participant_id)),
            place=row.place,
            share=row.share,
            flags=list(row.flags),
            sent_at=self._tree.moved(row.sent_at, row.participant),
            simulated=row.participant.simulated,
        )
