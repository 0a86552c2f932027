"""How long one call for a conversation may take."""

from __future__ import annotations

from datetime import datetime, timedelta

from manyvoices.collect.conversations import queries
from manyvoices.collect.conversations.models import Turn, Utterance
from manyvoices.design import ConversationsStage


class TimeLimit:
    """The time limit of one call. The first model of a place sets the place's limit from now on: a
    queue or a restart before this moment is not the responder's doing, nor the reader's loss. A
    replacement has what is left of it."""

    def __init__(self, utterance: Utterance, rule: ConversationsStage, now: datetime) -> None:
        self.utterance, self.rule, self.now = utterance, rule, now
        self._is_first = utterance.replacement == 0
        if self._is_first:
            limit = timedelta(seconds=queries.time_limit_s(rule, utterance.turn.index))
            utterance.answer_by = now + limit
        assert utterance.answer_by is not None, "a replacement is stored with its place's limit"
        self.answer_by = utterance.answer_by

    @property
    def is_news(self) -> bool:
        """Whether `store` would write: most calls need neither of its statements."""
        return self._is_first and (
            self.rule.failures == "replace" or self.utterance.turn.deadline_at < self.answer_by
        )

    def store(self) -> None:
        if self._is_first and self.rule.failures == "replace":
            Utterance.objects.filter(pk=self.utterance.pk).update(answer_by=self.answer_by)
        if self._is_first:
            late = Turn.objects.filter(pk=self.utterance.turn_id, deadline_at__lt=self.answer_by)
            late.update(deadline_at=self.answer_by)

    def seconds(self) -> float:
        """How long this call may take."""
        left_s = (self.answer_by - self.now).total_seconds()
        patience_s = self.rule.opening.replace_after_s
        if patience_s is not None and queries.may_replace(self.utterance, self.rule, now=self.now):
            return min(left_s, patience_s)
        return left_s
