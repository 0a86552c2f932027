"""Everybody's signals, the values behind them, and what might be done."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Sequence

from manyvoices.curate.quality.records import (
    PersonQuality,
    PersonRecords,
    Severity,
    Signal,
    Submission,
    Suggestion,
    Talk,
    TextLength,
    status_of,
)
from manyvoices.curate.quality.signals import conversations_wanted, signals_of
from manyvoices.curate.quality.usual import Peers, minutes_of, peers
from manyvoices.design import Study, SurveyStage

PREFER_NOT_TO_SAY = "prefer not to say"


def check_people(people: Iterable[PersonRecords], study: Study) -> tuple[PersonQuality, ...]:
    """Check everybody, each compared with all others of the same kind (people, or simulated)."""
    everybody = list(people)
    usual = {
        kind: peers([p for p in everybody if p.participant.simulated is kind])
        for kind in (False, True)
    }
    return tuple(check_person(p, study, usual[p.participant.simulated]) for p in everybody)


def check_person(person: PersonRecords, study: Study, usual: Peers) -> PersonQuality:
    """One person's signals, values and the suggestion that follows from them."""
    signals = tuple(signals_of(person, study, usual))
    finished = [c for c in person.conversations if c.is_finished]
    turns = [c.n_turns for c in finished]
    texts = [a.value for a in person.answers if a.kind == "text" and isinstance(a.value, str)]
    done = len(finished)
    wanted = conversations_wanted(study)
    return PersonQuality(
        participant_id=person.participant.participant_id,
        simulated=person.participant.simulated,
        signals=signals,
        suggestion=suggest(person.submission, done, wanted, signals),
        included=bool(done) or (not signals and _finished_surveys(person, study)),
        minutes=minutes_of(person.participant),
        n_answers=len(person.answers),
        n_prefer_not_to_say=sum(_prefers_not(a.value) for a in person.answers),
        n_untouched_scales=sum(_untouched(a.value) for a in person.answers),
        survey_text=text_length(texts),
        n_conversations=done,
        mean_turns=statistics.fmean(turns) if turns else None,
        sd_turns=statistics.pstdev(turns) if len(turns) > 1 else None,
        n_untouched_attributes=sum(_untouched_attributes(c, study) for c in finished),
        feedback_text=text_length([c.open_feedback for c in finished if c.open_feedback]),
        status=person.submission.status,
        platform_minutes=None if (s := person.submission.seconds) is None else s / 60,
        n_repeats=person.submission.n_repeats,
    )


def suggest(platform: Submission, done: int, wanted: int, signals: Sequence[Signal]) -> Suggestion:
    """What PRISM's team did about a submission in each state (its decision table).

    Without a platform's status a person counts as awaiting review.
    """
    status = status_of(platform) or "awaiting review"
    rejects = sum(s.severity is Severity.REJECT for s in signals)
    returns = sum(s.severity is Severity.RETURN for s in signals)
    enough = done >= wanted
    if platform.is_repeat:
        return Suggestion.APPROVE_DUPLICATE
    if status in {"active", "approved", "rejected"}:
        return Suggestion.KEEP
    if status == "returned":
        clean = enough and not rejects and returns <= 1
        return Suggestion.APPROVE if clean else Suggestion.LEAVE
    if status == "timed out":
        return Suggestion.APPROVE if enough and not signals else Suggestion.REJECT
    if enough and not signals:
        return Suggestion.APPROVE
    if returns and not rejects:
        return Suggestion.REQUEST_RETURN
    return Suggestion.REJECT if rejects or not enough else Suggestion.CHECK


def is_approved(person: PersonQuality) -> bool:
    """Whether the platform has this person's submission as approved."""
    return status_of(Submission(person.status)) in {"approved", "partially approved"}


def _finished_surveys(person: PersonRecords, study: Study) -> bool:
    asked = {s.id for s in study.stages if isinstance(s, SurveyStage)}
    return asked <= {answer.survey for answer in person.answers}


def _prefers_not(value: object) -> bool:
    values = value if isinstance(value, list) else [value]
    return any(isinstance(v, str) and v.strip().lower() == PREFER_NOT_TO_SAY for v in values)


def _untouched(value: object) -> int:
    return sum(mark is None for mark in value.values()) if isinstance(value, dict) else 0


def _untouched_attributes(conversation: Talk, study: Study) -> int:
    """Statements without a mark; "does not apply" is an answer and not counted."""
    wanted = 0
    for _index, stage in study.conversation_stages():
        if conversation.conversation_type in stage.types:
            blocks = (stage.feedback.performance, stage.feedback.choice)
            wanted = sum(len(block.items) for block in blocks if block is not None)
            break
    return max(wanted - conversation.n_attributes, 0)


def text_length(texts: Sequence[str]) -> TextLength:
    """Mean characters, words and sentences per text."""
    if not texts:
        return TextLength(None, None, None)
    sentences = [len([s for s in re.split(r"[.!?。！？؟]+", text) if s.strip()]) for text in texts]
    return TextLength(
        statistics.fmean(len(text) for text in texts),
        statistics.fmean(len(text.split()) for text in texts),
        statistics.fmean(sentences),
    )
