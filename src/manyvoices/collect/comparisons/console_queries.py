"""What the console counts of comparisons: by pair of models and by category, in a few statements
whose size does not grow with the votes."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from manyvoices.collect.comparisons.models import Comparison, ComparisonsOver, Look
from manyvoices.collect.people.journey import comparison_stages
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study, StudyVersion
from manyvoices.design.comparisons.stage import ComparisonsStage
from manyvoices.schema.comparisons import ComparisonVerdict

NO_CATEGORY = ""


@dataclass
class Counts:
    """Comparisons of one row; a vote that is set aside is in no other column than that."""

    first: int = 0
    second: int = 0
    equal: int = 0
    all_bad: int = 0
    cannot_judge: int = 0
    failed: int = 0
    under_way: int = 0
    aside: int = 0

    @property
    def counted(self) -> int:
        """Verdicts that say something of the models."""
        return self.first + self.second + self.equal + self.all_bad


@dataclass(frozen=True, slots=True)
class Group:
    """Comparisons that are alike in all that is counted."""

    stage: int
    simulated: bool
    category: str | None
    models: tuple[str, ...]
    verdict: str | None
    order: tuple[tuple[int, ...], ...]
    aside: bool
    n: int


def groups(study_id: str) -> list[Group]:
    """Every comparison of a study, of people who have not withdrawn: one statement."""
    rows = (
        _rows(study_id)
        .order_by()
        .annotate(counts=_is(quarantined=[]))
        .values_list("stage", "simulated", "category", "models", "verdict", "order", "counts")
        .annotate(n=Count("pk"))
    )
    return [
        Group(stage, bots, category, tuple(models), verdict, _tuples(order), not counts, n)
        for stage, bots, category, models, verdict, order, counts, n in rows
    ]


def _tuples(order: list[list[int]] | None) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(group) for group in order or ())


def _rows(study_id: str) -> QuerySet[Comparison]:
    return Comparison.objects.filter(study_id=study_id, participant__withdrawn_at=None)


def by_pair(found: list[Group]) -> dict[tuple[bool, int, str, str], Counts]:
    """(simulated, stage, model, other model) -> counts. Of more than two side by side every pair
    counts."""
    counted: dict[tuple[bool, int, str, str], Counts] = {}
    for group in found:
        for a, b in combinations(sorted(group.models), 2):
            row = counted.setdefault((group.simulated, group.stage, a, b), Counts())
            _add(row, group, a, b)
    return dict(sorted(counted.items()))


def by_category(found: list[Group]) -> dict[tuple[bool, int, str], Counts]:
    """(simulated, stage, category) -> counts; `first` and `second` are by place here."""
    counted: dict[tuple[bool, int, str], Counts] = {}
    for group in found:
        key = (group.simulated, group.stage, group.category or NO_CATEGORY)
        _add(counted.setdefault(key, Counts()), group, *_by_place(group))
    return dict(sorted(counted.items()))


def _by_place(group: Group) -> tuple[str, str]:
    return group.models[0], group.models[1]


def _add(row: Counts, group: Group, a: str, b: str) -> None:
    name = "aside" if group.aside else _column(group, a, b)
    setattr(row, name, getattr(row, name) + group.n)


def _column(group: Group, a: str, b: str) -> str:
    if group.verdict is None:
        return "under_way"
    if group.verdict == ComparisonVerdict.TIE:
        return "equal"
    if group.verdict != ComparisonVerdict.CHOICE:
        return group.verdict
    ranks = [_rank(group.order, group.models.index(name)) for name in (a, b)]
    return "equal" if ranks[0] == ranks[1] else "first" if ranks[0] < ranks[1] else "second"


def _rank(order: tuple[tuple[int, ...], ...], place: int) -> int:
    return next((rank for rank, group in enumerate(order) if place in group), len(order))


def who_finished(people: QuerySet[Participant], stage: int, count: int) -> QuerySet[Participant]:
    """Those of `people` who judged `count` comparisons of a stage, or whose stage ended before."""
    judged = (
        Comparison.objects.filter(participant=OuterRef("pk"), stage=stage)
        .exclude(Q(verdict=None) | Q(verdict=ComparisonVerdict.FAILED))
        .order_by()
        .values("participant")
    )
    n_judged = Subquery(judged.annotate(n=Count("pk")).values("n"), output_field=IntegerField())
    over = ComparisonsOver.objects.filter(participant=OuterRef("pk"), stage=stage)
    return people.alias(n_judged=n_judged).filter(Q(n_judged__gte=count) | Q(Exists(over)))


def reached(
    study_id: str, versions: Iterable[StudyVersion]
) -> dict[tuple[int, bool, int, int], tuple[int, int]]:
    """(version id, simulated, stage, its count) -> people who began, who finished; two statements
    for each comparisons stage."""
    found: dict[tuple[int, bool, int, int], tuple[int, int]] = {}
    for version in versions:
        for index, rule in comparison_stages(version.spec):
            people = Participant.objects.filter(
                study_id=study_id, version=version, withdrawn_at=None
            )
            begun = people.filter(
                Exists(Comparison.objects.filter(participant=OuterRef("pk"), stage=index))
            )
            n_begun = _by_kind(begun)
            n_finished = _by_kind(who_finished(people, index, rule.count))
            for simulated in (False, True):
                finished = n_finished.get(simulated, 0)
                # For some it is over before they were given one: nothing was left.
                began = max(n_begun.get(simulated, 0), finished)
                found[version.pk, simulated, index, rule.count] = (began, finished)
    return found


def _by_kind(people: QuerySet[Participant]) -> dict[bool, int]:
    rows = people.order_by().values_list("simulated").annotate(n=Count("pk"))
    return dict(rows)


def _is(**conditions: object) -> Case:
    """True where all conditions hold, as a column."""
    holds = When(then=Value(True), **conditions)
    return Case(holds, default=Value(False), output_field=BooleanField())


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch in force in a stage of the current version."""

    n_wanted: int
    n_given: int
    """To people, not to bots."""
    exploration: float


