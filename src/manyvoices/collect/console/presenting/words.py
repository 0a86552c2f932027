"""Numbers, times, steps and failures in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from manyvoices.collect.comparisons.models import OTHER_LANGUAGE
from manyvoices.collect.console.filters import Done
from manyvoices.collect.console.numbers import number
from manyvoices.design import ConversationsStage, Study, SurveyStage
from manyvoices.design.comparisons.stage import ComparisonsStage
from manyvoices.design.journey import Step
from manyvoices.llm import FailureKind


@dataclass(frozen=True)
class StudyStep:
    """One thing to do in a study, after consent."""

    done: Done
    label: str


def duration(value: timedelta | None) -> str:
    """A length of time, as coarse as it is long; empty where there is none."""
    if value is None:
        return ""
    seconds = max(round(value.total_seconds()), 0)
    if seconds < 60:
        return _("%(seconds)s s") % {"seconds": number(seconds)}
    minutes = round(seconds / 60)
    if minutes < 60:
        return _("%(minutes)s min") % {"minutes": number(minutes)}
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
    return ngettext("%(days)d day", "%(days)d days", hours // 24) % {"days": hours // 24}


def latency(milliseconds: float | None) -> str:
    """A waiting time in seconds; empty where none was measured."""
    if milliseconds is None:
        return ""
    return _("%(seconds)s s") % {"seconds": number(milliseconds / 1000, 2)}


def failure(kind: str) -> str:
    """Why there is no answer."""
    words = {
        FailureKind.TIMEOUT: _("did not answer in time"),
        FailureKind.RATE_LIMITED: _("too many requests at once"),
        FailureKind.UNREACHABLE: _("endpoint not reached"),
        FailureKind.HTTP_ERROR: _("endpoint reported an error"),
        FailureKind.MALFORMED: _("answer not understood"),
        FailureKind.EMPTY: _("empty answer"),
        FailureKind.TOO_LARGE: _("answer too large"),
        FailureKind.NOT_RECORDED: _("nothing recorded to replay"),
        FailureKind.ABANDONED: _("given up by the server"),
        FailureKind.REFUSED_CREDENTIALS: _("credentials refused"),
        FailureKind.MISCONFIGURED: _("request not possible as configured"),
    }
    known = {str(member.value): text for member, text in words.items()}
    known[OTHER_LANGUAGE] = _("answered in another language")
    return known.get(kind, kind)


def steps(spec: Study) -> list[StudyStep]:
    """Everything that there is to do after consent, in order."""
    found: list[StudyStep] = []
    for index, stage in enumerate(spec.stages):
        if isinstance(stage, SurveyStage):
            found += [
                StudyStep(Done("survey", index, page), _("Survey: %(page)s") % {"page": p.title})
                for page, p in enumerate(stage.pages)
            ]
        elif isinstance(stage, ConversationsStage):
            found += [
                StudyStep(Done("conversation", index, n), _conversation(n, stage))
                for n in range(1, stage.n_conversations + 1)
            ]
        elif isinstance(stage, ComparisonsStage):
            found.append(StudyStep(Done("comparisons", index, stage.count), _compared(stage)))
    return found


def _conversation(n: int, stage: ConversationsStage) -> str:
    return _("Conversation %(number)d of %(total)d") % {"number": n, "total": stage.n_conversations}


def _compared(stage: ComparisonsStage) -> str:
    return _("Comparisons, at most %(total)d") % {"total": stage.at_most}


def place(step: Step, spec: Study, n_held: int) -> str:
    """Where a participant is. `n_held`: conversations begun in the step's stage."""
    if step.kind == "done":
        return _("At the end")
    stage = spec.stages[step.stage]
    if isinstance(stage, SurveyStage) and step.page is not None:
        return _("Survey: %(page)s") % {"page": stage.pages[step.page].title}
    if isinstance(stage, ConversationsStage):
        if step.conversation is not None:
            return _conversation(step.conversation, stage)
        return _("Before conversation %(number)d of %(total)d") % {
            "number": n_held + 1,
            "total": stage.n_conversations,
        }
    if isinstance(stage, ComparisonsStage):
        return _compared(stage)
    return _("Consent")


def type_label(spec: Study | None, type_name: str) -> str:
    """A conversation type as people read it; its name where the protocol no longer has it."""
    for _index, stage in spec.conversation_stages() if spec else ():
        if type_name in stage.types:
            return stage.types[type_name].label or type_name
    return type_name
