"""What the community calls things, for people."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from manyvoices.collect.community.models import Notice, Reaction, Score

ITEMS: dict[str, Promise] = {
    "prompts": _("Prompts written"),
    "assistant_replies": _("Replies written as the assistant"),
    "prompter_replies": _("Replies written as the prompter"),
    "prompts_accepted": _("Prompts accepted"),
    "assistant_accepted": _("Replies as the assistant accepted"),
    "prompter_accepted": _("Replies as the prompter accepted"),
    "labels_simple": _("Short reviews"),
    "labels_full": _("Full reviews"),
    "labels_agreed": _("Reviews in line with what was decided"),
    "rankings": _("Rankings"),
    "rankings_agreed": _("Rankings in line with all rankings together"),
    "ranked_first": _("Own replies that came first"),
    "ranked_second": _("Own replies that came second"),
    "ranked_third": _("Own replies that came third"),
    "votes_first": _("Votes for own replies as first"),
    "votes_second": _("Votes for own replies as second"),
    "votes_third": _("Votes for own replies as third"),
}
FRAMES: dict[str, Promise] = {
    Score.Frame.DAY: _("Last 24 hours"),
    Score.Frame.WEEK: _("Last 7 days"),
    Score.Frame.MONTH: _("Last 30 days"),
    Score.Frame.ALL: _("From the beginning"),
}
REACTIONS: dict[str, Promise] = {
    Reaction.Kind.THANKS: _("Thank you"),
    Reaction.Kind.LEARNED: _("I learned something"),
    Reaction.Kind.LAUGHED: _("It made me laugh"),
}
NOTICES: dict[str, Promise] = {
    Notice.Kind.ACCEPTED: _("Your message was accepted."),
    Notice.Kind.REJECTED: _("Your message was turned down by its reviewers."),
    Notice.Kind.DECIDED: _("A moderator decided about your message:"),
    Notice.Kind.RANKED_FIRST: _("Your reply was ranked first."),
}
