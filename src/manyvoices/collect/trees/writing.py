"""What can be said of a text before and after it is sent: length, language, texts nearly like it.

All of it is advice. The one thing that is refused, as in OpenAssistant, is an exact copy of what
the same person sent within the last two hours. After a text is stored it is looked at again, and
what stands out is a flag for moderators (`moderation.cases.flag`); nothing is decided here.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.errors import Unfit
from manyvoices.collect.trees.models import Message
from manyvoices.collect.trees.near_texts import (
    LEAST_CHARACTERS,
    LEAST_WORDS,
    near_duplicates,
    remember,
)
from manyvoices.curate.checks_shingles import normalised
from manyvoices.design.trees import TreePolicy
from manyvoices.schema.errors import MissingExtraError

RECENT = timedelta(minutes=120)
SURE = 0.9
"""Confidence from which another language than the chosen one is worth a word."""


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to tell the writer."""

    kind: str
    """``empty``, ``short``, ``long``, ``language``, ``near_duplicate``, ``copy``."""
    text: str
    """In the reader's language; it names nobody and shows no text of others."""
    detail: dict[str, Any] = field(default_factory=dict)
    blocks: bool = False
    """It will be refused as it stands."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How long a text is, and how long it may be."""

    characters: int
    words: int
    max_characters: int
    min_words: int


def counts(text: str, policy: TreePolicy) -> Counts:
    """The counts that stand beside a text."""
    return Counts(len(text), len(text.split()), policy.max_chars, policy.min_words)


def check(
    text: str,
    language: str,
    policy: TreePolicy,
    *,
    study: Study | None = None,
    participant: Participant | None = None,
    now: datetime | None = None,
    message: uuid.UUID | None = None,
) -> list[Advice]:
    """Everything worth saying of a text, the gravest first.

    Args:
        language: The chosen data language, a BCP 47 tag.
        study: To look for texts nearly like it in the same project and language.
        participant, now: To look for a copy of their own recent text.
        message: The message that is being edited, which is no duplicate of itself.
    """
    found = _of_length(counts(text, policy))
    if participant is not None and now is not None and is_copy(participant, text, now, message):
        words = _("You have sent exactly this text a short time ago.")
        found.append(Advice("copy", words, blocks=True))
    elif study is not None and (near := near_duplicates(text, study.pk, language, but=message)):
        words = _("A text that is nearly the same is here already. Is yours your own?")
        found.append(Advice("near_duplicate", words, {"overlap": near[0][1]}))
    seen = identify(text)
    if seen is not None and is_another(seen, language):
        words = _("This does not look like the language that you chose (%(language)s).")
        detail = {"seen": seen[0], "confidence": seen[1]}
        found.append(Advice("language", words % {"language": language}, detail))
    return found


def _of_length(count: Counts) -> list[Advice]:
    if not count.words:
        return [Advice("empty", _("Write something first."), blocks=True)]
    if (n := count.characters - count.max_characters) > 0:
        words = ngettext("%(n)d character too many", "%(n)d characters too many", n) % {"n": n}
        return [Advice("long", words, {"over": n}, blocks=True)]
    if (n := count.min_words - count.words) > 0:
        words = ngettext("%(n)d more word is needed", "%(n)d more words are needed", n) % {"n": n}
        return [Advice("short", words, {"missing": n}, blocks=True)]
    return []


def is_copy(
    participant: Participant, text: str, now: datetime, message: uuid.UUID | None = None
) -> bool:
    """Whether somebody sent the same text within `RECENT`; case and white space do not matter."""
    rows = Message.objects.filter(author=participant, created_at__gt=now - RECENT, deleted=False)
    if message is not None:
        rows = rows.exclude(pk=message)
    own = rows.values_list("text", flat=True)
    wanted = normalised(text)
    return any(normalised(earlier) == wanted for earlier in own)


def refuse_copy(participant: Participant, text: str, now: datetime) -> None:
    """Raise `Unfit` where somebody sends their own recent text once more."""
    if is_copy(participant, text, now):
        raise Unfit(
            "text", _("You have sent exactly this text a short time ago."), code="sent_before"
        )


def identify(text: str) -> tuple[str, float] | None:
    """The language that a text looks like and how sure that is, 0 to 1; None where nothing can be
    said: it is short, has no words, or the language model is not installed."""
    from manyvoices.curate.language import load_model
    from manyvoices.curate.language_models import UNDETERMINED

    if len(text.split()) < LEAST_WORDS and len(text) < LEAST_CHARACTERS:
        return None
    try:
        guesses = load_model().guess([text])
    except MissingExtraError:
        return None
    label = guesses.labels[0]
    return None if label == UNDETERMINED else (label, round(float(guesses.confidences[0]), 4))


def is_another(seen: tuple[str, float], language: str) -> bool:
    """Whether a text looks, with some certainty, like another language than `language`."""
    label, confidence = seen
    base = re.split(r"[-_]", language.lower())[0]
    return base in _known() and label != base and confidence >= SURE


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    """Languages that the model can tell; of others nothing is said."""
    from manyvoices.curate.language import load_model

    return frozenset(getattr(load_model(), "labels", ()))


def look_at(message: Message) -> None:
    """After a text was stored: note the language that it looks like, flag what stands out, and
    keep its signature. In the transaction of the storing."""
    if message.author_id is None or message.synthetic:
        remember([message])
        return
    study = message.tree.study_id
    near = near_duplicates(message.text, study, message.language, but=message.pk)
    remember([message])
    if near:
        _flag(message, "near_duplicate", {"like": str(near[0][0]), "overlap": near[0][1]})
    seen = identify(message.text)
    if seen is None:
        return
    message.evidence = {**message.evidence, "language": seen[0], "language_confidence": seen[1]}
    Message.objects.filter(pk=message.pk).update(evidence=message.evidence)
    if is_another(seen, message.language):
        detail = {"chosen": message.language, "seen": seen[0], "confidence": seen[1]}
        _flag(message, "language", detail)


def _flag(message: Message, kind: str, detail: dict[str, Any]) -> None:
    """Ask moderators for a look, where the server has their room."""
    if apps.is_installed("manyvoices.collect.moderation"):
        from manyvoices.collect.moderation.cases import flag

        flag(message, kind, detail)
