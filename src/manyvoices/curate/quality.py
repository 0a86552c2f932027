"""Quality checks of people and of a whole study, as pure functions over records.

They are PRISM's (``run_worker_checks.py``, ``run_study_checks.py``), each with its reason in words,
and put right where they could not work:

- *Too fast* was "below the mean less three standard deviations", which is below zero as soon as the
  spread exceeds a third of the mean, so it never fired. Here times are compared on their logarithm
  with the median and the median absolute deviation.
- *Untouched sliders* were counted as values of exactly 50 in columns that did not exist, so the
  count was always 0. Here untouched is null, and null is counted.
- *A phone* was a reason to ask for a return. Sliders work by touch here, so it is none.
- *Pilot quotas* were compared with ``Series is True``, always false. Quotas are counted here.

Nothing is rejected by machine: a person's signals lead to a suggestion with its reasons.
"""

from __future__ import annotations

import enum
import math
import re
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from manyvoices.design import Study, SurveyStage
from manyvoices.schema import Answer, Conversation, Participant

PREFER_NOT_TO_SAY = "prefer not to say"
DEVIATIONS = 3.0
"""How far below the others a time must be to be too fast (in robust standard deviations)."""
LEAST_TO_COMPARE = 10
"""With fewer complete people, no time can be said to be unlike the others'."""


class Severity(enum.StrEnum):
    """What a signal asks for, in PRISM's words."""

    REJECT = "reject"
    INVESTIGATE = "investigate"
    RETURN = "return"


class Suggestion(enum.StrEnum):
    """What might be done about a submission; a person decides."""

    KEEP = "keep"
    APPROVE = "approve"
    CHECK = "check"
    REQUEST_RETURN = "request return"
    REJECT = "reject"
    LEAVE = "leave"
    APPROVE_DUPLICATE = "approve duplicate"


@dataclass(frozen=True, slots=True)
class Signal:
    """One check that somebody did not pass."""

    check: str
    severity: Severity
    reason: str


@dataclass(frozen=True, slots=True)
class Submission:
    """What the recruitment platform says of a person; every field may be unknown (None)."""

    status: str | None = None
    """``active``, ``approved``, ``rejected``, ``returned``, ``timed-out``, ``awaiting review``."""
    entered_code: str | None = None
    seconds: float | None = None
    """Time taken, as the platform measured it."""
    is_repeat: bool = False
    """Beside the one that counts for this person."""
    n_repeats: int = 0
    """How many more submissions the person has beside this one."""
    platform_study: str | None = None
    """The platform's id of the study, as the link said by which they came."""


@dataclass(frozen=True, slots=True)
class TextLength:
    """Mean lengths of what somebody wrote; None where they wrote nothing."""

    characters: float | None
    words: float | None
    sentences: float | None


@dataclass(frozen=True, slots=True)
class PersonQuality:
    """One person's signals and the values behind them."""

    participant_id: str
    simulated: bool
    signals: tuple[Signal, ...]
    suggestion: Suggestion
    included: bool
    """Whether PRISM would have kept their rows: a finished conversation, or a clean survey."""
    minutes: float | None
    """From consent to the end."""
    n_answers: int
    n_prefer_not_to_say: int
    n_untouched_scales: int
    survey_text: TextLength
    n_conversations: int
    """Finished ones."""
    mean_turns: float | None
    sd_turns: float | None
    """Population standard deviation; None for fewer than two conversations."""
    n_untouched_attributes: int
    feedback_text: TextLength
    status: str | None = None
    """What the recruitment platform says; None where there is none, or it was not asked."""
    platform_minutes: float | None = None
    """Time taken, as the platform measured it."""
    n_repeats: int = 0
    """More submissions of the same person; PRISM approved these as duplicates."""


@dataclass(frozen=True, slots=True)
class Talk:
    """What the checks need of one conversation."""

    conversation_type: str
    n_turns: int
    is_finished: bool
    n_attributes: int
    """Statements with a mark or with "does not apply"."""
    open_feedback: str | None


def talk_of(conversation: Conversation) -> Talk:
    """What the checks need of a conversation's record."""
    given = (conversation.performance_attributes, conversation.choice_attributes)
    return Talk(
        conversation.conversation_type,
        len(conversation.turns),
        conversation.finished_at is not None,
        sum(len(block) for block in given),
        conversation.open_feedback,
    )


@dataclass(frozen=True)
class PersonRecords:
    """Everything stored about one person."""

    participant: Participant
    answers: Sequence[Answer] = ()
    conversations: Sequence[Talk] = ()
    submission: Submission = field(default_factory=Submission)


@dataclass(frozen=True, slots=True)
class Peers:
    """What is usual in this study, to compare a person with."""

    least_minutes: float | None
    """Below this a time is unlike the others'; None where too few have finished."""
    n_of_pseudonym: Mapping[str, int]
    least_platform_minutes: float | None = None
    """As `least_minutes`, by the platform's clock."""


def peers(people: Sequence[PersonRecords]) -> Peers:
    """What is usual among `people`."""
    minutes = [m for p in people if (m := minutes_of(p.participant)) is not None]
    on_platform = [m for p in people if (m := _whole_stay(p.submission)) is not None]
    return Peers(
        least_usual(minutes),
        Counter(p.participant.participant_id for p in people),
        least_usual(on_platform),
    )


