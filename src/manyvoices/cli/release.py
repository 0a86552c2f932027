"""``manyvoices release``: from a server's database to files that others can use."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from manyvoices.cli.common import JsonFlag, console, print_json, verb
from manyvoices.schema.wording import people, plural

if TYPE_CHECKING:
    from manyvoices.curate.privacy import Rules
    from manyvoices.schema import Release


@verb
def release(
    study: Annotated[str, typer.Option(help="Id of the study.")],
    out: Annotated[Path, typer.Option(help="Folder to write; it must not exist, or be empty.")],
    db: Annotated[str | None, typer.Option(help="Database URL, as for serve.")] = None,
    formats: Annotated[
        str, typer.Option(help="native, and any of prism, trl and oasst, comma-separated.")
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
    pseudonyms: Annotated[
        str,
        typer.Option(
            help="Ids: fresh = names of this release alone; stable = the same names in every"
            " release of the study; none = the server's own ids, as the console shows them."
        ),
    ] = "fresh",
    dates: Annotated[
        str,
        typer.Option(
            help="Each person's clock is moved so that it begins with their first day or month, or"
            " on 1970-01-01 (relative); none = as it was. Durations stay exact."
        ),
    ] = "none",
    k: Annotated[
        int,
        typer.Option(
            "--k",
            min=1,
            help="Take answers to the --quasi-identifiers out until each combination has so many"
            " people.",
        ),
    ] = 1,
    quasi_identifiers: Annotated[
        str,
        typer.Option(
            help="Question ids that others may know of somebody, comma-separated, the most"
            " important first; alone it only reports."
        ),
    ] = "",
    sensitive: Annotated[
        str, typer.Option(help="Question ids whose variety within combinations is reported.")
    ] = "",
    coarsen: Annotated[
        list[str] | None,
        typer.Option(
            metavar="QUESTION=RULE",
            help="age=18,25,35 (groups that begin there), country=region or =subregion,"
            " religion=FILE.yaml (value: group); can be repeated.",
        ),
    ] = None,
    licence: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND=LICENCE",
            help="In place of the study's licences: human_text=CC-BY-4.0, model_text=..., "
            "survey=...; can be repeated.",
        ),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="File with the key of pseudonyms; pseudonym_key in the server's folder if left"
            " out, made on first use.",
        ),
    ] = None,
    at: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"],
            help="Moment of the release in UTC, to make one again byte by byte; now if left out.",
        ),
    ] = None,
    data: Annotated[Path, typer.Option(help="Folder of the server's own files.")] = Path(
        ".manyvoices"
    ),
    json: JsonFlag = False,
) -> None:
    """Freeze what a study collected into documented, hashed files.

    The folder holds the study as it ran, native/ with everything, prism/ with PRISM's four files,
    a dataset card (README.md), codebook, data statement, terms, Croissant metadata, and
    manifest.json with the SHA-256 of each file. Whoever has withdrawn is not in it, nor what the
    consent under which it was given does not allow. Who is in it is remembered, so that people can
    see where they were published and the next release can name who withdrew.
    """
    from datetime import UTC
    from typing import cast

    import msgspec

    from manyvoices.collect.server import home, setup

    rules = _rules(k, quasi_identifiers, sensitive, coarsen or ())
    licences = _licences(licence or ())
    setup.configure(db=db, folder=data)
    from manyvoices.collect.release import write_release
    from manyvoices.collect.release_wishes import Simulated

    setup.require_tables()
    master = key.read_bytes().strip() if key is not None else None
    if master is None and pseudonyms in {"fresh", "stable"}:
        master = home.pseudonym_key(data)
    now = (at or datetime.now(UTC)).replace(microsecond=0, tzinfo=UTC)
    with console.status("Writing the release"):
        written = write_release(
            study_id=study,
            out=out,
            formats=_names(formats),
            simulated=cast("Simulated", simulated),
            purposes=purpose or (),
            pseudonyms=pseudonyms,
            key=master,
            dates=dates,
            rules=rules,
            licences=licences,
            now=now,
        )
    if json:
        print_json(msgspec.to_builtins(written))
    else:
        _print(out, written)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _rules(k: int, quasi_identifiers: str, sensitive: str, coarsen: list[str] | tuple[()]) -> Rules:
    from manyvoices.curate.privacy import Rules, read_coarsening

    rules = dict(read_coarsening(text, _groups(text)) for text in coarsen)
    return Rules(_names(quasi_identifiers), k, rules, _names(sensitive))


def _groups(text: str) -> dict[str, object] | None:
    """What the YAML file of a coarsening rule holds; None where the rule names none."""
    import yaml

    from manyvoices.schema import Fault, InputError

    name = text.partition("=")[2].strip()
    if not name.endswith((".yaml", ".yml")):
        return None
    try:
        found = yaml.safe_load(Path(name).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise InputError([Fault(name, None, "", reason, "a YAML file, value: group")]) from None
    if not isinstance(found, dict):
        raise InputError([Fault(name, None, "", "no mapping", "value: group on each line")])
    return found


def _licences(given: list[str] | tuple[()]) -> dict[str, str]:
    licences = {}
    for text in given:
        kind, equals, name = (part.strip() for part in text.partition("="))
        if not (kind and equals and name):
            raise typer.BadParameter(f"found {text!r}, expected KIND=LICENCE")
        licences[kind] = name
    return licences


def _print(out: Path, written: Release) -> None:
    console.print(
        f"{out}: release {written.release_id} with"
        f" {people(written.n_participants)}"
        f" and {plural(written.n_simulated, 'simulated participant')}",
        highlight=False,
    )
    for file in written.files:
        rows = "" if file.rows is None else plural(file.rows, "row")
        console.print(f"  {file.path}  {file.bytes} bytes  {rows}", highlight=False)
    for note in written.notes:
        console.print(f"  note: {note}", highlight=False)
