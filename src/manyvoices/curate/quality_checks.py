"""Every quality check by name: how many did not pass it, or why it says nothing in this study.

PRISM's checks of its workers come from three places: the recruitment platform, the survey and the
conversations. A study to which people come by an open link has no platform that could tell
anything, and that is said rather than counted as "nobody failed".
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from manyvoices.curate.quality import PersonQuality, PersonRecords, Severity
from manyvoices.design import Study

About = Literal["platform", "survey", "conversations"]
Silence = Literal[
    "", "no_platform", "platform_not_asked", "not_declared", "no_survey", "no_question",
    "no_conversations", "no_age", "works_by_touch",
]  # fmt: skip
"""Why a check says nothing; empty = it does."""

WORDS: dict[Silence, str] = {
    "no_platform": "not applicable: people come by no recruitment platform",
    "platform_not_asked": "not known: `manyvoices recruit reconcile` has not asked the platform",
    "not_declared": "not applicable: the study declares nothing to compare with",
    "no_survey": "not applicable: the study has no survey",
    "no_question": "not applicable: no question has a correct answer",
    "no_conversations": "not applicable: the study has no conversations",
    "no_age": "not applicable: the survey has no question `age`",
    "works_by_touch": "not applicable: scales work by touch, so a phone is no reason for a return",
}


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One check over a whole study."""

    check: str
    """As the signals name it."""
    about: About
    asks_for: tuple[str, ...]
    """What a person who does not pass is suggested for, or how grave it is."""
    n: int | None
    """People who did not pass; None where the check says nothing here."""
    silent: Silence = ""

    @property
    def words(self) -> str:
        """The number, or why there is none."""
        return str(self.n) if not self.silent else WORDS[self.silent]


_CHECKS: tuple[tuple[str, About, tuple[str, ...]], ...] = (
    ("completion code", "platform", (Severity.INVESTIGATE,)),
    ("platform study", "platform", (Severity.INVESTIGATE,)),
    ("time on the platform", "platform", (Severity.REJECT,)),
    ("repeats", "platform", ("approve duplicate",)),
    ("one record", "survey", (Severity.INVESTIGATE,)),
    ("consent", "survey", (Severity.REJECT,)),
    ("age", "survey", (Severity.REJECT,)),
    ("survey", "survey", (Severity.RETURN,)),
    ("time", "survey", (Severity.REJECT,)),
    ("attention", "survey", (Severity.REJECT,)),
    ("phone", "survey", (Severity.RETURN,)),
    ("conversations", "conversations", (Severity.RETURN, Severity.INVESTIGATE)),
)


def check_lines(
    study: Study, people: Sequence[PersonRecords], checked: Sequence[PersonQuality]
) -> tuple[CheckLine, ...]:
    """Every check in order, over `checked`, which came from `people`."""
    failed = Counter(check for person in checked for check in {s.check for s in person.signals})
    failed["repeats"] = sum(person.n_repeats > 0 for person in checked)
    silent = {name: _silent(name, about, study, people) for name, about, _asks in _CHECKS}
    return tuple(
        CheckLine(name, about, asks, None if silent[name] else failed[name], silent[name])
        for name, about, asks in _CHECKS
    )


def _silent(name: str, about: About, study: Study, people: Sequence[PersonRecords]) -> Silence:
    if about == "platform":
        return _silent_platform(name, study, people)
    surveys = [stage for _index, stage in study.surveys()]
    questions = [q for stage in surveys for page in stage.pages for q in page.questions]
    if name == "phone":
        return "works_by_touch"
    if name == "survey" and not surveys:
        return "no_survey"
    if name == "age" and all(question.id != "age" for question in questions):
        return "no_age"
    if name == "attention" and all(getattr(q, "check", None) is None for q in questions):
        return "no_question"
    if name == "conversations" and not any(True for _stage in study.conversation_stages()):
        return "no_conversations"
    return ""


def _silent_platform(name: str, study: Study, people: Sequence[PersonRecords]) -> Silence:
    rules = study.recruitment
    asked = any(person.submission.status is not None for person in people)
    if rules.provider != "prolific" and not asked:
        return "no_platform"
    if name == "platform study":  # Comes with the link, not from the platform's list.
        return "" if rules.platform_studies else "not_declared"
    if not asked:
        return "platform_not_asked"
    if name == "completion code" and not rules.completion_code:
        return "not_declared"
    return ""


NOT_ANSWERED = "not answered"


def minutes_by_group(
    people: Sequence[PersonRecords], checked: Sequence[PersonQuality], question: str
) -> tuple[dict[str, list[float]], dict[str, int]]:
    """Minutes of whoever is complete, and how many began, by their answer to `question`.

    Bots of a rehearsal are in neither: cost is of people.
    """
    minutes: dict[str, list[float]] = defaultdict(list)
    begun: Counter[str] = Counter()
    for records, found in zip(people, checked, strict=True):
        if found.simulated:
            continue
        values = [a.value for a in records.answers if a.question_id == question]
        name = str(values[-1]) if values and values[-1] is not None else NOT_ANSWERED
        begun[name] += 1
        if found.minutes is not None:
            minutes[name].append(found.minutes)
    return dict(minutes), dict(begun)
