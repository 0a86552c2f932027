"""What kinds of task, labels and outcomes are called on a contributor's pages."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from manyvoices.design.trees import TaskKind

TITLES = {
    TaskKind.INITIAL_PROMPT: gettext_noop("Write a prompt"),
    TaskKind.PROMPTER_REPLY: gettext_noop("Go on as the prompter"),
    TaskKind.ASSISTANT_REPLY: gettext_noop("Reply as the assistant"),
    TaskKind.LABEL_INITIAL_PROMPT: gettext_noop("Review a prompt"),
    TaskKind.LABEL_PROMPTER_REPLY: gettext_noop("Review what a prompter wrote"),
    TaskKind.LABEL_ASSISTANT_REPLY: gettext_noop("Review a reply of the assistant"),
    TaskKind.RANK_PROMPTER_REPLIES: gettext_noop("Put replies of prompters in order"),
    TaskKind.RANK_ASSISTANT_REPLIES: gettext_noop("Put replies of the assistant in order"),
    TaskKind.RANK_INITIAL_PROMPTS: gettext_noop("Put prompts in order"),
    TaskKind.PROMPT_WITH_ANSWER: gettext_noop("Write a prompt and your own answer"),
}

_ASKED = {
    TaskKind.INITIAL_PROMPT: gettext_noop(
        "Begin a conversation: ask for something, as you would ask an assistant that knows a lot."
    ),
    TaskKind.PROMPT_WITH_ANSWER: gettext_noop(
        "Begin a conversation about something that you know well, and write the answer that you"
        " would be glad to get. Other answers are compared with yours."
    ),
    TaskKind.PROMPTER_REPLY: gettext_noop(
        "You are the person who asks. Read the conversation and write what you would say next."
    ),
    TaskKind.ASSISTANT_REPLY: gettext_noop(
        "You are the assistant. Answer the last message as well as you can."
    ),
}

_ROLES = {"prompter": gettext_noop("Prompter"), "assistant": gettext_noop("Assistant")}

_NOT_ACCEPTED = {
    "spam": gettext_noop("Not accepted: reviewers took it for spam."),
    "lang_mismatch": gettext_noop("Not accepted: reviewers found it in another language."),
    "moderator": gettext_noop("Not accepted: a moderator decided so."),
}

SKIP_REASONS = {
    "knowledge": gettext_noop("I do not know enough about this"),
    "unclear": gettext_noop("I do not understand what is asked"),
    "unpleasant": gettext_noop("I would rather not read or write about this"),
    "language": gettext_noop("It is not in my language"),
    "time": gettext_noop("It takes too long"),
    "other": gettext_noop("Another reason"),
}


def kind_title(kind: str) -> str:
    """What a kind of task is called; a kind that is new here by its name."""
    title = TITLES.get(TaskKind(kind))
    return _(title) if title else kind.replace("_", " ").capitalize()


def what_is_asked(kind: str) -> str:
    """One sentence on what to do; empty where the page says it otherwise."""
    words = _ASKED.get(TaskKind(kind))
    return _(words) if words else ""


def role_name(role: str) -> str:
    """Who speaks: never more than the role."""
    return _(_ROLES[role]) if role in _ROLES else role


def why_not_accepted(because: str) -> str:
    """Why a message was not accepted, for its author."""
    return _(_NOT_ACCEPTED.get(because, gettext_noop("Not accepted by its reviewers.")))


def skip_reason(chosen: str, words: str) -> str:
    """A reason for passing a task over, as it is stored: the name of the choice and the words."""
    name = chosen if chosen in SKIP_REASONS else "other"
    return f"{name}: {words.strip()}" if words.strip() else name
