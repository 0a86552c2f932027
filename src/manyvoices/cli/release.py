"""``manyvoices release``: from a server's database to files that others can use."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from manyvoices.cli.common import JsonFlag, console, print_json, verb


@verb
def release(
    study: Annotated[str, typer.Option(help="Id of the study.")],
    out: Annotated[Path, typer.Option(help="Folder to write; it must not exist, or be empty.")],
    db: Annotated[str | None, typer.Option(help="Database URL, as for serve.")] = None,
    formats: Annotated[
        str, typer.Option(help="Formats besides native, comma-separated.")
    ] = "native,prism",
    simulated: Annotated[
        str, typer.Option(help="Rehearsal bots: include, exclude or only.")
    ] = "include",
    purpose: Annotated[
        list[str] | None,
        typer.Option(
            "--for",
            help="Only what was given for this too, such as commercial_use (see allows: in the"
            " consent); can be repeated.",
        ),
    ] = None,
    data: Annotated[Path, typer.Option(help="Folder of the server's own files.")] = Path(
        ".manyvoices"
    ),
    json: JsonFlag = False,
) -> None:
    """Freeze what a study collected into documented, hashed files.

    The folder holds the study as it ran, native/ with everything, prism/ with PRISM's four files,
    and manifest.json with the SHA-256 of each file. Whoever has withdrawn is not in it,
    nor what the consent under which it was given does not allow. Who is in it is remembered, so
    that people can see where they were published and the next release can name who withdrew.
    """
    from datetime import UTC, datetime
    from typing import cast

    import msgspec

    from manyvoices.collect.server import setup

    setup.configure(db=db, folder=data)
    from manyvoices.collect.release import Simulated, write_release

    setup.require_tables()
    with console.status("Writing the release"):
        written = write_release(
            study_id=study,
            out=out,
            formats=[name.strip() for name in formats.split(",") if name.strip()],
            simulated=cast("Simulated", simulated),
            purposes=purpose or (),
            now=datetime.now(UTC).replace(microsecond=0),
        )
    if json:
        print_json(msgspec.to_builtins(written))
        return
    console.print(
        f"{out}: release {written.release_id} with {written.n_participants} people"
        f" and {written.n_simulated} simulated participants",
        highlight=False,
    )
    for file in written.files:
        rows = "" if file.rows is None else f"{file.rows} rows"
        console.print(f"  {file.path}  {file.bytes} bytes  {rows}", highlight=False)
    for note in written.notes:
        console.print(f"  note: {note}", highlight=False)
