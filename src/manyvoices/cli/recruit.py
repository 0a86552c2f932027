"""``manyvoices recruit``: invitation links, quotas as they stand, reconciling with a platform."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from manyvoices.cli.common import JsonFlag, console, errors, print_json, verb
from manyvoices.schema.wording import plural

if TYPE_CHECKING:
    from manyvoices.collect.studies.models import Study
    from manyvoices.design.reconciling import Finding

Action = Literal["invite", "quotas", "reconcile"]


@verb
def recruit(
    action: Annotated[Action, typer.Argument(help="What to do.", show_default=False)],
    study: Annotated[str, typer.Option(help="Id of the study.")],
    people: Annotated[Path | None, typer.Option(help="invite: CSV file with a column id.")] = None,
    url: Annotated[
        str, typer.Option(help="invite: address of the server, as people see it.")
    ] = "http://127.0.0.1:8000",
    out: Annotated[
        Path | None, typer.Option(help="invite: CSV file to write; by default standard output.")
    ] = None,
    platform_study: Annotated[
        str | None,
        typer.Option(help="reconcile: id of the study on Prolific; the study's own if it says."),
    ] = None,
    api: Annotated[
        str, typer.Option(help="reconcile: address of the platform's API.")
    ] = "https://api.prolific.com",
    release_places: Annotated[
        bool,
        typer.Option(
            "--release-places",
            help="reconcile: give free the places of those who returned or timed out there.",
        ),
    ] = False,
    db: Annotated[str | None, typer.Option(help="Database URL, as for serve.")] = None,
    data: Annotated[Path, typer.Option(help="Folder of the server's own files.")] = Path(
        ".manyvoices"
    ),
    json: JsonFlag = False,
) -> None:
    """Invite people, look at quotas, or reconcile with Prolific.

    invite: a signed personal link for each id in a CSV file; the same list again gives links to
    the same people. quotas: each cell with its places. reconcile: who was paid and is missing
    here, who is done here and unpaid, who timed out or returned; the platform's token comes from
    the environment variable PROLIFIC_API_TOKEN. What it says of people who are here is kept, and
    ``manyvoices quality`` uses it.
    """
    from manyvoices.collect.server import setup

    setup.configure(db=db, folder=data)
    setup.require_tables()
    found = _study(study)
    if action == "invite":
        _invite(found, people, url, out, json)
    elif action == "quotas":
        _quotas(found, json)
    else:
        _reconcile(found, platform_study, api, release_places, json)


def _study(study_id: str) -> Study:
    from manyvoices.collect.studies.models import Study
    from manyvoices.schema.errors import ManyvoicesError

    found = Study.objects.filter(pk=study_id).first()
    if found is None:
        known = ", ".join(Study.objects.values_list("id", flat=True)) or "none"
        raise ManyvoicesError(f"--study {study_id}: this database holds only: {known}")
    return found


def _invite(study: Study, people: Path | None, url: str, out: Path | None, json: bool) -> None:
    import csv
    import sys
    from datetime import UTC, datetime

    from manyvoices.collect.people import invitations

    if people is None:
        raise typer.BadParameter("invite needs --people FILE.csv")
    ids = invitations.read_people(people.read_text(encoding="utf-8-sig"), str(people))
    n_new = invitations.invite(study=study, people=ids, now=datetime.now(UTC))
    rows = [{"id": one, "link": invitations.link_of(study.id, one, url)} for one in ids]
    if json:
        print_json({"new": n_new, "invitations": rows})
        return
    stream = out.open("w", encoding="utf-8", newline="") if out else sys.stdout
    try:
        writer = csv.DictWriter(stream, fieldnames=("id", "link"), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    finally:
        if out:
            stream.close()
    errors.print(
        f"{plural(len(rows), 'person', 'people')} invited, {n_new} of them new", highlight=False
    )


def _quotas(study: Study, json: bool) -> None:
    from manyvoices.collect.people.quotas import cell_states

    rows: list[dict[str, Any]] = [
        {
            "cell": state.cell.key,
            "complete": state.complete,
            "active": state.active,
            "limit": state.cell.limit,
            "target": state.cell.target,
            "full": state.is_full,
        }
        for state in cell_states(study.id)
    ]
    if json:
        print_json({"study": study.id, "cells": rows})
        return
    if not rows:
        console.print(f"{study.id}: no quotas", highlight=False)
    for row in rows:
        of = " of ".join(str(row[name]) for name in ("limit", "target") if row[name] is not None)
        full = ", full" if row["full"] else ""
        console.print(
            f"{row['cell']}: {row['complete']} finished, {row['active']} taking part; {of}{full}",
            markup=False,
            highlight=False,
        )


def _reconcile(
    study: Study, platform_study: str | None, api: str, release_places: bool, json: bool
) -> None:
    from dataclasses import asdict
    from datetime import UTC, datetime

    from manyvoices.collect.people import reconciling
    from manyvoices.collect.people.prolific import Prolific

    declared = study.current.spec.recruitment.platform_studies
    names = (platform_study,) if platform_study else declared
    if not names:
        raise typer.BadParameter("reconcile needs --platform-study ID")
    client = Prolific.from_environment(api)
    with errors.status("Asking Prolific"):
        submissions = [row for name in names for row in client.submissions(name)]
    findings = reconciling.report(study.id, submissions)
    reconciling.keep(study.id, submissions, datetime.now(UTC))
    n_released = reconciling.release_places(findings, datetime.now(UTC)) if release_places else 0
    n_withdrawn = reconciling.n_withdrawn(study.id)
    if json:
        rows = [asdict(finding) for finding in findings]
        print_json({"findings": rows, "released": n_released, "withdrawn": n_withdrawn})
        return
    _print_findings(findings)
    if n_withdrawn:
        gone = plural(n_withdrawn, "person", "people")
        console.print(f"{gone} withdrew; whoever was paid is among the missing", highlight=False)
    if release_places:
        console.print(f"{plural(n_released, 'place')} free again", highlight=False)


def _print_findings(findings: Sequence[Finding]) -> None:
    for finding in findings:
        console.print(
            f"{finding.kind.replace('_', ' ')}: {finding.person}"
            f"  participant {finding.participant_id or '-'}"
            f"  submission {finding.submission_id or '-'}  {finding.status}",
            markup=False,
            highlight=False,
        )
    need = "needs" if len(findings) == 1 else "need"
    console.print(f"{plural(len(findings), 'person', 'people')} {need} a look", highlight=False)
