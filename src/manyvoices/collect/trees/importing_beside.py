"""What comes in beside the messages of a native file: steps, reviews, rankings, merged rankings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.importing_keys import Keys, as_uuid, derived
from manyvoices.collect.trees.importing_people import Contributors
from manyvoices.collect.trees.models import (
    LabelsGiven,
    PromptPlace,
    RankingGiven,
    SetConsensus,
    Tree,
    TreeEvent,
)
from manyvoices.schema.grown import GrownTree


@dataclass(slots=True)
class BesideRows:
    """Stores what a tree brings along besides its messages."""

    study: Study
    keys: Keys
    people: Contributors
    notes: Counter[str]
    """What was left out -> how often."""

    def store(self, tree: Tree, more: GrownTree) -> tuple[int, int]:
        """(reviews, rankings) that were stored."""
        TreeEvent.objects.bulk_create(
            TreeEvent(
                tree=tree, before=s.before, after=s.after, reason=s.reason[:300], at=s.at,
                by="moderator" if s.by == "moderator" else "",
            )
            for s in more.steps
        )  # fmt: skip
        SetConsensus.objects.bulk_create(
            SetConsensus(
                parent_id=self.keys[c.parent_id], groups=self._groups(c.groups),
                n_rankings=c.n_rankings, n_all_bad=c.n_all_bad, all_bad=c.all_bad,
                kendall_w=c.kendall_w, alpha=c.alpha, merged_at=c.merged_at,
            )
            for c in more.consensus
        )  # fmt: skip
        self._places(more)
        return self._reviews(more), self._rankings(more)

    def _reviews(self, more: GrownTree) -> int:
        rows = []
        for review in more.reviews:
            if self.people.is_gone(review.participant_id):
                self.notes["reviews of people who withdrew: left out"] += 1
                continue
            rows.append(
                LabelsGiven(
                    message_id=self.keys[review.message_id],
                    participant_id=self.people.key(
                        review.participant_id, simulated=review.simulated
                    ),
                    source=review.source,
                    labels=review.labels,
                    is_full=review.is_full,
                    counts=review.counts,
                    created_at=review.created_at,
                )
            )
        LabelsGiven.objects.bulk_create(rows, batch_size=200)
        return len(rows)

    def _rankings(self, more: GrownTree) -> int:
        rows = []
        for given in more.rankings:
            if self.people.is_gone(given.participant_id):
                self.notes["rankings of people who withdrew: left out"] += 1
                continue
            rows.append(
                RankingGiven(
                    parent_id=self.keys[given.parent_id],
                    participant_id=self.people.key(given.participant_id, simulated=given.simulated),
                    groups=self._groups(given.ranking),
                    shown=[str(self.keys[name]) for name in given.shown or []],
                    all_bad=given.not_rankable,
                    flags={str(self.keys[name]): flags for name, flags in given.flags.items()},
                    created_at=given.created_at,
                )
            )
        RankingGiven.objects.bulk_create(rows, batch_size=200)
        return len(rows)

    def _places(self, more: GrownTree) -> None:
        rows = []
        for placed in more.prompt_places:
            if self.people.is_gone(placed.participant_id):
                self.notes["rankings of people who withdrew: left out"] += 1
                continue
            key = as_uuid(placed.ranking_id) or derived(self.study, placed.ranking_id)
            person = self.people.key(placed.participant_id, simulated=placed.simulated)
            rows.append(
                PromptPlace(
                    message_id=self.keys[more.tree.prompt.message_id],
                    participant_id=person,
                    ranking=key,
                    place=placed.place,
                    share=placed.share,
                    flags=list(placed.flags),
                    created_at=placed.sent_at,
                    sent_at=placed.sent_at,
                )
            )
        PromptPlace.objects.bulk_create(rows, batch_size=200)

    def _groups(self, groups: Iterable[Iterable[str]]) -> list[list[str]]:
        return [[str(self.keys[name]) for name in group] for group in groups]
