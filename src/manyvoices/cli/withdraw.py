"""``manyvoices withdraw``: erase somebody who wrote to the researchers, or check a receipt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from manyvoices.cli.common import JsonFlag, console, print_json, verb

if TYPE_CHECKING:
    from manyvoices.collect.people.models import Participant
    from manyvoices.collect.people.rights import Receipt


@verb
def withdraw(
    participant: Annotated[
        str | None, typer.Option(help="Participant number, as on the last page.")
    ] = None,
    receipt: Annotated[
        str | None, typer.Option(help="Signed line of a receipt, to check instead of erasing.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Erase without asking.")] = False,
    db: Annotated[str | None, typer.Option(help="Database URL, as for serve.")] = None,
    data: Annotated[Path, typer.Option(help="Folder of the server's own files.")] = Path(
        ".manyvoices"
    ),
    json: JsonFlag = False,
) -> None:
    """Erase everything of one participant, and print the receipt to send them.

    People do this themselves on their page "My data" until the window closes; researchers can do
    it at any time. What remains is the participant number and the date. Releases that contain
    them are listed, and the next release names them.
    """
    from dataclasses import asdict

    from manyvoices.collect.server import setup

    setup.configure(db=db, folder=data)
    from manyvoices.collect.people import rights

    if (participant is None) == (receipt is None):
        raise typer.BadParameter("give either --participant or --receipt")
    if receipt is not None:
        found, signed = _checked(receipt), receipt
    else:
        setup.require_tables()
        found = _erased(_participant(str(participant)), ask=not yes)
        signed = rights.sign_receipt(found)
    if json:
        print_json(asdict(found) | {"signed": signed})
    else:
        _print(found, signed)


def _checked(receipt: str) -> Receipt:
    """What a receipt says; raises where this server did not sign it so."""
    from manyvoices.collect.people import rights
    from manyvoices.schema.errors import ManyvoicesError

    found = rights.read_receipt(receipt)
    if found is None:
        raise ManyvoicesError(
            "--receipt: not a receipt of this server, or it was changed; give the whole line that"
            " begins after 'receipt:', and the --db and --data of the server that signed it"
        )
    return found


def _erased(person: Participant, *, ask: bool) -> Receipt:
    from datetime import UTC, datetime

    from manyvoices.collect.people import rights

    if ask:
        typer.confirm(f"Erase everything of {person.pk} in {person.study_id}?", abort=True)
    return rights.withdraw(participant=person, now=datetime.now(UTC), team_member="command line")


def _print(found: Receipt, signed: str) -> None:
    counts = ", ".join(f"{n} {name}" for name, n in found.erased.items()) or "nothing was stored"
    lines = (
        f"{found.participant_id} in {found.study_id}",
        f"  erased at {found.erased_at}: {counts}",
        f"  published before in: {', '.join(found.releases) or 'no release'}",
        f"  receipt: {signed}",
    )
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _participant(key: str) -> Participant:
    import uuid

    from manyvoices.collect.people.models import Participant
    from manyvoices.schema.errors import ManyvoicesError

    try:
        found = Participant.objects.filter(pk=uuid.UUID(key), withdrawn_at=None).first()
    except ValueError:
        found = None
    if found is None:
        raise ManyvoicesError(f"--participant {key}: nobody with this number, or erased already")
    return found
