"""Words of the console's pages about webhooks."""

from __future__ import annotations

from django.utils.translation import gettext as _

from manyvoices.collect.webhooks.models import CHOICES


def event_words(name: str) -> str:
    """What an event is, in a line."""
    words = {
        "tree.state_changed": _("A tree has come to another state"),
        "message.decided": _("A message was accepted or turned down"),
        "message.deleted": _("Messages were deleted, taken away or erased"),
        "task.done": _("Tasks were done: counts for each minute, nothing else"),
        "export.finished": _("An export or a release is finished"),
        "participant.completed": _("Somebody has come to the end of the study"),
        "moderation.decided": _("A moderator has decided something, or undone it"),
        "test": _("A test"),
    }
    return words[name]


def choices() -> list[tuple[str, str]]:
    """Every event that can be chosen, with its words."""
    return [(name, event_words(name)) for name in CHOICES]


def state_words(state: str) -> str:
    """What became of a request."""
    words = {"waiting": _("waiting"), "sent": _("sent"), "failed": _("failed")}
    return words[state]


def problem_words(problem: str) -> str:
    """Why a request did not arrive; empty where it did."""
    words = {
        "": "",
        "timeout": _("no answer in time"),
        "redirect": _("it leads elsewhere, which is not followed"),
        "status": _("the answer says that it failed"),
        "private": _("its name leads into a private network"),
        "off": _("the webhook was switched off before"),
    }
    code, fault = problem.partition(" ")[::2]
    return words[code] if code in words else _("no connection (%(fault)s)") % {"fault": fault}


def done_words(action: str) -> str:
    """What a button has done."""
    words = {
        "test": _("A test event is on its way. It is in the list in a few seconds."),
        "on": _("The webhook is switched on."),
        "off": _("The webhook is switched off."),
        "delete": _("The webhook is deleted."),
        "change": _("The webhook is changed."),
    }
    return words[action]
