"""How far the sides of a comparison are, and in which language a message is."""

from __future__ import annotations

from datetime import datetime

from manyvoices.collect.comparisons import queries
from manyvoices.collect.comparisons.models import Exchange
from manyvoices.curate.language import load_model
from manyvoices.curate.language_match import LETTERS, SURE
from manyvoices.curate.language_models import UNDETERMINED
from manyvoices.design.comparisons.talking import SidesState


def state_of(exchange: Exchange, *, now: datetime) -> SidesState:
    """How far the answers to a message are; they need to be loaded."""
    if queries.is_readable(exchange):
        return SidesState.COMPLETE
    return SidesState.FAILED if queries.has_failed(exchange, now=now) else SidesState.WAITING


def language_shown(text: str) -> str | None:
    """The language that a message plainly is in (ISO 639); None where it says too little."""
    if sum(map(str.isalpha, text)) < LETTERS:
        return None
    guesses = load_model().guess([text])
    label, sure = guesses.labels[0], float(guesses.confidences[0])
    return label if label != UNDETERMINED and sure >= SURE else None
