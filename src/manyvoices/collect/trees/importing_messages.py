"""Rows of the messages of a tree that comes in."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import UNSET

from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.arriving import moment
from manyvoices.collect.trees.importing_keys import Keys
from manyvoices.collect.trees.importing_people import Contributors
from manyvoices.collect.trees.models import Message, Tree
from manyvoices.collect.trees.origins import IMPORTED
from manyvoices.collect.trees.policies import policy_for
from manyvoices.schema import Message as MessageRecord
from manyvoices.schema.grown import MessageMore


@dataclass(slots=True)
class MessageRows:
    """Makes rows; stores none."""

    study: Study
    default_language: str
    """Of messages that name none."""
    now: datetime
    details: dict[str, MessageMore] | None
    """What a native file says of each message besides; None for OASST's files."""
    keys: Keys
    people: Contributors
    notes: Counter[str] = field(default_factory=Counter)
    """What was left out or changed -> how often."""

    def rows(
        self, tree: Tree, order: Sequence[tuple[MessageRecord, MessageRecord | None]]
    ) -> list[Message]:
        """A whole tree. `order`: each message with the one that it answers, which stands before."""
        rows: dict[str, Message] = {}
        for i, (message, parent) in enumerate(order):
            above = rows[parent.message_id] if parent is not None else None
            rows[message.message_id] = self.row(tree, message, above, i)
        return list(rows.values())

    def row(self, tree: Tree, message: MessageRecord, parent: Message | None, i: int) -> Message:
        """One message; `i` = its place in the file."""
        key = self.keys[message.message_id]
        accepted = message.review_result if isinstance(message.review_result, bool) else None
        counted = _number(message.review_count) or 0
        author = self._author(message)
        policy = policy_for(self.study, tree.language)
        row = Message(
            id=key,
            tree=tree,
            parent=parent,
            author_id=author,
            role=message.role,
            text=message.text,
            language=self.language(message),
            path=f"{parent.path if parent else ''}{key}/",
            depth=parent.depth + 1 if parent else 0,
            # Siblings without a date stay in the order of the file.
            created_at=self.date(message) or self.now + timedelta(microseconds=i),
            accepted=accepted,
            n_reviews=counted if accepted is not None or self.details is not None else 0,
            reviews_wanted=policy.reviews_for(is_prompt=parent is None),
            rank=_number(message.rank),
            deleted=message.deleted is True,
            synthetic=message.synthetic is True,
            model_name=message.model_name if isinstance(message.model_name, str) else "",
            extra={IMPORTED: self._came(message, key)},
        )
        if (more := self._detail(message)) is not None:
            _fill(row, more)
        if isinstance(message.user_id, str) and self.people.is_gone(message.user_id):
            # Whoever withdrew does not come back with a file; what hangs below keeps its place.
            row.text, row.deleted, row.author_id = "", True, None
            row.extra[IMPORTED].pop("user_id", None)
            self.notes["messages of people who withdrew: emptied"] += 1
        return row

    def _author(self, message: MessageRecord) -> uuid.UUID | None:
        more = self._detail(message)
        if more is None or more.imported.get("user_id") or not isinstance(message.user_id, str):
            return None
        return self.people.key(
            message.user_id, simulated=more.simulated, consent=more.consent_version
        )

    def _came(self, message: MessageRecord, key: uuid.UUID) -> dict[str, Any]:
        """What has no column, as the file said it."""
        more = self._detail(message)
        date = message.created_date
        came: dict[str, Any] = {"created_date": date if isinstance(date, str) else None}
        if str(key) != message.message_id:
            came["message_id"] = message.message_id
        if isinstance(message.user_id, str) and (more is None or more.imported.get("user_id")):
            came["user_id"] = message.user_id
        if more is not None:
            return came | {n: v for n, v in more.imported.items() if n != "user_id"}
        for name in ("emojis", "labels", "detoxify", "events", "review_count"):
            value = getattr(message, name)
            if value is not UNSET and value is not None:
                came[name] = msgspec.to_builtins(value)
        return came

    def language(self, message: MessageRecord) -> str:
        """The data language of a message."""
        return (
            message.lang
            if isinstance(message.lang, str) and message.lang
            else self.default_language
        )

    def date(self, message: MessageRecord) -> datetime | None:
        """When it was written, if the file says so."""
        more = self._detail(message)
        if more is not None:
            return more.created_at
        return moment(message.created_date) if isinstance(message.created_date, str) else None

    def _detail(self, message: MessageRecord) -> MessageMore | None:
        return self.details.get(message.message_id) if self.details is not None else None


def _fill(row: Message, more: MessageMore) -> None:
    row.edited_at = more.edited_at
    row.acceptance, row.decided_because = more.acceptance, more.decided_because
    row.is_split, row.reviews_wanted = more.is_split, more.reviews_wanted
    row.n_rankings, row.ended = more.n_rankings, more.ended
    row.consent_version, row.sources = more.consent_version, list(more.sources)
    row.is_reference = more.is_reference


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
