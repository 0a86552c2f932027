"""How far the sides of a comparison are, and what follows once all of them have settled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from manyvoices.collect.comparisons.models import Comparison, Exchange, SideAnswer
from manyvoices.curate.language import load_model
from manyvoices.curate.language_match import LETTERS, SURE
from manyvoices.curate.language_models import UNDETERMINED
from manyvoices.design.comparisons.talking import SidesState, sides_state
from manyvoices.design.dialogue import Candidate
from manyvoices.schema.comparisons import ComparisonVerdict


def candidates(answers: Sequence[SideAnswer]) -> list[Candidate]:
    """Answers as the rules see them."""
    return [
        Candidate(key=str(a.position), text=a.text, failed=a.failure is not None) for a in answers
    ]


def state_of(exchange: Exchange, answers: Sequence[SideAnswer], *, now: datetime) -> SidesState:
    """How far the current answers to a message are."""
    return sides_state(candidates(answers), now=now, deadline=exchange.deadline_at)


def settle(exchange: Exchange, *, now: datetime) -> None:
    """Store what follows from the answers to `exchange`, once there is one of every side or none
    will come. Call with the participant locked, in the transaction that stores the last of them."""
    comparison = exchange.comparison
    if comparison.is_over:
        return
    answers = list(exchange.answers.filter(attempt=exchange.attempt))
    state = sides_state(candidates(answers), now=now, deadline=None)
    if state is SidesState.COMPLETE:
        comparison.shown_at = now
        comparison.save(update_fields=["shown_at"])
    elif state is SidesState.FAILED and not _may_be_asked_again(comparison, answers):
        fail(comparison)


def _may_be_asked_again(comparison: Comparison, answers: Sequence[SideAnswer]) -> bool:
    """In an arena people may always ask again: their words are at stake. A prompt of the set is
    asked again where no side answered; else another comparison takes the place of this."""
    return comparison.source == "arena" or not any(c.answered for c in candidates(answers))


def fail(comparison: Comparison) -> None:
    """Nothing stands against something: nobody is asked, and it counts for nobody."""
    comparison.verdict = ComparisonVerdict.FAILED
    comparison.save(update_fields=["verdict"])


def language_shown(text: str) -> str | None:
    """The language that a message plainly is in (ISO 639); None where it says too little."""
    if sum(map(str.isalpha, text)) < LETTERS:
        return None
    guesses = load_model().guess([text])
    label, sure = guesses.labels[0], float(guesses.confidences[0])
    return label if label != UNDETERMINED and sure >= SURE else None
