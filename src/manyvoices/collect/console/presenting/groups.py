"""The page of cost and pay by group: what each country, or other answer, costs and earns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from manyvoices.collect.console.contexts_lists import Choice, Option
from manyvoices.collect.console.numbers import number
from manyvoices.collect.console.presenting.quality import TermField, term_fields
from manyvoices.collect.studies.models import Study
from manyvoices.curate.quality import PersonRecords, check_people
from manyvoices.curate.quality_checks import NOT_ANSWERED, minutes_by_group
from manyvoices.curate.quality_cost import StudyCost, Terms, cost_by_group
from manyvoices.design import Study as StudySpec
from manyvoices.design.questions import Question

KINDS = ("single", "likert", "country")
"""Questions whose answer puts a person into one group."""


@dataclass(frozen=True)
class GroupRow:
    """One group's people, time and money, in words."""

    label: str
    complete: str
    begun: str
    places: str
    hours: str
    total: str
    hourly: str
    pay: str


@dataclass(frozen=True)
class GroupsPage:
    terms: list[TermField]
    choice: Choice
    by: str
    rows: list[GroupRow]


def questions(spec: StudySpec) -> dict[str, Question]:
    """The questions by which people can be grouped, in the study's order."""
    return {
        question.id: question
        for _stage, survey in spec.surveys()
        for page in survey.pages
        for question in page.questions
        if question.kind in KINDS
    }


def groups(
    study: Study, people: Sequence[PersonRecords], terms: Terms, *, by: str
) -> dict[str, StudyCost]:
    """Answer -> cost and pay of the people who gave it; empty for a question there is not."""
    spec = study.current.spec
    if by not in questions(spec):
        return {}
    minutes, begun = minutes_by_group(people, check_people(people, spec), by)
    wanted = spec.recruitment.quotas.get(by)
    return cost_by_group(minutes, begun=begun, terms=terms, wanted=wanted)


def groups_page(
    study: Study, found: Mapping[str, StudyCost], terms: Terms, *, by: str
) -> GroupsPage:
    """Everything on the page."""
    asked = questions(study.current.spec)
    labels = {o.value: o.label for o in asked[by].offered()} if by in asked else {}
    options = [Option(name, question.label, name == by) for name, question in asked.items()]
    return GroupsPage(
        terms=term_fields(terms),
        choice=Choice("by", _("Question"), options),
        by=by,
        rows=[_row(labels.get(name, name), cost) for name, cost in found.items()],
    )


def _row(label: str, cost: StudyCost) -> GroupRow:
    pay = {
        "under": _("below the least pay"),
        "ok": _("at least the least pay"),
        "over": _("half as much again, or more"),
    }
    places = "–"
    if cost.n_wanted is not None:
        places = _("%(open)s of %(wanted)s open") % {
            "open": number(cost.n_open or 0),
            "wanted": number(cost.n_wanted),
        }
    return GroupRow(
        label=_("not answered") if label == NOT_ANSWERED else label,
        complete=number(cost.n_complete),
        begun=number(cost.n_begun),
        places=places,
        hours="–" if cost.median_hours is None else number(cost.median_hours, 2),
        total=number(cost.total, 2),
        hourly="–" if cost.hourly is None else number(cost.hourly, 2),
        pay=pay.get(cost.pay, "–"),
    )


def group_lines(found: Mapping[str, StudyCost]) -> Iterator[Sequence[object]]:
    """The same as rows of a file."""
    yield ("group", "complete", "begun", "wanted", "open", "beyond", "median_hours", "rewards",
           "fees", "tax", "total", "hourly", "pay", "top_up")  # fmt: skip
    for name, cost in found.items():
        yield (name, cost.n_complete, cost.n_begun, cost.n_wanted, cost.n_open, cost.n_over,
               cost.median_hours, cost.rewards, cost.fees, cost.vat, cost.total, cost.hourly,
               cost.pay, cost.top_up)  # fmt: skip
