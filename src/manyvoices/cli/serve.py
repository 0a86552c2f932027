"""``manyvoices serve``: studies, web pages and the runner from one command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from manyvoices.cli.common import console, verb
from manyvoices.schema.wording import plural


@verb
def serve(
    studies: Annotated[
        list[Path] | None, typer.Argument(metavar="[STUDY.yaml ...]", help="Studies to publish.")
    ] = None,
    db: Annotated[
        str | None,
        typer.Option(help="Database URL: sqlite:///file.sqlite3 or postgresql://user@host/name."),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Web processes (8 threads each).")] = 1,
    data: Annotated[
        Path, typer.Option(help="Folder of this server's own files, such as its secret key.")
    ] = Path(".manyvoices"),
    public_name: Annotated[
        list[str] | None,
        typer.Option(help="Name under which people reach this server; may be given often."),
    ] = None,
    leaderboard: Annotated[
        Path | None,
        typer.Option(help="Folder of manyvoices leaderboard, shown to everybody at /leaderboard/."),
    ] = None,
    next_batch: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What evaluate next wrote: the study asks it first."),
    ] = None,
    stage: Annotated[
        str | None, typer.Option(help="Id of the stage that --next-batch steers.")
    ] = None,
) -> None:
    """Serve studies to participants and researchers.

    Brings the database's tables up to date, publishes the studies named (a changed study gets a
    new version; people who have begun keep theirs), and starts the web server together with the
    runner that asks the models. The first start makes a researcher's account and prints its
    generated password once.

    With --next-batch the one study named is published as a new version that asks what the file
    asks, before anything else and with its exploration share kept; people who have begun keep the
    version that they began.
    """
    check_batch(studies or [], next_batch, stage)
    from manyvoices.collect.server import run, setup

    setup.configure(
        db=db,
        folder=data,
        hosts=[host, "127.0.0.1", "localhost", *(public_name or [])],
        leaderboard=leaderboard,
    )
    setup.migrate()
    ids = setup.publish(studies or [], next_batch=next_batch, stage=stage)
    password = setup.first_researcher()
    base = f"http://{host}:{port}"

    def announce() -> None:
        console.print(f"Serving at {base}/", highlight=False)
        for study_id in ids:
            console.print(f"  participants: {base}/s/{study_id}/", highlight=False)
        console.print(f"  researchers:  {base}/console/", highlight=False)
        if leaderboard is not None:
            console.print(f"  leaderboard:  {base}/leaderboard/", highlight=False)
        if password:
            console.print(
                f"  first login:  researcher / {password}   (shown this once)",
                highlight=False,
                markup=False,
            )

    run.serve(host=host, port=port, workers=workers, on_ready=announce)


def check_batch(studies: list[Path], next_batch: Path | None, stage: str | None) -> None:
    """Raise a usage error where a batch comes without the one study that it is for."""
    if next_batch is not None and len(studies) != 1:
        found = plural(len(studies), "study", "studies")
        raise typer.BadParameter(
            f"found {found}, expected the one STUDY.yaml that it is for", param_hint="--next-batch"
        )
    if stage is not None and next_batch is None:
        raise typer.BadParameter("it goes with --next-batch FILE", param_hint="--stage")
