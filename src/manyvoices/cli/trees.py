"""``manyvoices trees``: message trees to and from files, a forecast, and the rules in force."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from manyvoices.cli import trees_files, trees_forecast, trees_policy
from manyvoices.cli.common import JsonFlag, verb

if TYPE_CHECKING:
    from manyvoices.collect.studies.models import Study
    from manyvoices.design.trees.crowds import Crowd

Action = Literal["export", "import", "simulate", "policy"]


@verb
def trees(
    action: Annotated[Action, typer.Argument(help="What to do.", show_default=False)],
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="import: files of trees, seeds or samples; simulate: a study.yaml; policy: a file"
            " with the fields to be changed, if any are.",
            show_default=False,
        ),
    ] = None,
    study: Annotated[str, typer.Option(help="export, import, policy: id of the study.")] = "",
    out: Annotated[Path | None, typer.Option(help="export: folder to write to.")] = None,
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            help="export: any of trees, messages, flat, threads, native, labels, rankings,"
            " comma-separated. import: oasst, native, seeds or samples; told from the file if"
            " left out.",
        ),
    ] = "",
    state: Annotated[
        str,
        typer.Option(
            help="export: states, comma-separated, or all; ready_for_export if left out. import:"
            " state in which trees begin, such as ranking; as the file says, or backlog_ranking."
        ),
    ] = "",
    lang: Annotated[
        str,
        typer.Option(
            help="export, policy: languages, comma-separated; all if left out. import: of messages"
            " without one. simulate: whose policy."
        ),
    ] = "",
    deleted: Annotated[str, typer.Option(help="export: without, with or only.")] = "without",
    rejected: Annotated[str, typer.Option(help="export: without, with or only.")] = "without",
    undecided: Annotated[
        str, typer.Option(help="export: messages under review: without, with or only.")
    ] = "without",
    synthetic: Annotated[
        str, typer.Option(help="export: messages by models: without, with or only.")
    ] = "with",
    prompts_only: Annotated[
        bool, typer.Option("--prompts-only", help="export: first messages alone.")
    ] = False,
    author: Annotated[str, typer.Option(help="export: messages of one participant.")] = "",
    labels: Annotated[bool, typer.Option(help="export: with summed labels.")] = True,
    events: Annotated[bool, typer.Option(help="export: with single rankings.")] = False,
    limit: Annotated[int | None, typer.Option(min=0, help="export: trees at most.")] = None,
    simulated: Annotated[
        str, typer.Option(help="export: rehearsal bots: include, exclude or only.")
    ] = "exclude",
    purpose: Annotated[
        list[str] | None,
        typer.Option("--for", help="export: only what was given for this too; can be repeated."),
    ] = None,
    pseudonyms: Annotated[
        str, typer.Option(help="export: fresh, stable or none, as for release.")
    ] = "fresh",
    dates: Annotated[
        str, typer.Option(help="export: none, day, month or relative, as for release.")
    ] = "none",
    key: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="export: file with the key of pseudonyms."),
    ] = None,
    gz: Annotated[bool, typer.Option("--gz", help="export: compress the files.")] = False,
    config: Annotated[
        str, typer.Option(help="import: configurations of sampling reports, such as greedy.")
    ] = "",
    people: Annotated[int, typer.Option(min=1, help="simulate: size of the crowd.")] = 100,
    n_trees: Annotated[
        int, typer.Option("--trees", min=1, help="simulate: trees to be made ready.")
    ] = 100,
    careless: Annotated[
        float, typer.Option(min=0, max=1, help="simulate: share of careless people.")
    ] = 0.15,
    spamming: Annotated[
        float, typer.Option(min=0, max=1, help="simulate: share of spamming people.")
    ] = 0.05,
    minutes: Annotated[
        float, typer.Option(min=1, help="simulate: minutes a day of each person.")
    ] = 20.0,
    prompts: Annotated[
        float,
        typer.Option(
            "--prompts-per-tree",
            min=1,
            help="simulate: prompts written for each tree; above 1 the lottery has a choice.",
        ),
    ] = 1.0,
    seed: Annotated[int, typer.Option(help="simulate: of every draw.")] = 0,
    reason: Annotated[str, typer.Option(help="policy: why it is changed.")] = "",
    db: Annotated[str | None, typer.Option(help="Database URL, as for serve.")] = None,
    data: Annotated[Path, typer.Option(help="Folder of the server's own files.")] = Path(
        ".manyvoices"
    ),
    json: JsonFlag = False,
) -> None:
    """Export message trees, import them, forecast a project, or change its rules while it runs.

    export: files OUT/trees.jsonl and so on, as OASST publishes them; native holds single reviews,
    rankings and steps as well, and can be imported elsewhere. What is left out is counted by
    reason; nobody who withdrew is in it. import: OASST trees or messages, native files, seeds, or
    sampling reports whose outputs become replies to rank. Nothing is stored if a file has a fault,
    and what is there already is not stored twice. simulate: bots of known reliability grow trees by
    the study's rules, and the table says what it costs and how right it comes out. policy: the
    rules in force and their history; with a file (YAML, such as `num_reviews_reply: 5`) its fields
    are put in force, within seconds and without a restart.
    """
    if action == "simulate":
        crowd = _crowd(people, careless, spamming, minutes)
        trees_forecast.simulate_study(
            paths or [],
            crowd,
            n_trees=n_trees,
            prompts_per_tree=prompts,
            seed=seed,
            language=lang,
            as_json=json,
        )
        return
    found = _study(study, db=db, folder=data)
    if action == "import":
        trees_files.import_into(
            found,
            paths or [],
            kind=format_,
            state=state,
            language=lang,
            config=config,
            seed=seed,
            as_json=json,
        )
        return
    if action == "policy":
        trees_policy.change_or_show(found, paths or [], languages=lang, reason=reason, as_json=json)
        return
    from manyvoices.collect.trees.selection import Selection

    selection = Selection(
        states=trees_files.states_named(state or "ready_for_export"),
        languages=trees_files.names_in(lang),
        deleted=deleted,  # type: ignore[arg-type]
        rejected=rejected,  # type: ignore[arg-type]
        undecided=undecided,  # type: ignore[arg-type]
        synthetic=synthetic,  # type: ignore[arg-type]
        prompts_only=prompts_only,
        author=author,
        labels=labels,
        events=events,
        limit=limit,
    )
    usual = ("messages",) if selection.is_flat else ("trees",)
    trees_files.export_to(
        out,
        found,
        selection,
        formats=trees_files.names_in(format_) or usual,
        simulated=simulated,
        purposes=tuple(purpose or ()),
        key=trees_files.release_key_of(found, pseudonyms, key, data),
        dates=dates,
        suffix=".jsonl.gz" if gz else ".jsonl",
        as_json=json,
    )


def _study(name: str, *, db: str | None, folder: Path) -> Study:
    from manyvoices.collect.server import setup
    from manyvoices.schema import Fault, InputError

    if not name:
        raise typer.BadParameter("name the study with --study")
    setup.configure(db=db, folder=folder)
    from manyvoices.collect.studies.models import Study as StoredStudy

    setup.require_tables()
    found = StoredStudy.objects.filter(pk=name).first()
    if found is None:
        known = ", ".join(StoredStudy.objects.values_list("id", flat=True)) or "none"
        raise InputError([Fault("--study", None, "", name, f"a study of this database: {known}")])
    return found


def _crowd(people: int, careless: float, spamming: float, minutes: float) -> Crowd:
    from manyvoices.design.trees.crowds import Crowd

    if careless + spamming > 1:
        raise typer.BadParameter("--careless and --spamming together are above 1")
    return Crowd(people, careless=careless, spamming=spamming, minutes_a_day=minutes)
