"""``manyvoices convert``: a file of one form written in another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from manyvoices.cli.common import JsonFlag, console, print_json, verb
from manyvoices.cli.progress import reading_bar
from manyvoices.schema.wording import plural

if TYPE_CHECKING:
    from manyvoices.io.converting_files import Conversion


@verb
def convert(
    source: Annotated[
        Path | None, typer.Argument(help="File or folder to read.", show_default=False)
    ] = None,
    target: Annotated[
        Path | None,
        typer.Argument(
            help="File or folder to write; it must not exist. A name ending in .gz or .parquet is "
            "written so.",
            show_default=False,
        ),
    ] = None,
    from_: Annotated[
        str | None,
        typer.Option("--from", help="Format of SOURCE; told from its content if left out."),
    ] = None,
    to: Annotated[str | None, typer.Option("--to", help="Format of TARGET.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="List what can become what.")] = False,
    json: JsonFlag = False,
) -> None:
    """Convert a data file or a release to another format, and list what was not carried.

    Surveys convert from and to SurveyJS: --from surveyjs --to survey, and the other way round.
    """
    from manyvoices.cli.convert_survey import FORMS, convert_survey
    from manyvoices.io.converting_files import convert as run

    if list_:
        _list(as_json=json)
        return
    if source is None or target is None or to is None:
        raise typer.BadParameter("give SOURCE, TARGET and --to FORMAT, or --list")
    if target.exists():
        raise _exists(target)
    if to in FORMS or from_ in FORMS:
        convert_survey(source, target, from_ or "", to, as_json=json)
        return
    with reading_bar(source) as on_bytes:
        done = run(source, target, to, from_=from_, on_bytes=on_bytes)
    _print(done, as_json=json)


def _print(done: Conversion, *, as_json: bool) -> None:
    if as_json:
        print_json(done)
        return
    _say(
        f"Wrote {done.target}: {plural(done.n_written, 'row')} of {done.target_format} "
        f"from {plural(done.n_read, 'record')} of {done.source_format}."
    )
    if done.gathered:
        _say("Records that belong together stood apart, so all were held in memory.")
    if done.not_carried:
        _say("Not carried:")
    for name, n in done.not_carried.items():
        _say(f"  {n:,} x {name}")


def _list(*, as_json: bool) -> None:
    from manyvoices.io.converting_files import targets
    from manyvoices.io.formats import FORMATS

    table = {name: targets(name) for name in FORMATS}
    if as_json:
        print_json({name: list(found) for name, found in table.items()})
        return
    for name, found in table.items():
        others = ", ".join(other for other in found if other != name)
        _say(f"{name} -> {others or 'itself only, as .gz or .parquet'}")
    _say("surveyjs -> survey")
    _say("survey -> surveyjs")


def _say(line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def _exists(target: Path) -> Exception:
    from manyvoices.schema import DataError, Fault

    return DataError([Fault(str(target), None, "", "something that exists", "a new name")])
