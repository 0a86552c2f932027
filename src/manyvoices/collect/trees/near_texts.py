"""Texts that are nearly alike, by MinHash over word triples (`curate.checks_shingles`).

Twenty numbers of each text are kept in an indexed table, so a look-up costs the same however many
texts there are.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable, Sequence

import numpy as np

from manyvoices.collect.quality.models import TextBand
from manyvoices.collect.trees.models import Message, Tree
from manyvoices.curate.checks_shingles import jaccard, shingles, signatures

THRESHOLD = 0.8
"""Share of word triples in common from which two texts are nearly alike."""
LEAST_WORDS = 5
"""Shorter texts are alike by chance, and their language is a guess."""
LEAST_CHARACTERS = 20
"""The same where words are not written apart."""
MOST_COMPARED = 50


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
    others = np.arange(1, len(ordered) + 1)
    overlaps = jaccard(found, np.zeros_like(others), others)
    pairs = [(k, round(float(o), 4)) for k, o in zip(ordered, overlaps, strict=True)]
    near = [pair for pair in pairs if pair[1] >= THRESHOLD]
    return sorted(near, key=lambda pair: (-pair[1], pair[0]))


def remember(messages: Iterable[Message]) -> None:
    """Keep the signatures of texts in place of earlier ones; also for what is stored in bulk."""
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
    keys = {message.tree_id for message in messages}
    return Tree.objects.filter(pk__in=keys).values_list("pk", "study_id")