def batches(study: Study) -> list[Batch]:
    """One for each stage that asks by a batch; a statement each."""
    version = study.current
    stages = enumerate(version.spec.stages)
    steered = [
        (index, rule.assignment)
        for index, rule in stages
        if isinstance(rule, ComparisonsStage) and rule.assignment.policy == "batch"
    ]
    rows = Comparison.objects.filter(
        participant__version=version, simulated=False, ask__isnull=False
    )
    return [
        Batch(
            sum(ask.n for ask in assignment.batch),
            rows.filter(stage=index).count(),
            float(assignment.exploration),
        )
        for index, assignment in steered
    ]


def looks(study_id: str) -> list[Look]:
    """What the stopping rule last said of each pair."""
    return list(
        Look.objects.filter(study_id=study_id).order_by("simulated", "stage", "first", "second")
    )


def listed(study_id: str, *, aside: bool) -> QuerySet[Comparison]:
    """Comparisons, the latest first; `aside`: only those that are set aside."""
    rows = _rows(study_id).exclude(quarantined=[]) if aside else _rows(study_id)
    return rows.defer("evidence", "reason_text").order_by("-started_at", "pk")


def one(study_id: str, key: uuid.UUID) -> Comparison | None:
    """A comparison with all that was said in it."""
    rows = _rows(study_id).select_related("participant__version")
    rows = rows.defer("participant__version__content")
    return rows.prefetch_related("exchanges__answers").filter(pk=key).first()


def pair_lines(counted: dict[tuple[bool, int, str, str], Counts]) -> Iterator[tuple[object, ...]]:
    """Counts by pair as rows of a file, its header first."""
    yield ("simulated", "stage", "model_a", "model_b", *_COLUMNS)
    for (simulated, stage, a, b), row in counted.items():
        yield (simulated, stage, a, b, *_numbers(row))


def category_lines(counted: dict[tuple[bool, int, str], Counts]) -> Iterator[tuple[object, ...]]:
    """The same by category of the prompt; `a` stood first."""
    yield ("simulated", "stage", "category", *_COLUMNS)
    for (simulated, stage, category), row in counted.items():
        yield (simulated, stage, category, *_numbers(row))


_COLUMNS = (
    "counted", "a_better", "b_better", "equal", "all_bad", "cannot_judge", "failed", "under_way",
    "set_aside",
)  # fmt: skip


def _numbers(row: Counts) -> tuple[int, ...]:
    return (
        row.counted, row.first, row.second, row.equal, row.all_bad, row.cannot_judge, row.failed,
        row.under_way, row.aside,
    )  # fmt: skip
