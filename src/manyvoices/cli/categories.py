"""``manyvoices categories``: from people's own words to groups, decided by people.

Four steps, each a file in between: ``propose`` (optional, a model), ``sheet`` (one for each of two
annotators), ``merge`` (agreement, what is left to discuss, the mapping), ``apply``.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from manyvoices.cli.common import JsonFlag, console, errors, print_json, verb
from manyvoices.schema.errors import DataError, Fault

if TYPE_CHECKING:
    from manyvoices.curate.categories import Decision, Described, Merged
    from manyvoices.curate.categories_schemes import Scheme


@verb
def categories(
    step: Annotated[
        Literal["propose", "sheet", "merge", "apply"], typer.Argument(help="What to do.")
    ],
    release: Annotated[Path, typer.Argument(help="Folder of a release.")],
    field: Annotated[str, typer.Option(help="ethnicity, religion, gender, or another question.")],
    folder: Annotated[
        Path, typer.Option(help="Where sheets, discussion list and mapping lie.")
    ] = Path("categories"),
    annotator: Annotated[
        list[str] | None, typer.Option(help="sheet: whose; merge: twice, the two people.")
    ] = None,
    groups: Annotated[
        Path | None, typer.Option(help="CSV group,simplified; needed for another question.")
    ] = None,
    context: Annotated[str, typer.Option(help="Column shown beside each text.")] = "",
    with_proposal: Annotated[
        bool, typer.Option(help="sheet: show the model's proposal (not blind to it).")
    ] = False,
    url: Annotated[str, typer.Option(help="propose: endpoint, up to and with /v1.")] = "",
    model: Annotated[str, typer.Option(help="propose: the model's name there.")] = "",
    key_env: Annotated[str, typer.Option(help="propose: variable that holds the key.")] = "",
    json: JsonFlag = False,
) -> None:
    """Put self-descriptions into groups: two people decide, a model may propose.

    Whatever nobody has decided is "Prefer not to say".
    """
    from manyvoices.curate.categories_schemes import SCHEMES, read_scheme

    if groups is None and field not in SCHEMES:
        raise typer.BadParameter(f"--field {field} needs its groups: --groups FILE")
    scheme = SCHEMES[field] if groups is None else read_scheme(groups, field)
    work = _Work(release, scheme, folder, context)
    names = annotator or []
    if step == "propose":
        if not url or not model:
            raise typer.BadParameter("propose needs --url and --model")
        result = _propose(work, url, model, key_env)
    elif step == "sheet":
        if len(names) != 1:
            raise typer.BadParameter("sheet needs one --annotator")
        result = _sheet(work, names[0], with_proposal)
    elif step == "merge":
        if len(names) != 2:
            raise typer.BadParameter("merge needs --annotator twice")
        result = _merge(work, (names[0], names[1]))
    else:
        result = _apply(work)
    if json:
        print_json(result)
    else:
        for name, value in result.items():
            shown = f"{value:.3f}" if isinstance(value, float) else value
            console.print(f"{name.replace('_', ' ')}: {shown}", markup=False, highlight=False)


@dataclass(frozen=True)
class _Work:
    """One field of one release, and where its files lie."""

    release: Path
    scheme: Scheme
    folder: Path
    context: str

    def file(self, name: str) -> Path:
        return self.folder / f"{self.scheme.field}-{name}"

    def people(self) -> tuple[list[str], list[Any], list[Any]]:
        from manyvoices.curate.categories import self_descriptions
        from manyvoices.curate.describe_release import survey_rows

        rows = survey_rows(self.release)
        return self_descriptions(rows, self.scheme.field, context=self.context)

    def described(self) -> dict[Described, int]:
        from manyvoices.curate.categories import describe

        _, texts, contexts = self.people()
        found = describe(texts, contexts)
        if self.scheme.groups_are_choices:
            found = {one: n for one, n in found.items() if self.scheme.find(one.text) is None}
        return found


def _propose(work: _Work, url: str, model: str, key_env: str) -> dict[str, Any]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from manyvoices.curate.categories import sheet
    from manyvoices.curate.categories_files import write_sheet
    from manyvoices.curate.categories_proposals import propose
    from manyvoices.llm.asking import Asking

    described = work.described()
    work.folder.mkdir(parents=True, exist_ok=True)
    columns = (TextColumn("asking"), BarColumn(), MofNCompleteColumn())
    with (
        Progress(*columns, console=errors, transient=True) as bar,
        Asking(url, model, key_env) as ask,
    ):
        task = bar.add_task("", total=len(described))
        found = propose(
            described,
            work.scheme,
            ask,
            cache=work.file("answers.jsonl"),
            progress=lambda n: bar.update(task, completed=n),
        )
    write_sheet(sheet(described, found.groups), work.file("proposals.csv"), with_proposal=True)
    return {
        "texts": len(described),
        "asked": found.n_asked,
        "failed": found.n_failed,
        "not_one_of_the_groups": found.n_unusable,
        "last_failure": ask.last_failure,
        "proposals": str(work.file("proposals.csv")),
    }


def _sheet(work: _Work, annotator: str, with_proposal: bool) -> dict[str, Any]:
    from manyvoices.curate.categories import sheet
    from manyvoices.curate.categories_files import write_sheet

    path = work.file(f"sheet-{_slug(annotator)}.csv")
    if path.exists():
        raise DataError([Fault(str(path), None, "", "a sheet", "none: it may be filled in")])
    described = work.described()
    rows = sheet(described, _proposals(work) if with_proposal else None)
    write_sheet(rows, path, with_proposal=with_proposal)
    return {"texts": len(rows), "sheet": str(path), "groups": ", ".join(work.scheme.groups)}


def _merge(work: _Work, annotators: tuple[str, str]) -> dict[str, Any]:
    from manyvoices.aggregate import cohen_kappa
    from manyvoices.curate.categories import merge, share_right
    from manyvoices.curate.categories_files import (
        read_discussion,
        read_sheet,
        write_discussion,
        write_mapping,
    )

    today = dt.datetime.now(dt.UTC).date().isoformat()
    sheets = [read_sheet(work.file(f"sheet-{_slug(name)}.csv")) for name in annotators]
    merged = merge(*sheets, annotators=annotators, scheme=work.scheme, today=today)
    talk = work.file("discussion.csv")
    settled = read_discussion(talk, today=today) if talk.exists() else []
    disputed = {row.described for row in merged.disputed}
    settled = [one for one in settled if one.described in disputed]
    write_discussion(merged.disputed, talk, settled=settled)
    decisions: list[Decision] = [*merged.decided, *settled]
    write_mapping(decisions, work.file("mapping.csv"), field=work.scheme.field)
    kappa = cohen_kappa(list(merged.first), list(merged.second))
    proposed = _proposals(work)
    return {
        "texts": len(merged.first),
        **_agreement(merged),
        "kappa": kappa.value,
        "kappa_interval": [kappa.low, kappa.high],
        "to_discuss": len(merged.disputed) - len(settled),
        "decided": len(decisions),
        "model_right": share_right(proposed, decisions) if proposed else None,
        "discussion": str(talk),
        "mapping": str(work.file("mapping.csv")),
    }


def _agreement(merged: Merged) -> dict[str, Any]:
    return {"decided_by_both": merged.n_both, "agreed": merged.share_agreed}


def _apply(work: _Work) -> dict[str, Any]:
    from manyvoices.curate.categories import categorise
    from manyvoices.curate.categories_files import read_mapping, write_table

    users, texts, contexts = work.people()
    path = work.file("mapping.csv")
    decisions = read_mapping(path).get(work.scheme.field, []) if path.exists() else []
    found = categorise(texts, decisions, work.scheme, contexts=contexts)
    field, out = work.scheme.field, work.file("people.csv")
    header = ("user_id", f"{field}_categorised", f"{field}_simplified")
    rows = zip(users, found.categorised, found.simplified, strict=True)
    write_table([dict(zip(header, row, strict=True)) for row in rows], header, out)
    counts = Counter(found.categorised)
    return {
        "people": len(users),
        **{group: counts[group] for group in work.scheme.groups if counts[group]},
        "undecided_texts": len(found.undecided),
        "undecided_people": sum(found.undecided.values()),
        "written": str(out),
    }


def _proposals(work: _Work) -> dict[Described, str]:
    from manyvoices.curate.categories_files import read_sheet

    path = work.file("proposals.csv")
    rows = read_sheet(path) if path.exists() else []
    return {row.described: row.proposal for row in rows if row.proposal}


def _slug(name: str) -> str:
    kept = "".join(c if c.isalnum() else "-" for c in name.strip().lower()).strip("-")
    if not kept:
        raise typer.BadParameter(f"--annotator {name!r} has no letter or digit")
    return kept
