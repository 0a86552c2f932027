"""``manyvoices quality``: who stands out in a study and why, what it costs, what people earn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from manyvoices.cli.common import JsonFlag, console, print_json, verb
from manyvoices.schema.errors import DataError, Fault

if TYPE_CHECKING:
    from manyvoices.curate.quality import PersonQuality, PersonRecords
    from manyvoices.curate.quality_checks import CheckLine
    from manyvoices.curate.quality_cost import StudyCost
    from manyvoices.design import Study


@verb
def quality(
    release: Annotated[
        Path | None, typer.Argument(help="Folder of a release; or name a study.")
    ] = None,
    study: Annotated[str, typer.Option(help="Id of a study in the server's database.")] = "",
    db: Annotated[str | None, typer.Option(help="Database URL, as for serve.")] = None,
    reward: Annotated[float, typer.Option(min=0, help="Paid to each who is complete.")] = 0.0,
    fee: Annotated[float, typer.Option(min=0, help="Platform's fee, % of the reward.")] = 100 / 3,
    vat: Annotated[float, typer.Option(min=0, help="Tax, % of the fee.")] = 20.0,
    extra: Annotated[float, typer.Option(min=0, help="Paid once.")] = 0.0,
    least_hourly: Annotated[float, typer.Option(min=0, help="Least pay per hour.")] = 9.0,
    by: Annotated[str, typer.Option(help="Cost and pay also by the answers to a question.")] = "",
    data: Annotated[Path, typer.Option(help="Folder of the server's own files.")] = Path(
        ".manyvoices"
    ),
    json: JsonFlag = False,
) -> None:
    """Check everybody's work in a study, with the reason of each signal, and the cost.

    Nothing is rejected by machine: signals lead to a suggestion, and a person decides.
    """
    from manyvoices.curate.quality import check_people, is_approved
    from manyvoices.curate.quality_checks import check_lines, minutes_by_group
    from manyvoices.curate.quality_cost import Terms, cost_by_group, study_cost

    if (release is None) is (not study):
        raise typer.BadParameter("name either a release's folder or --study, one of the two")
    spec, people = (
        _of_release(release) if release is not None else _of_database(study, db=db, folder=data)
    )
    checked = check_people(people, spec)
    real = [person for person in checked if not person.simulated]
    terms = Terms(
        reward=reward, fee=fee / 100, vat=vat / 100, extra=extra, least_hourly=least_hourly
    )
    cost = study_cost(
        [person.minutes for person in real if person.minutes is not None],
        n_begun=len(real),
        terms=terms,
        n_wanted=spec.recruitment.places,
        approved=[p.minutes for p in real if p.minutes is not None and is_approved(p)],
    )
    lines = check_lines(spec, people, checked)
    groups = {}
    if by:
        minutes, begun = minutes_by_group(people, checked, by)
        quotas = spec.recruitment.quotas.get(by)
        groups = cost_by_group(minutes, begun=begun, terms=terms, wanted=quotas)
    if json:
        groups_told = {"groups": groups} if by else {}
        print_json(
            {"study": spec.id, "people": checked, "checks": lines, "cost": cost} | groups_told
        )
        return
    _print(checked, lines, cost)
    _print_groups(groups)


def _of_release(folder: Path) -> tuple[Study, list[PersonRecords]]:
    from collections import defaultdict

    from manyvoices.curate.quality import PersonRecords, Talk, talk_of
    from manyvoices.design import read_study
    from manyvoices.io import read_native
    from manyvoices.schema import Answer

    native = read_native(folder)
    if not native.study:
        raise DataError([Fault(str(folder), None, "", "no study", "a release with its study.yaml")])
    answers: dict[str, list[Answer]] = defaultdict(list)
    for answer in native.answers:
        answers[answer.participant_id].append(answer)
    talks: dict[str, list[Talk]] = defaultdict(list)
    for conversation in native.conversations:
        talks[conversation.participant_id].append(talk_of(conversation))
    people = [
        PersonRecords(who, answers[who.participant_id], talks[who.participant_id])
        for who in native.participants
    ]
    return read_study(native.study, "study.yaml"), people


def _of_database(study: str, *, db: str | None, folder: Path) -> tuple[Study, list[PersonRecords]]:
    from manyvoices.collect.server import setup

    setup.configure(db=db, folder=folder)
    from manyvoices.collect.console.queries.quality import people_records
    from manyvoices.collect.studies.models import Study as StoredStudy

    setup.require_tables()
    found = StoredStudy.objects.filter(pk=study).first()
    if found is None:
        known = ", ".join(StoredStudy.objects.values_list("id", flat=True)) or "none"
        fault = Fault("--study", None, "", study, f"a study of this database: {known}")
        raise DataError([fault])
    return found.current.spec, people_records(study)


def _print(
    checked: tuple[PersonQuality, ...], lines: tuple[CheckLine, ...], cost: StudyCost
) -> None:
    from rich.table import Table

    flagged = [person for person in checked if person.signals]
    table = Table("person", "signals", "suggestion", "conversations", "minutes", box=None)
    for person in flagged:
        reasons = "\n".join(f"{s.severity}: {s.check}: {s.reason}" for s in person.signals)
        name = person.participant_id + (" (simulated)" if person.simulated else "")
        minutes = "" if person.minutes is None else f"{person.minutes:.1f}"
        table.add_row(name, reasons, person.suggestion, str(person.n_conversations), minutes)
    if flagged:
        console.print(table)
    overview = Table("check", "asks to", "people", box=None)
    for line in lines:
        overview.add_row(line.check, ", ".join(line.asks_for), line.words)
    console.print(overview)
    console.print(f"{len(flagged)} of {len(checked)} have at least one signal", highlight=False)
    hourly = "unknown" if cost.hourly is None else f"{cost.hourly:.2f} ({cost.pay})"
    console.print(
        f"complete {cost.n_complete} of {cost.n_begun}; cost {cost.total:.2f}"
        f" (rewards {cost.rewards:.2f}, fees {cost.fees:.2f}, tax {cost.vat:.2f});"
        f" pay per hour {hourly}; top-up {cost.top_up:.2f}",
        highlight=False,
    )


def _print_groups(groups: dict[str, StudyCost]) -> None:
    from rich.table import Table

    if not groups:
        return
    table = Table("group", "complete", "begun", "open", "over", "total", "per hour", box=None)
    for name, cost in groups.items():
        places = "" if cost.n_open is None else str(cost.n_open)
        hourly = "" if cost.hourly is None else f"{cost.hourly:.2f} ({cost.pay})"
        numbers = (cost.n_complete, cost.n_begun, places, cost.n_over, f"{cost.total:.2f}", hourly)
        table.add_row(name, *map(str, numbers))
    console.print(table)
