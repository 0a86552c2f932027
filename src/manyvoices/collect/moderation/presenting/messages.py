"""One message: whose it is, where it stands, how it begins."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from manyvoices.collect.trees.models import Message

EXCERPT = 160
"""Characters of a text in a list."""


@dataclass(frozen=True)
class MessageView:
    """A message in its thread, for a moderator."""

    message: Message
    who: str
    role: str
    standing: str
    is_case: bool = False


def excerpt(text: str) -> str:
    """The beginning of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= EXCERPT else f"{line[:EXCERPT].rstrip()}…"


def view(row: Message, *, case_of: Message | None = None) -> MessageView:
    """A message with its author's pseudonym and where it stands."""
    return MessageView(
        message=row,
        who=who(row),
        role=_("prompter") if row.role == "prompter" else _("assistant"),
        standing=standing_of(row),
        is_case=case_of is not None and row.pk == case_of.pk,
    )


def who(row: Message) -> str:
    """By pseudonym; a model is not named."""
    if row.author_id is not None:
        return str(row.author_id)
    return _("a model") if row.synthetic else _("imported")


def standing_of(row: Message) -> str:
    """Whether it stands in the tree, in words."""
    if row.deleted:
        return _("deleted")
    if row.accepted is None:
        return _("under review")
    return _("accepted") if row.accepted else _("rejected")
