"""``manyvoices curate``: a release with metadata, subsets and documents, from one without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from manyvoices.cli.common import JsonFlag, console, errors, print_json, verb
from manyvoices.schema.errors import DataError, Fault
from manyvoices.schema.wording import plural

if TYPE_CHECKING:
    from manyvoices.curate.moderation_asking import Asked
    from manyvoices.curate.pipeline import Curated, Running


@verb
def curate(
    release: Annotated[
        Path, typer.Argument(help="A release, or a folder of PRISM's files.", show_default=False)
    ],
    out: Annotated[Path, typer.Option(help="Folder to write; it must not exist, or be empty.")],
    language: Annotated[
        Literal["py3langid", "prism", "none"],
        typer.Option(help="Language of each text; prism: langid's label, as PRISM has it."),
    ] = "py3langid",
    pii: Annotated[
        Literal["rules", "scrubadub", "presidio", "none"],
        typer.Option(help="Personal information in each text, with its place."),
    ] = "rules",
    regions: Annotated[
        str, typer.Option(help="Countries whose telephone numbers are looked for.")
    ] = "GB,US",
    moderation: Annotated[
        str,
        typer.Option(
            help="Ask a moderation model: URL of an OpenAI-compatible endpoint, or folder of a"
            " classifier. Texts are sent there."
        ),
    ] = "none",
    moderation_model: Annotated[str | None, typer.Option(help="The endpoint's model.")] = None,
    moderation_key_env: Annotated[
        str | None, typer.Option(help="Variable that holds the endpoint's key.")
    ] = None,
    moderation_labels: Annotated[
        Path | None, typer.Option(help="What a classifier's labels mean, as JSON.")
    ] = None,
    verdicts: Annotated[
        Path | None,
        typer.Option(
            help="File that keeps the model's verdicts, so that no text is sent twice; given alone,"
            " they are used and nobody is asked. WORK/verdicts.jsonl if left out."
        ),
    ] = None,
    reviews: Annotated[
        Path | None,
        typer.Option(help="What people decided on PII flags: a file of `review --merge`."),
    ] = None,
    categories: Annotated[
        Path | None, typer.Option(help="Free texts and their groups: a mapping of `categories`.")
    ] = None,
    scheme: Annotated[
        list[str] | None,
        typer.Option(help="FIELD=FILE: the groups of a field, where they are not PRISM's."),
    ] = None,
    balanced: Annotated[
        bool, typer.Option("--balanced", help="Draw the balanced subset of conversations.")
    ] = False,
    census: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME=FILE: draw a sample like a census; uk and us read PRISM's two files, any"
            " other name a CSV of cells and count or share. Can be repeated."
        ),
    ] = None,
    preset: Annotated[
        Literal["prism", "paper"] | None,
        typer.Option(help="Draw subsets as PRISM's code, or paper, has it."),
    ] = None,
    checks: Annotated[
        bool, typer.Option("--checks", help="Look for copies, straight lines and haste.")
    ] = False,
    exclude: Annotated[
        Path | None, typer.Option(help="Leave out what is decided in this exclusions.csv.")
    ] = None,
    engine: Annotated[
        Literal["local", "ray"],
        typer.Option(help="Processes of this machine, or Ray (RAY_ADDRESS names a cluster)."),
    ] = "local",
    processes: Annotated[int, typer.Option(min=1, help="Processes at once.")] = 1,
    work: Annotated[
        Path | None,
        typer.Option(help="Folder for what is half done; a run broken off goes on from it."),
    ] = None,
    at: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
            help="The new release's date (UTC); the parent's if left out.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all draws.")] = 0,
    json: JsonFlag = False,
) -> None:
    """Make a new release from one: with metadata, subsets, checks and documents.

    RELEASE is only read. What nobody was asked stays null, and what an earlier curation found
    stays as it was. The same release and settings give the same bytes, whatever the engine and
    however often the run was broken off.
    """
    from manyvoices.curate.pipeline import Running, curate_release
    from manyvoices.curate.plan import Plan

    kept = _verdicts(moderation, verdicts, work)
    plan = Plan(
        language=language,
        pii=pii,
        regions=tuple(name.strip().upper() for name in regions.split(",") if name.strip()),
        verdicts=kept,
        reviews=reviews,
        categories=categories,
        schemes=_named(scheme, "--scheme"),
        balanced=balanced,
        census=_named(census, "--census"),
        preset=preset,
        checks=checks,
        exclude=exclude,
        seed=seed,
    )
    ask = None
    if moderation != "none" and kept is not None:
        ask = _asking(
            kept,
            moderation,
            model=moderation_model,
            api_key_env=moderation_key_env,
            labels=moderation_labels,
        )
    running = Running(engine=engine, processes=processes, work=work, ask=ask)
    when = None if at is None else at.replace(tzinfo=UTC)
    with _shown(running) as shown:
        done = curate_release(release, out, plan, at=when, running=shown)
    if json:
        print_json({"out": out, **_summary(done)})
    else:
        _print(out, done)


@contextmanager
def _shown(running: Running) -> Iterator[Running]:
    from dataclasses import replace

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=errors, transient=True) as bar:
        task = bar.add_task("Reading the release", total=None)
        yield replace(
            running,
            on_step=lambda name: bar.update(task, description=name),
            on_texts=lambda n: bar.update(task, total=n, completed=0),
            on_rows=lambda n: bar.advance(task, n),
        )


def _verdicts(moderation: str, verdicts: Path | None, work: Path | None) -> Path | None:
    """Where verdicts are kept; None where there are none."""
    if verdicts is None and moderation != "none":
        if work is None:
            found, wanted = "no place for its verdicts", "--verdicts FILE, or --work FOLDER"
            raise DataError([Fault("--moderation", None, "", found, wanted)])
        return work / "verdicts.jsonl"
    return verdicts


def _asking(path: Path, where: str, **settings: Any) -> Callable[[Iterator[str | None]], Asked]:
    """A function that asks a model about texts and keeps what it says at `path`."""
    import asyncio

    from manyvoices.curate.moderation_asking import ask_about
    from manyvoices.curate.moderation_file import VerdictFile
    from manyvoices.llm.moderation import build_moderator

    moderator = build_moderator(where, **settings)

    async def ask(texts: Iterator[str | None]) -> Asked:
        try:
            with VerdictFile(path, asked_model=moderator.model) as file:
                return await ask_about(texts, moderator, file)
        finally:
            await moderator.aclose()

    return lambda texts: asyncio.run(ask(texts))


def _named(options: list[str] | None, option: str) -> dict[str, Path]:
    """``NAME=FILE``, as often as it was given."""
    parts = [value.partition("=") for value in options or ()]
    faults = [
        Fault(option, None, "", "".join(part), "NAME=FILE") for part in parts if not all(part)
    ]
    if faults:
        raise DataError(faults)
    return {name: Path(path) for name, _, path in parts}


def _summary(done: Curated) -> dict[str, object]:
    return {
        "release_id": done.release.release_id,
        "parent": done.release.parent,
        "n_texts": done.n_texts,
        "n_shards": done.n_shards,
        "n_shards_taken_up": done.n_shards_taken_up,
        "n_excluded": done.n_excluded,
        "n_proposed": done.n_proposed,
        "counts": done.release.counts,
        "files": [file.path for file in done.release.files],
        "notes": done.release.notes,
    }


def _print(out: Path, done: Curated) -> None:
    def say(line: str) -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    say(f"{out}: release {done.release.release_id} with {plural(done.n_texts, 'text')}")
    if done.n_shards_taken_up:
        say(f"  {done.n_shards_taken_up} of {done.n_shards} shards were done by an earlier run")
    for file in done.release.files:
        say(f"  {file.path}  {file.bytes} bytes")
    if done.n_excluded:
        say(f"  {plural(done.n_excluded, 'exclusion')} in force (checks/exclusions.csv)")
    if done.n_proposed:
        proposed = plural(done.n_proposed, "exclusion")
        say(f"  {proposed} proposed; nothing is left out until somebody decides")
    for note in done.release.notes:
        say(f"  note: {note}")
