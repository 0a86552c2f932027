"""Messages as OASST's files have them: counts and means, nobody's single answer.

Of labels, what was left open and "cannot tell" are neither values nor counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from msgspec import UNSET

from manyvoices.collect.trees import models
from manyvoices.collect.trees.leaving import Leaving
from manyvoices.collect.trees.origins import IMPORTED
from manyvoices.collect.trees.rows import by_message
from manyvoices.schema import LabelSummary, Message


class Nodes:
    """The messages of one tree on its way out.

    Args:
        labels: With labels, as mean and count.
        events: With single rankings, as OASST wrote them.
    """

    def __init__(self, tree: Leaving, *, labels: bool, events: bool) -> None:
        self._tree, self._with_labels, self._with_events = tree, labels, events
        self._summaries = by_message(tree.reviews, "message_id")

    def node(self, row: models.Message) -> Message:
        """One message, without the replies to it."""
        came = row.extra.get(IMPORTED) or {}
        reviews = [r for r in self._summaries[row.pk] if r.source == "task" and r.counts]
        events = self._events(row, came) if self._with_events else UNSET
        n_reviews = len(reviews) + int(came.get("review_count", 0))
        labels = self._labels(reviews, came) if self._with_labels else UNSET
        return Message(
            message_id=self._tree.name[row.pk],
            parent_id=self._tree.name[row.parent_id] if row.parent_id else UNSET,
            user_id=self._author(row, came),
            created_date=self._date(row, came),
            text=row.text,
            role="prompter" if row.role == "prompter" else "assistant",
            lang=row.language or UNSET,
            review_count=n_reviews,
            review_result=UNSET if row.accepted is None else row.accepted,
            deleted=row.deleted,
            rank=UNSET if row.rank is None else row.rank,
            synthetic=row.synthetic,
            model_name=row.model_name or UNSET,
            emojis=self._emojis(row, came),
            replies=[],
            labels=labels,
            events=events,
            detoxify=came.get("detoxify", UNSET),
        )

    def _author(self, row: models.Message, came: dict[str, Any]) -> Any:
        who = str(row.author_id) if row.author_id else came.get("user_id")
        return UNSET if who is None else self._tree.names.participant(who)

    def _date(self, row: models.Message, came: dict[str, Any]) -> Any:
        """As it came, where nothing is to be coarser; imported without a date: none."""
        if row.author is None and came:
            written = came.get("created_date")
            if written is None:
                return UNSET
            if self._tree.dates == "none":
                return written
        return self._tree.moved(row.created_at, row.author).isoformat()

    def _emojis(self, row: models.Message, came: dict[str, Any]) -> Any:
        counts: Counter[str] = Counter(came.get("emojis") or {})
        reports = sum(r.source == "report" for r in self._summaries[row.pk])
        counts.update(self._tree.counted.get(row.pk, {}))
        if reports:
            counts["red_flag"] += reports
        return dict(counts) if counts or "emojis" in came else UNSET

    def _labels(self, reviews: list[models.LabelsGiven], came: dict[str, Any]) -> Any:
        values: dict[str, list[float]] = defaultdict(list)
        for review in reviews:
            for name, value in review.labels.items():
                if value is not None:
                    values[name].append(float(value))
        found = {n: LabelSummary(value=sum(v) / len(v), count=len(v)) for n, v in values.items()}
        for name, summary in (came.get("labels") or {}).items():
            found[name] = _merged(found.get(name), summary)
        return found or UNSET

    def _events(self, row: models.Message, came: dict[str, Any]) -> Any:
        """Single rankings as OASST wrote them; ties are told by the native record only."""
        events = dict(came.get("events") or {})
        given = [self._ranking_event(r) for r in self._tree.rankings if r.parent_id == row.pk]
        if given:
            events["ranking"] = [*events.get("ranking", []), *given]
        return events or UNSET

    def _ranking_event(self, row: models.RankingGiven) -> dict[str, Any]:
        order = self._tree.known(key for group in row.groups for key in group)
        shown = self._tree.known(row.shown)
        root = self._tree.rows.messages[0].pk
        return {
            "user_id": self._tree.names.participant(str(row.participant_id)),
            "ranking": [shown.index(name) for name in order if name in shown],
            "ranked_message_ids": order,
            "ranking_parent_id": self._tree.name[row.parent_id],
            "message_tree_id": self._tree.name[root],
            "not_rankable": row.all_bad,
        }


def _merged(ours: LabelSummary | None, came: dict[str, Any]) -> LabelSummary:
    if ours is None:
        return LabelSummary(value=came["value"], count=came["count"])
    n = ours.count + came["count"]
    total = ours.value * ours.count + came["value"] * came["count"]
    return LabelSummary(value=total / n, count=n)
