"""From reviewers' answers to decisions: what they agree on holds, the rest waits for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from manyvoices.schema.errors import DataError, Fault
from manyvoices.schema.reviews import ReviewAnswer, ReviewDecision, ReviewKind, ReviewLine

DECIDING: Mapping[str, bool] = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class Merged:
    """What a review came to."""

    review: ReviewKind
    reviewers: tuple[str, ...]
    answers: tuple[tuple[ReviewAnswer, ...], ...]
    """One tuple for each text that every reviewer has answered: their answers, in their order."""
    decisions: tuple[ReviewDecision, ...]
    """One for each text that anybody has answered, by ``instance_id``."""
    open: tuple[ReviewLine, ...]
    """Texts that are not decided, as lines for a settling file, with everybody's notes."""
    n_unanswered: int
    """Texts without any answer."""


def merge_reviews(
    reviews: Sequence[Sequence[ReviewLine]], settled: Sequence[ReviewLine] = ()
) -> Merged:
    """Merge one or two reviewers' files; `settled` decides what they did not agree on.

    A text is decided where all who answered it, at least one, say yes or all say no. "Cannot tell"
    decides nothing.

    Raises:
        DataError: Files are empty, of different reviews, or of one and the same reviewer.
    """
    kind, names = _check(reviews, settled)
    known = {line.instance_id: line for review in reviews for line in review}
    given = [{line.instance_id: line for line in review if line.answer} for review in reviews]
    rulings = {line.instance_id: line for line in settled if line.answer in DECIDING}
    decisions, still_open, complete = [], [], []
    for key in sorted(known):
        answered = {
            name: lines[key] for name, lines in zip(names, given, strict=True) if key in lines
        }
        if not answered:
            continue
        decision = _decide(kind, key, answered, rulings.get(key))
        decisions.append(decision)
        if len(answered) == len(names):
            complete.append(tuple(decision.answers.values()))
        if decision.decision is None:
            still_open.append(_to_settle(known[key], answered))
    n_unanswered = len(known) - len(decisions)
    return Merged(kind, names, tuple(complete), tuple(decisions), tuple(still_open), n_unanswered)


def _decide(
    kind: ReviewKind, key: str, answered: Mapping[str, ReviewLine], ruling: ReviewLine | None
) -> ReviewDecision:
    answers = {name: line.answer for name, line in answered.items() if line.answer}
    said = set(answers.values())
    decision = DECIDING.get(next(iter(said))) if len(said) == 1 else None
    settled_by = None
    if decision is None and ruling is not None and ruling.answer is not None:
        decision, settled_by = DECIDING[ruling.answer], ruling.reviewer
    return ReviewDecision(
        review=kind, instance_id=key, decision=decision, answers=answers, settled_by=settled_by
    )


def _to_settle(line: ReviewLine, answered: Mapping[str, ReviewLine]) -> ReviewLine:
    said = [
        f"{name}: {one.answer}" + (f" ({one.note})" if one.note else "")
        for name, one in answered.items()
    ]
    return ReviewLine(
        review=line.review,
        reviewer="+".join(answered),
        instance_id=line.instance_id,
        column_id=line.column_id,
        said="; ".join(said),
        text=line.text,
    )


def _check(
    reviews: Sequence[Sequence[ReviewLine]], settled: Sequence[ReviewLine]
) -> tuple[ReviewKind, tuple[str, ...]]:
    faults = []
    if not 1 <= len(reviews) <= 2 or not all(reviews):
        faults.append(Fault("--merge", None, "", "no line in a file", "one or two filled files"))
        raise DataError(faults)
    kinds = {review[0].review for review in (*reviews, *([settled] if settled else []))}
    names = tuple(review[0].reviewer for review in reviews)
    if len(kinds) > 1:
        faults.append(Fault("--merge", None, "review", ", ".join(sorted(kinds)), "one kind"))
    if "refusal" in kinds:
        hint = "manyvoices evaluate refusals reads these files (people.files)"
        faults.append(Fault("--merge", None, "review", "refusal", "yes and no", hint))
    if len(set(names)) < len(names):
        faults.append(Fault("--merge", None, "reviewer", f"{names[0]} twice", "two people"))
    if faults:
        raise DataError(faults)
    return cast(ReviewKind, reviews[0][0].review), names
