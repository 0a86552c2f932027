"""What moderation calls things, for people."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from manyvoices.collect.moderation.models import Action, Kind, Restriction
from manyvoices.schema import TreeState

KINDS: dict[str, Promise] = {
    Kind.REPORT: _("Reported"),
    Kind.APPEAL: _("Appeal by its author"),
    Kind.HELD: _("Kept apart"),
    Kind.SPLIT: _("Reviews are split"),
    Kind.NEAR_DUPLICATE: _("Much like another text"),
    Kind.LANGUAGE: _("Another language"),
    Kind.EVIDENCE: _("How it was written"),
    Kind.TEAM: _("Opened by the team"),
    Kind.SAMPLE: _("Drawn at random"),
}
ACTIONS: dict[str, Promise] = {
    Action.ACCEPT: _("Accept"),
    Action.REJECT: _("Reject"),
    Action.DELETE: _("Delete with all below it"),
    Action.RESTORE: _("Bring back"),
    Action.DISMISS: _("Nothing is wrong"),
    Action.EDIT: _("Change the text"),
}
KEYS: dict[str, str] = {
    Action.ACCEPT: "a",
    Action.REJECT: "r",
    Action.DELETE: "d",
    Action.RESTORE: "b",
    Action.DISMISS: "n",
}
"""The key of each of the five common decisions."""
DONE: dict[str, Promise] = {
    Action.ACCEPT: _("accepted"),
    Action.REJECT: _("rejected"),
    Action.DELETE: _("deleted"),
    Action.RESTORE: _("brought back"),
    Action.DISMISS: _("left as it was"),
    Action.EDIT: _("changed"),
}
STATES: dict[str, Promise] = {
    TreeState.INITIAL_PROMPT_REVIEW: _("prompt under review"),
    TreeState.PROMPT_LOTTERY_WAITING: _("waiting to be drawn"),
    TreeState.GROWING: _("growing"),
    TreeState.RANKING: _("being ranked"),
    TreeState.READY_FOR_SCORING: _("rankings being merged"),
    TreeState.READY_FOR_EXPORT: _("finished"),
    TreeState.SCORING_FAILED: _("merging failed"),
    TreeState.ABORTED_LOW_GRADE: _("ended: turned down"),
    TreeState.HALTED_BY_MODERATOR: _("stopped"),
    TreeState.BACKLOG_RANKING: _("imported, waiting to be ranked"),
}


def kind(name: str) -> str:
    return str(KINDS.get(name, name))


def action(name: str) -> str:
    return str(ACTIONS.get(name, name))


def done(name: str) -> str:
    return str(DONE.get(name, name))


def state(name: str) -> str:
    return str(STATES.get(name, name))


def restriction(row: Restriction) -> str:
    """What a restriction is, in one phrase."""
    if row.is_shadow:
        return gettext("kept apart (shadow)")
    if row.kind == Restriction.Kind.BAN:
        return gettext("may not contribute")
    n = row.per_day or 0
    return ngettext("at most %(n)s task a day", "at most %(n)s tasks a day", n) % {"n": n}