def _whole_stay(platform: Submission) -> float | None:
    """Minutes by the platform's clock; None where it measured no whole stay: of a returned place
    it tells how long it was held, which says nothing about work."""
    if platform.seconds is None or _status(platform) in {"returned", "active", "reserved"}:
        return None
    return platform.seconds / 60


def least_usual(minutes: Sequence[float]) -> float | None:
    """The time below which somebody was much faster than the others; None where unknown."""
    logs = [math.log(m) for m in minutes if m > 0]
    if len(logs) < LEAST_TO_COMPARE:
        return None
    middle = statistics.median(logs)
    spread = 1.4826 * statistics.median(abs(value - middle) for value in logs)
    return math.exp(middle - DEVIATIONS * spread) if spread else None


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
    signals = tuple(_signals(person, study, usual))
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


def minutes_of(participant: Participant) -> float | None:
    """From consent to the end; None for whoever is not at the end."""
    if participant.completed_at is None or participant.consented_at is None:
        return None
    return (participant.completed_at - participant.consented_at).total_seconds() / 60


def conversations_wanted(study: Study) -> int:
    """How many conversations the study asks each person for."""
    return sum(stage.n_conversations for _index, stage in study.conversation_stages())


def _signals(person: PersonRecords, study: Study, usual: Peers) -> Iterable[Signal]:
    who, platform = person.participant, person.submission
    code = study.recruitment.completion_code
    if platform.entered_code is not None and code and platform.entered_code != code:
        yield Signal(
            "completion code",
            Severity.INVESTIGATE,
            f"entered {platform.entered_code}, the study's is {code}",
        )
    declared = study.recruitment.platform_studies
    if declared and platform.platform_study not in (None, *declared):
        came = platform.platform_study or "no study"
        yield Signal(
            "platform study",
            Severity.INVESTIGATE,
            f"came by a link of {came} on the platform, declared is {' or '.join(declared)}",
        )
    took, least = _whole_stay(platform), usual.least_platform_minutes
    if took is not None and least is not None and took < least:
        yield Signal(
            "time on the platform",
            Severity.REJECT,
            f"took {took:.1f} min by the platform's clock; below {least:.1f} min is unlike the"
            " others",
        )
    if usual.n_of_pseudonym.get(who.participant_id, 1) > 1:
        yield Signal("one record", Severity.INVESTIGATE, "the same pseudonym is on several records")
    if who.consent_version is None or who.consented_at is None:
        yield Signal("consent", Severity.REJECT, "no consent is recorded")
    if (age := _age(person)) is not None and age < study.consent.minimum_age:
        yield Signal(
            "age",
            Severity.REJECT,
            f"says to be {age:g}, at least {study.consent.minimum_age} is asked for",
        )
    minutes = minutes_of(who)
    if minutes is not None and usual.least_minutes is not None and minutes < usual.least_minutes:
        yield Signal(
            "time",
            Severity.REJECT,
            f"took {minutes:.1f} min; below {usual.least_minutes:.1f} min is unlike the others",
        )
    surveys = any(True for _index, _stage in study.surveys())
    if surveys and not person.answers:
        yield Signal("survey", Severity.RETURN, "no answer to any survey question")
    wanted = conversations_wanted(study)
    done = sum(c.is_finished for c in person.conversations)
    if wanted and not person.conversations:
        yield Signal("conversations", Severity.RETURN, "no conversation was begun")
    elif done < wanted:
        yield Signal(
            "conversations", Severity.INVESTIGATE, f"finished {done} of {wanted} conversations"
        )
    yield from _attention(person, study)


def _age(person: PersonRecords) -> float | None:
    """The age given to a question called ``age``: a number, or the start of a group (18-24)."""
    for answer in person.answers:
        if answer.question_id == "age" and isinstance(answer.value, str | int | float):
            found = re.match(r"(under\s+)?(\d+)", str(answer.value).strip().lower())
            if found:
                return float(found[2]) - (1 if found[1] else 0)
    return None


def _attention(person: PersonRecords, study: Study) -> Iterable[Signal]:
    answers = {(a.survey, a.question_id): a.value for a in person.answers}
    for _index, stage in study.surveys():
        for page in stage.pages:
            for question in page.questions:
                check = getattr(question, "check", None)
                if check is None or (stage.id, question.id) not in answers:
                    continue
                if not check.passes(answers[stage.id, question.id]):
                    yield Signal(
                        "attention",
                        Severity.REJECT,
                        f"{question.id}: not answered as asked, after {check.tries} tries",
                    )


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


def _status(platform: Submission) -> str:
    """The platform's word, however it is spelled; empty where there is none."""
    return (platform.status or "").lower().replace("_", " ").replace("-", " ").strip()


def is_approved(person: PersonQuality) -> bool:
    """Whether the platform has this person's submission as approved."""
    return _status(Submission(person.status)) in {"approved", "partially approved"}


def suggest(platform: Submission, done: int, wanted: int, signals: Sequence[Signal]) -> Suggestion:
    """What PRISM's team did about a submission in each state (its decision table).

    Without a platform's status a person counts as awaiting review.
    """
    status = _status(platform) or "awaiting review"
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
