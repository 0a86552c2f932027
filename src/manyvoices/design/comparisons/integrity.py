"""Signs that a verdict was not given with care, or not by a person who reads: evidence, no proof.

A vote that shows one of them is set aside by that rule's name (`Comparison.quarantined`). It is
kept, marked and counted, and a moderator may give it back. Nobody is told of it, and nobody is shut
out for it. A figure that is not known speaks against nobody.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from manyvoices.design.comparisons.stage import ComparisonsStage, Integrity
from manyvoices.design.protocol import Recruitment
from manyvoices.schema import Json

TOO_FAST, TOO_MANY = "too_fast", "too_many"
REPEATED_PROMPT, ONE_SIDED = "repeated_prompt", "one_sided"
BUSY_ADDRESS = "busy_address"
"""By what others did from the same network address: not among `signs`, which look at one person."""
BY_HAND = "by_hand"
"""Set aside by a moderator, for a reason that they wrote."""
HOUR = timedelta(hours=1)
PER_ADDRESS = 120
"""Verdicts within an hour: of two who work as fast as `Integrity.most_per_hour` lets them."""
LEAST_NAME = 4
"""Letters and digits of a name by which a model can be known in a text."""


@dataclass(frozen=True, slots=True)
class Vote:
    """One verdict of one person, as far as the rule looks at it."""

    at: datetime
    """When it was stored."""
    seconds: float | None = None
    """From the moment when all answers were there to read; None = not known."""
    words: int = 0
    """In the last answers before the verdict: those from which `seconds` is counted."""
    place: int | None = None
    """0-based place that was preferred to all others; None with a tie, and without a choice."""
    prompt: str | None = None
    """What the person wrote first; None where the prompt was given."""
    names_told: int = 0
    """Answers that name a model: the person may have known whom they judged."""


def signs(vote: Vote, earlier: Iterable[Vote], rule: Integrity) -> tuple[str, ...]:
    """By which rules `vote` is set aside; empty = by none.

    `earlier`: the other votes of this person in this stage, set aside or not, in any order; what
    is later than `vote` is not looked at.
    """
    before = _until(vote, earlier)
    found = {
        TOO_FAST: vote.seconds is not None and vote.seconds < rule.min_seconds,
        TOO_MANY: _within_the_hour(vote, before) > rule.most_per_hour,
        REPEATED_PROMPT: _alike(vote, before) > rule.repeated_prompts,
        ONE_SIDED: _run(vote, before) >= rule.one_sided,
    }
    return tuple(name for name, holds in found.items() if holds)


def most_per_address(stage: ComparisonsStage, recruitment: Recruitment) -> int | None:
    """Verdicts from one network address in an hour that count; None = as many as come.

    By default there is a limit only where somebody without a cookie is a new person who brings
    their own prompts: a laboratory or a class of invited people shares one address by right.
    """
    if stage.integrity.most_per_address is not None:
        return stage.integrity.most_per_address
    anyone_comes = stage.source == "arena" and recruitment.provider == "open"
    return PER_ADDRESS if anyone_comes else None


def evidence(vote: Vote, earlier: Iterable[Vote]) -> dict[str, Json]:
    """The figures behind `signs`, kept with every vote.

    ``seconds`` and ``words_per_second`` only where they are known; ``prompts_alike`` only where
    the person wrote the prompt; ``names_told`` only where a name was told.
    """
    before = _until(vote, earlier)
    found: dict[str, Json] = {
        "words": vote.words,
        "votes_in_the_hour": _within_the_hour(vote, before),
        "same_place_in_a_row": _run(vote, before),
    }
    if vote.seconds is not None:
        found["seconds"] = round(vote.seconds, 1)
        if vote.seconds > 0:
            found["words_per_second"] = round(vote.words / vote.seconds, 1)
    if vote.prompt is not None:
        found["prompts_alike"] = _alike(vote, before)
    if vote.names_told:
        found["names_told"] = vote.names_told
    return found


def normalised(prompt: str) -> str:
    """A prompt as it is compared: NFKC, case folded, words only; white space and signs alone where
    it holds no word."""
    folded = unicodedata.normalize("NFKC", prompt).casefold()
    # Marks belong to the letters before them: without them Hindi or Arabic prompts fall together.
    words = "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in folded)
    return " ".join(words.split()) or " ".join(folded.split())


def names_told(texts: Iterable[str], names: Iterable[str]) -> int:
    """How many of `texts` hold one of `names`, however it is written; short names are no sign."""
    long = [name for name in names if sum(map(str.isalnum, name)) >= LEAST_NAME]
    wanted = {f" {normalised(name)} " for name in long}
    return sum(any(name in f" {normalised(text)} " for name in wanted) for text in texts)


def _until(vote: Vote, others: Iterable[Vote]) -> list[Vote]:
    return sorted((v for v in others if v.at <= vote.at), key=lambda v: v.at)


def _within_the_hour(vote: Vote, before: Sequence[Vote]) -> int:
    return 1 + sum(v.at > vote.at - HOUR for v in before)


def _alike(vote: Vote, before: Sequence[Vote]) -> int:
    if vote.prompt is None:
        return 0
    own = normalised(vote.prompt)
    return 1 + sum(v.prompt is not None and normalised(v.prompt) == own for v in before)


def _run(vote: Vote, before: Sequence[Vote]) -> int:
    """How many votes in a row, this one the last, preferred its place."""
    if vote.place is None:
        return 0
    length = 1
    for one in reversed(before):
        if one.place != vote.place:
            break
        length += 1
    return length
