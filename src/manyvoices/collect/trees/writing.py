"""What can be said of a text before and after it is sent: length, language, texts nearly like it.

All of it is advice. The one thing that is refused, as in OpenAssistant, is an exact copy of what
the same person sent within the last two hours. After a text is stored it is looked at again, and
what stands out is a flag for moderators (`moderation.cases.flag`); nothing is decided here.

Near duplicates are found by MinHash over word triples (`curate.checks_shingles`): twenty numbers
of each text are kept in an indexed table, so a look-up costs the same however many texts there are.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable, Sequence
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
from manyvoices.curate.checks_shingles import jaccard, normalised, shingles, signatures
from manyvoices.design.trees import TreePolicy
from manyvoices.schema.errors import MissingExtraError

RECENT = timedelta(minutes=120)
THRESHOLD = 0.8
"""Share of word triples in common from which two texts are nearly alike."""
LEAST_WORDS = 5
"""Shorter texts are alike by chance, and their language is a guess."""
LEAST_CHARACTERS = 20
"""The same where words are not written apart."""
SURE = 0.9
"""Confidence from which another language than the chosen one is worth a word."""
MOST_COMPARED = 50


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


def bands(text: str, study: str, language: str) -> list[int]:
    """The numbers of a text for its project and language, signed 64-bit; none for a short one."""
    return bands_of([(text, study, language)])[0]


def bands_of(texts: Sequence[tuple[str, str, str]]) -> list[list[int]]:
    """The same for many at once (text, project, language): much faster than one by one."""
    found = shingles([text for text, _study, _language in texts])
    signed = signatures(found).tolist()
    numbered = []
    for (text, study, language), size, numbers in zip(texts, found.sizes, signed, strict=True):
        is_short = len(re.findall(r"\w+", text)) < LEAST_WORDS and len(text) < LEAST_CHARACTERS
        where = f"{study}\x1f{language}"
        own = [] if is_short or not size else list(enumerate(numbers))
        numbered.append([_hash(f"{where}\x1f{place}\x1f{number}") for place, number in own])
    return numbered


def _hash(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def near_duplicates(
    text: str, study: str, language: str, *, but: uuid.UUID | None = None
) -> list[tuple[uuid.UUID, float]]:
    """Messages of the project and language nearly like a text, with the overlap (Jaccard, 0 to 1),
    the nearest first. Two statements at most."""
    from manyvoices.collect.quality.models import TextBand

    values = bands(text, study, language)
    if not values:
        return []
    rows = TextBand.objects.filter(value__in=values).exclude(message=but).order_by()
    keys = list(rows.values_list("message_id", flat=True).distinct()[:MOST_COMPARED])
    texts = dict(Message.objects.filter(pk__in=keys, deleted=False).values_list("pk", "text"))
    if not texts:
        return []
    ordered = sorted(texts)
    found = shingles([text, *(texts[key] for key in ordered)])
    import numpy as np

    others = np.arange(1, len(ordered) + 1)
    overlaps = jaccard(found, np.zeros_like(others), others)
    pairs = [(k, round(float(o), 4)) for k, o in zip(ordered, overlaps, strict=True)]
    near = [pair for pair in pairs if pair[1] >= THRESHOLD]
    return sorted(near, key=lambda pair: (-pair[1], pair[0]))


def remember(messages: Iterable[Message]) -> None:
    """Keep the signatures of texts in place of earlier ones; also for what is stored in bulk."""
    from manyvoices.collect.quality.models import TextBand

    own = list(messages)
    studies = dict(_studies(own))
    TextBand.objects.filter(message__in=[message.pk for message in own]).delete()
    found = bands_of([(row.text, studies[row.tree_id], row.language) for row in own])
    TextBand.objects.bulk_create(
        [
            TextBand(message=message, value=value)
            for message, values in zip(own, found, strict=True)
            for value in values
        ],
        batch_size=2000,
    )


def _studies(messages: list[Message]) -> Iterable[tuple[uuid.UUID, str]]:
    from manyvoices.collect.trees.models import Tree

    keys = {message.tree_id for message in messages}
    return Tree.objects.filter(pk__in=keys).values_list("pk", "study_id")


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
