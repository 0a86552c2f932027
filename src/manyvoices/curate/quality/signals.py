"""The checks of one person, each a signal with its reason in words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from manyvoices.curate.quality.records import PersonRecords, Severity, Signal
from manyvoices.curate.quality.usual import Peers, minutes_of, whole_stay
from manyvoices.design import Study


def signals_of(person: PersonRecords, study: Study, usual: Peers) -> Iterator[Signal]:
    """What somebody did not pass, compared with what is usual among people like them."""
    yield from _platform(person, study, usual)
    yield from _record(person, study, usual)
    yield from _time(person, usual)
    yield from _work(person, study)
    yield from _attention(person, study)


def conversations_wanted(study: Study) -> int:
    """How many conversations the study asks each person for."""
    return sum(stage.n_conversations for _index, stage in study.conversation_stages())


def _platform(person: PersonRecords, study: Study, usual: Peers) -> Iterator[Signal]:
    """Where the recruitment platform and the study differ, and a stay that was too short."""
    platform, code = person.submission, study.recruitment.completion_code
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
    took, least = whole_stay(platform), usual.least_platform_minutes
    if took is not None and least is not None and took < least:
        yield Signal(
            "time on the platform",
            Severity.REJECT,
            f"took {took:.1f} min by the platform's clock; below {least:.1f} min is unlike the"
            " others",
        )


def _record(person: PersonRecords, study: Study, usual: Peers) -> Iterator[Signal]:
    """One record, a consent, an age that may take part."""
    who = person.participant
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


def _time(person: PersonRecords, usual: Peers) -> Iterator[Signal]:
    minutes = minutes_of(person.participant)
    if minutes is not None and usual.least_minutes is not None and minutes < usual.least_minutes:
        yield Signal(
            "time",
            Severity.REJECT,
            f"took {minutes:.1f} min; below {usual.least_minutes:.1f} min is unlike the others",
        )


def _work(person: PersonRecords, study: Study) -> Iterator[Signal]:
    """A survey and the conversations, as many as the study asks for."""
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


def _age(person: PersonRecords) -> float | None:
    """The age given to a question called ``age``: a number, or the start of a group (18-24)."""
    for answer in person.answers:
        if answer.question_id == "age" and isinstance(answer.value, str | int | float):
            found = re.match(r"(under\s+)?(\d+)", str(answer.value).strip().lower())
            if found:
                return float(found[2]) - (1 if found[1] else 0)
    return None


def _attention(person: PersonRecords, study: Study) -> Iterator[Signal]:
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
