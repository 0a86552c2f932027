"""The page of quality checks: who stands out and why, what the study costs, what people earn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.urls import reverse
from django.utils.translation import gettext as _

from manyvoices.collect.console.numbers import number, percent
from manyvoices.collect.studies.models import Study
from manyvoices.curate.quality import PersonQuality, PersonRecords, check_people, is_approved
from manyvoices.curate.quality_checks import CheckLine, check_lines
from manyvoices.curate.quality_cost import StudyCost, Terms, study_cost

PAGE_SIZE = 50
FIELDS = ("reward", "fee", "vat", "extra", "least_hourly")
PERCENT = {"fee", "vat"}
MOST = 1e9


@dataclass(frozen=True)
class TermField:
    """One amount of the form that says what is paid."""

    name: str
    label: str
    value: str


@dataclass(frozen=True)
class FlagRow:
    """One person who did not pass every check."""

    pseudonym: str
    url: str
    simulated: bool
    reasons: list[tuple[str, str]]
    """(what it asks for, why)."""
    suggestion: str
    values: str


@dataclass(frozen=True)
class CheckRow:
    """One check over the whole study."""

    name: str
    asks_for: str
    n: str
    """People who did not pass; empty where the check says nothing here."""
    silent: str
    """Why it says nothing."""


@dataclass(frozen=True)
class QualityPage:
    terms: list[TermField]
    cost: list[tuple[str, str]]
    pay: str
    checks: list[CheckRow]
    """Every check there is."""
    n_people: int
    n_flagged: int
    rows: Page[FlagRow]


def read_terms(query: Mapping[str, str]) -> Terms:
    """What is paid, from the address; what makes no sense there is left at its default."""
    given: dict[str, float] = {}
    for name in FIELDS:
        try:
            value = float(query.get(name, "").replace(",", "."))
        except ValueError:
            continue
        if 0 <= value <= MOST:
            given[name] = value / 100 if name in PERCENT else value
    return Terms(**given)


def quality_page(
    study: Study, people: Sequence[PersonRecords], terms: Terms, *, number: str | None
) -> QualityPage:
    """Everything on the page; cost is of people only."""
    spec = study.current.spec
    checked = check_people(people, spec)
    real = [person for person in checked if not person.simulated]
    cost = study_cost(
        [person.minutes for person in real if person.minutes is not None],
        n_begun=len(real),
        terms=terms,
        n_wanted=spec.recruitment.places,
        approved=[p.minutes for p in real if p.minutes is not None and is_approved(p)],
    )
    flagged = [person for person in checked if person.signals]
    listed = Paginator([_row(study.pk, person) for person in flagged], PAGE_SIZE)
    return QualityPage(
        terms=_terms(terms),
        cost=_cost(cost),
        pay=_pay(cost, terms),
        checks=[_check(line) for line in check_lines(spec, people, checked)],
        n_people=len(checked),
        n_flagged=len(flagged),
        rows=listed.get_page(number),
    )


def _terms(terms: Terms) -> list[TermField]:
    labels = {
        "reward": _("Reward per person"),
        "fee": _("Fee, % of the reward"),
        "vat": _("Tax, % of the fee"),
        "extra": _("Paid once"),
        "least_hourly": _("Least pay per hour"),
    }
    values: dict[str, Any] = {name: getattr(terms, name) for name in FIELDS}
    shown = {name: 100 * v if name in PERCENT else v for name, v in values.items()}
    return [TermField(name, labels[name], f"{shown[name]:g}") for name in FIELDS]


def _cost(cost: StudyCost) -> list[tuple[str, str]]:
    complete = f"{number(cost.n_complete)} / {number(cost.n_begun)}"
    if share := percent(cost.n_complete, cost.n_begun):
        complete = f"{complete} ({share})"
    rows = [
        (_("Complete"), complete),
        (_("Rewards"), number(cost.rewards, 2)),
        (_("Fees"), number(cost.fees, 2)),
        (_("Tax"), number(cost.vat, 2)),
        (_("Total"), number(cost.total, 2)),
    ]
    if cost.n_wanted is not None:
        rows.append((_("Open places"), number(cost.n_open or 0)))
        rows.append((_("Beyond the quota"), number(cost.n_over)))
    if cost.median_hours is not None:
        rows.append((_("Median hours"), number(cost.median_hours, 2)))
    if cost.median_hours_approved is not None:
        hours = number(cost.median_hours_approved, 2)
        rows.append((_("Median hours, approved submissions"), hours))
    if cost.hourly is not None:
        rows.append((_("Pay per hour"), number(cost.hourly, 2)))
    return rows


def _pay(cost: StudyCost, terms: Terms) -> str:
    if cost.pay == "under":
        missing = _(
            "People earn less than %(least)s per hour. Bringing everybody there costs %(more)s."
        )
        return missing % {"least": number(terms.least_hourly, 2), "more": number(cost.top_up, 2)}
    words = {
        "ok": _("People earn at least what you set as the least pay per hour."),
        "over": _("People earn at least half as much again as the least pay per hour."),
    }
    return words.get(cost.pay, _("Say what you pay to see what people earn by the hour."))


def _check(line: CheckLine) -> CheckRow:
    words = {
        "no_platform": _("Not applicable: people come by no recruitment platform."),
        "platform_not_asked": _("Not known: the recruitment platform has not been asked yet."),
        "not_declared": _("Not applicable: the study declares nothing to compare with."),
        "no_survey": _("Not applicable: the study has no survey."),
        "no_question": _("Not applicable: no question has a correct answer."),
        "no_conversations": _("Not applicable: the study has no conversations."),
        "no_age": _("Not applicable: the survey does not ask for the age."),
        "works_by_touch": _("Not applicable: scales work by touch."),
    }
    n = "" if line.n is None else number(line.n)
    return CheckRow(line.check, ", ".join(line.asks_for), n, words.get(line.silent, ""))


def _row(study_id: str, person: PersonQuality) -> FlagRow:
    url = reverse("console:conversations", args=[study_id])
    values = _(
        "%(texts)s words per text, %(turns)s turns, %(empty)s scales untouched, "
        "%(no)s times “prefer not to say”"
    ) % {
        "texts": number(person.survey_text.words or 0, 1),
        "turns": number(person.mean_turns or 0, 1),
        "empty": number(person.n_untouched_scales + person.n_untouched_attributes),
        "no": number(person.n_prefer_not_to_say),
    }
    return FlagRow(
        pseudonym=person.participant_id,
        url=f"{url}?participant={person.participant_id}",
        simulated=person.simulated,
        reasons=[(s.severity.value, f"{s.check}: {s.reason}") for s in person.signals],
        suggestion=person.suggestion.value,
        values=f"{values}; {_platform(person)}" if person.status else values,
    )


def _platform(person: PersonQuality) -> str:
    """What the recruitment platform says of somebody."""
    said = person.status or ""
    if person.platform_minutes is not None:
        said += ", " + _("%(minutes)s min") % {"minutes": number(person.platform_minutes, 1)}
    if person.n_repeats:
        said += ", " + _("%(n)s more submissions") % {"n": number(person.n_repeats)}
    return _("on the platform: %(said)s") % {"said": said}
