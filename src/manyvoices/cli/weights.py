"""``manyvoices weights``: raking weights that make a release's people look like a population."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from manyvoices.cli.common import JsonFlag, console, print_json, verb
from manyvoices.schema.wording import people, plural

if TYPE_CHECKING:
    from manyvoices.curate.census_tables import CensusTable
    from manyvoices.curate.raking import Weights


@verb
def weights(
    release: Annotated[Path, typer.Argument(help="Folder of a release, or PRISM's files.")],
    census: Annotated[
        Path, typer.Option(help="CSV: a column for each dimension, then count or share.")
    ],
    form: Annotated[
        str, typer.Option(help="joint, or PRISM's own census files: uk, us, us-once.")
    ] = "joint",
    margin: Annotated[
        list[str] | None,
        typer.Option(help="Dimension to fit, or several together: age,gender. Default: each."),
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option(help="Only people with COLUMN=VALUE, as study_locale=uk.")
    ] = None,
    trim: Annotated[
        tuple[float, float] | None, typer.Option(help="Lowest and highest weight; the mean is 1.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="CSV to write: user_id, weight.")] = None,
    json: JsonFlag = False,
) -> None:
    """Weigh people so that the margins of a census table are met, and say what it costs.

    People without an answer in one of its dimensions get no weight.
    """
    from manyvoices.curate.raking import rake

    table = _table(census, form)
    people = _people(release, table, form != "joint", where or [])
    keys = [tuple(one.split(",")) for one in margin] if margin else [(d,) for d in table.dimensions]
    unknown = [name for key in keys for name in key if name not in table.dimensions]
    if unknown:
        raise typer.BadParameter(f"--margin {unknown[0]}: not one of {list(table.dimensions)}")
    margins = {key[0] if len(key) == 1 else key: table.margin(*key) for key in keys}
    found = rake(people, margins, trim=trim, missing="leave out")
    if out is not None:
        _write(people["user_id"], found, out)
    if json:
        print_json({"result": found, "notes": table.notes, "written": out})
    else:
        _print(found, table)


def _table(path: Path, form: str) -> CensusTable:
    from manyvoices.curate.census_tables import read_joint, read_uk_census, read_us_census

    if form == "joint":
        return read_joint(path)
    if form == "uk":
        return read_uk_census(path)
    if form in ("us", "us-once"):
        return read_us_census(path, hispanic="published" if form == "us" else "once")
    raise typer.BadParameter(f"--form {form}: not one of joint, uk, us, us-once")


def _people(
    release: Path, table: CensusTable, as_prism: bool, where: list[str]
) -> dict[str, list[Any]]:
    """The columns of the table's dimensions, with PRISM's groups made those of its census."""
    from manyvoices.curate.census_tables import prism_cells
    from manyvoices.curate.describe_people import at
    from manyvoices.curate.describe_release import survey_rows

    rows = [row for row in survey_rows(release) if _meets(row, where)]
    users = {"user_id": [str(row["user_id"]) for row in rows]}
    if as_prism:
        named = {name: [row.get(name) for row in rows] for name in ("age", "gender")}
        ethnicity = [at(row, "ethnicity.categorised") for row in rows]
        return prism_cells(users | named | {"ethnicity_categorised": ethnicity})
    there = {name for row in rows for name in row}
    return users | {
        name: [_group(row.get(name)) for row in rows] for name in table.dimensions if name in there
    }


def _group(value: Any) -> Any:
    """The group of a self-description, where the column has that form."""
    return value.get("simplified") if isinstance(value, Mapping) else value


def _meets(row: Mapping[str, Any], where: list[str]) -> bool:
    for condition in where:
        name, equals, value = condition.partition("=")
        if not equals:
            raise typer.BadParameter(f"--where {condition}: not COLUMN=VALUE")
        if str(row.get(name)) != value:
            return False
    return True


def _write(users: list[str], found: Weights, path: Path) -> None:
    from manyvoices.io.writing import write_text

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("user_id", "weight"))
    for user, weight in zip(users, found.weights.tolist(), strict=True):
        writer.writerow((user, "" if weight != weight else f"{weight:.12g}"))
    write_text(text.getvalue(), path)


def _print(found: Weights, table: CensusTable) -> None:
    from rich.table import Table

    shown = Table("margin", "level", "census", "before", "after", box=None)
    for fit in found.fits:
        shares = (f"{100 * share:.2f}%" for share in (fit.target, fit.before, fit.after))
        shown.add_row(fit.margin, fit.level.replace("[", "\\["), *shares)
    console.print(shown)
    end = "fitted" if found.converged else f"NOT fitted; the worst is {found.worst}"
    console.print(
        f"{end} in {plural(found.iterations, 'round')};"
        f" {people(found.n_weighted)} weighted,"
        f" {found.n_left_out} left out, {found.n_trimmed} at a bound; worth"
        f" {found.n_effective:.1f} people (design effect {found.design_effect:.3f})",
        markup=False,
        highlight=False,
    )
    for note in table.notes:
        console.print(note, markup=False, highlight=False)
