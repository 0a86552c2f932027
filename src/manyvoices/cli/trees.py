"""``manyvoices trees``: message trees to and from files, and a forecast before a launch."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from manyvoices.cli.common import JsonFlag, console, errors, print_json, verb

if TYPE_CHECKING:
    from manyvoices.collect.studies.models import Study

Action = Literal["export", "import", "simulate"]


@verb
def trees(
    action: Annotated[Action, typer.Argument(help="What to do.", show_default=False)],
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="import: files of trees, seeds or samples; simulate: a study.yaml.",
            show_default=False,
        ),
    ] = None,
    study: Annotated[str, typer.Option(help="export, import: id of the study.")] = "",
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
        typer.Option(help="export: languages, comma-separated. import: of messages without one."),
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
    seed: Annotated[int, typer.Option(help="simulate: of every draw.")] = 0,
    db: Annotated[str | None, typer.Option(help="Database URL, as for serve.")] = None,
    data: Annotated[Path, typer.Option(help="Folder of the server's own files.")] = Path(
        ".manyvoices"
    ),
    json: JsonFlag = False,
) -> None:
    """Export message trees, import them, or forecast a project with simulated people.

    export: files OUT/trees.jsonl and so on, as OASST publishes them; native holds single reviews,
    rankings and steps as well, and can be imported elsewhere. What is left out is counted by
    reason; nobody who withdrew is in it. import: OASST trees or messages, native files, seeds, or
    sampling reports whose outputs become replies to rank. Nothing is stored if a file has a fault,
    and what is there already is not stored twice. simulate: bots of known reliability grow trees by
    the study's rules, and the table says what it costs and how right it comes out.
    """
    if action == "simulate":
        _simulate(
            paths or [], people, n_trees, careless, spamming, minutes, seed, lang, as_json=json
        )
        return
    found = _study(study, db=db, folder=data)
    if action == "import":
        _import(found, paths or [], format_, state, lang, config, seed, as_json=json)
        return
    from manyvoices.collect.trees.selection import Selection

    selection = Selection(
        states=_states(state or "ready_for_export"),
        languages=_names(lang),
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
    _export(
        found,
        out,
        selection,
        formats=_names(format_) or (("messages",) if selection.is_flat else ("trees",)),
        simulated=simulated,
        purposes=tuple(purpose or ()),
        key=_release_key(found, pseudonyms, key, data),
        dates=dates,
        suffix=".jsonl.gz" if gz else ".jsonl",
        as_json=json,
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


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


def _states(text: str) -> tuple[Any, ...]:
    """States by name; empty for all."""
    from manyvoices.schema import Fault, InputError, TreeState

    if text == "all":
        return ()
    known = {state.value: state for state in TreeState}
    wrong = [name for name in _names(text) if name not in known]
    if wrong:
        wanted = f"all, or any of {', '.join(known)}"
        raise InputError([Fault("--state", None, "", name, wanted) for name in wrong])
    return tuple(known[name] for name in _names(text))


def _release_key(study: Study, mode: str, file: Path | None, folder: Path) -> bytes | None:
    from datetime import UTC, datetime

    from manyvoices.collect.server import home
    from manyvoices.curate.privacy import release_key

    master = file.read_bytes().strip() if file is not None else None
    if master is None and mode in {"fresh", "stable"}:
        master = home.pseudonym_key(folder)
    return release_key(master, mode=mode, study_id=study.pk, now=datetime.now(UTC))


def _export(
    study: Study,
    out: Path | None,
    selection: Any,
    *,
    formats: tuple[str, ...],
    simulated: str,
    purposes: tuple[str, ...],
    key: bytes | None,
    dates: str,
    suffix: str,
    as_json: bool,
) -> None:
    from django.utils import timezone

    from manyvoices.collect.taken_out import note_export
    from manyvoices.collect.trees.exporting import check_formats, export_trees, outlet_for

    if out is None:
        raise typer.BadParameter("name the folder to write to with --out")
    if simulated not in {"include", "exclude", "only"}:
        raise typer.BadParameter(f"--simulated {simulated}: expected include, exclude or only")
    check_formats(formats, selection)
    outlet = outlet_for(
        study, selection, simulated=simulated, purposes=purposes, key=key, dates=dates
    )
    with _counting("Reading trees") as progress:
        done = export_trees(outlet, out, formats, suffix=suffix, progress=progress)
    note_export(
        "server",
        "export trees",
        study,
        kind=",".join(formats),
        n_trees=done.n_trees,
        detail={"messages": done.n_messages},
        now=timezone.now(),
    )
    if as_json:
        print_json(done)
        return
    for name, n in done.files.items():
        _say(f"{out / name}: {n:,} rows")
    if not selection.is_flat:
        _say(
            f"{done.n_trees:,} trees, {done.n_messages:,} messages, {done.n_reviews:,} reviews,"
            f" {done.n_rankings:,} rankings"
        )
    for reason, n in done.left_out.items():
        _say(f"  left out: {n:,} {reason}")


def _import(
    study: Study,
    paths: list[Path],
    kind: str,
    state: str,
    language: str,
    config: str,
    seed: int,
    *,
    as_json: bool,
) -> None:
    import random
    from datetime import UTC, datetime

    from manyvoices.collect.trees.import_files import import_files

    if not paths:
        raise typer.BadParameter("name the files to import")
    states = _states(state) if state else (None,)
    if len(states) != 1:
        raise typer.BadParameter("--state: one state for all trees that come in")
    with _counting("Storing trees") as progress:
        done = import_files(
            study,
            paths,
            now=datetime.now(UTC),
            rng=random.Random(seed),
            kind=kind,
            state=states[0],
            language=language,
            configs=_names(config),
            progress=lambda so_far: progress(so_far.n_trees + so_far.n_known),
        )
    if as_json:
        print_json(done)
        return
    _say(
        f"{done.n_trees:,} trees came, with {done.n_messages:,} messages, {done.n_reviews:,}"
        f" reviews and {done.n_rankings:,} rankings; {done.n_known:,} were here already"
    )
    if done.n_added:
        _say(f"  {done.n_added:,} samples were added to those")
    for name, n in sorted(done.states.items()):
        _say(f"  {n:,} are in state {name}")
    for note, n in sorted(done.notes.items()):
        _say(f"  {n:,} {note}")


def _simulate(
    paths: list[Path],
    people: int,
    n_trees: int,
    careless: float,
    spamming: float,
    minutes: float,
    seed: int,
    language: str,
    *,
    as_json: bool,
) -> None:
    from manyvoices.cli.trees_forecast import merge_by_ranked_pairs, print_forecast
    from manyvoices.design import load_study
    from manyvoices.design.trees import TreeTasksStage
    from manyvoices.design.trees.crowds import Crowd
    from manyvoices.design.trees.simulating import simulate
    from manyvoices.schema import Fault, InputError

    if len(paths) != 1:
        raise typer.BadParameter("name one study.yaml")
    if careless + spamming > 1:
        raise typer.BadParameter("--careless and --spamming together are above 1")
    spec = load_study(paths[0])
    stage = next((stage for stage in spec.stages if isinstance(stage, TreeTasksStage)), None)
    if stage is None:
        raise InputError(
            [Fault(str(paths[0]), None, "stages", "no tree_tasks", "a stage that grows trees")]
        )
    crowd = Crowd(people, careless=careless, spamming=spamming, minutes_a_day=minutes)
    with _counting("Simulating trees", n_trees) as progress:
        forecast = simulate(
            stage.policy_for(language or (stage.languages or spec.languages)[0]),
            crowd,
            n_trees=n_trees,
            merge=merge_by_ranked_pairs,
            seed=seed,
            progress=progress,
        )
    if as_json:
        print_json(forecast)
    else:
        print_forecast(forecast)


@contextlib.contextmanager
def _counting(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A bar, or a count where the end is not known; drawn on standard error."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda n: bar.update(task, completed=n)


def _say(line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
