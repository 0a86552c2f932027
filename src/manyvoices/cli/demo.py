"""``manyvoices demo``: a study with scripted models and rehearsed participants, ready to open."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from manyvoices.cli.common import console, errors, verb

USER = "researcher"
DATABASE = "sqlite:///manyvoices.sqlite3"
_STARTED_IN = Path.cwd()


@verb
def demo(
    folder: Annotated[
        Path, typer.Option("--dir", help="Folder for the demo's database and files.")
    ] = Path("demo"),
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    participants: Annotated[
        int, typer.Option(min=0, help="Bots that take part before you do, the first time.")
    ] = 60,
) -> None:
    """Set up and serve the demo study, with rehearsed participants.

    Everything stays on this machine: the answers come from scripted personas, the rows are in a
    SQLite file in the demo's folder. A new password for the researcher's pages is made and printed
    at every start. Delete the folder to begin anew.
    """
    from manyvoices.collect.server import run, setup
    from manyvoices.design.templates import demo_path

    run.refuse_taken_port("127.0.0.1", port)
    folder.mkdir(parents=True, exist_ok=True)
    # From here on every default of every verb points into this folder.
    os.chdir(folder)
    os.environ["MANYVOICES_DEMO_USER"] = USER
    setup.configure(db=DATABASE)
    setup.migrate()
    (study,) = setup.publish([demo_path()])
    if participants and not _has_participants(study):
        _rehearse(demo_path(), participants)
    password = setup.new_password(USER)
    address = f"http://127.0.0.1:{port}"
    run.serve(
        host="127.0.0.1",
        port=port,
        workers=1,
        on_ready=lambda: _announce(address, study, password, folder),
    )


def _has_participants(study: str) -> bool:
    from manyvoices.collect.people.models import Participant

    return Participant.objects.filter(study=study).exists()


def _rehearse(study: Path, participants: int) -> None:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from manyvoices.collect.rehearsal import rehearse

    columns = (
        TextColumn("Bots are taking part first"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("", total=participants)
        outcome = rehearse(
            study,
            participants=participants,
            db=DATABASE,
            watch=lambda tally: bar.update(task, completed=tally.completed),
        )
    for fault in outcome.faults:
        errors.print(f"{fault.page}: {fault.found} ({fault.times} times)", markup=False)


def _program() -> str:
    """How this program is called from the demo's folder."""
    return "manyvoices" if shutil.which("manyvoices") else str(Path(_STARTED_IN, sys.argv[0]))


def _announce(address: str, study: str, password: str, folder: Path) -> None:
    program = _program()
    lines = (
        "",
        f"  Start here:       {address}/",
        f"  As participant:   {address}/s/{study}/",
        f"  As researcher:    {address}/console/     {USER} / {password}",
        "",
        "  In another terminal, with what was collected:",
        f"    cd {folder}",
        f"    {program} release --study {study} --out release",
        f"    {program} rank release --group gender",
        f"    {program} report release --out report",
        "",
        "  Ctrl-C ends the demo; what was collected stays in the folder.",
    )
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
