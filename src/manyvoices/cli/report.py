"""``manyvoices report``: a release's answers to the usual questions, as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from manyvoices.cli.common import JsonFlag, console, errors, print_json, verb
from manyvoices.schema.errors import MissingExtraError

if TYPE_CHECKING:
    from manyvoices.analyse.groups import GroupComparison
    from manyvoices.analyse.leaderboard import Standing
    from manyvoices.report.making import Made, Wish
    from manyvoices.report.running import ChapterRun

FAULTS = "report-faults.log"
"""File beside the page, with the traceback of every chapter in which the program failed."""


@verb
def report(
    release: Annotated[
        Path,
        typer.Argument(
            help="Folder of a release, ours or PRISM's; or trees or messages in OASST's form, or "
            "a table of ratings.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", help="Folder for report.html, figures/ and tables/.", show_default=False
        ),
    ],
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="ID", help="Only this chapter; may be given several times."),
    ] = None,
    compare: Annotated[
        Path | None, typer.Option("--compare", help="Another release to compare with.")
    ] = None,
    reference: Annotated[
        list[Path] | None,
        typer.Option(
            "--reference",
            help="Shares of a population that the people are held against: a census table or "
            "margins; may be given several times.",
        ),
    ] = None,
    embedder: Annotated[
        str,
        typer.Option(
            "--embedder", help="lsa, or the folder of a sentence-transformers model: for topics."
        ),
    ] = "lsa",
    resamples: Annotated[
        int, typer.Option("--resamples", min=1, help="Resamples of participants for intervals.")
    ] = 1000,
    group: Annotated[
        list[str] | None,
        typer.Option(
            "--group",
            help="Compare groups by this question, by conversation_type or by language; may be "
            "given several times. Left out: the first questions with groups large enough.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of all resampling.")] = 0,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Compute everything again, and keep nothing.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Write a report as one self-contained HTML file, with its figures and tables beside it.

    The same files, settings and versions give the same bytes. What was computed is kept in your
    cache folder, so that the second report on the same files is quick.
    """
    try:
        from manyvoices.report.making import make_report, plan_report
    except ModuleNotFoundError as error:
        if error.name not in ("cmcrameri", "jinja2", "markupsafe", "matplotlib", "polars"):
            raise
        raise MissingExtraError("the report", "analysis") from error

    with _progress() as progress:
        step = progress.add_task("Looking", total=None)

        def tick(text: str) -> None:
            progress.update(step, description=text)

        settings: dict[str, Any] = {"compare": compare, "embedder": embedder, "tick": tick}
        settings |= {"references": tuple(reference or ())}
        wish = _wish(release, only, group, settings, (resamples, seed), keep=not no_cache)
        plan = plan_report(wish)
        progress.update(step, total=plan.n_steps, completed=0)
        made = make_report(wish, plan, on_step=lambda: progress.advance(step))
        written = made.report.write(out)
    _tidy(wish)
    _log(out, made.faults)
    _print_costs(made.runs)
    if as_json:
        print_json(_summary(made, written))
    else:
        console.print(str(written[0]), markup=False, highlight=False, soft_wrap=True)
    for run in made.faults:
        message = f"The chapter “{run.title}” ({run.id}) failed: {run.fault}; see {out / FAULTS}"
        errors.print(message, markup=False, highlight=False, soft_wrap=True)
    if made.faults:
        raise typer.Exit(1)


def _wish(
    release: Path,
    only: list[str] | None,
    group: list[str] | None,
    settings: dict[str, Any],
    drawn: tuple[int, int],
    *,
    keep: bool,
) -> Wish:
    from manyvoices.analyse.resampling import Resampling
    from manyvoices.analyse.settings import Settings
    from manyvoices.report.cache import artefact_folder, result_cache
    from manyvoices.report.making import Wish

    return Wish(
        path=release,
        settings=Settings(
            resampling=Resampling(n_resamples=drawn[0], seed=drawn[1]),
            cache=artefact_folder() if keep else None,
            **settings,
        ),
        only=tuple(dict.fromkeys(name.replace("_", "-") for name in only or ())),
        fields=tuple(dict.fromkeys(group or ())),
        cache=result_cache() if keep else None,
    )


def _tidy(wish: Wish) -> None:
    """Keep the cache within its bounds."""
    from manyvoices.report.cache import prune

    for folder in (wish.cache.folder if wish.cache else None, wish.settings.cache):
        if folder is not None:
            prune(folder)


def _log(out: Path, faults: tuple[ChapterRun, ...]) -> None:
    """Write the tracebacks; a log of an earlier report goes when there is nothing to log."""
    log = out / FAULTS
    if faults:
        text = "\n".join(f"{run.id}: {run.title}\n\n{run.trace}" for run in faults)
        log.write_text(text, encoding="utf-8")
    else:
        log.unlink(missing_ok=True)


def _progress() -> Progress:
    columns = (
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=errors, transient=True)


def _print_costs(runs: tuple[ChapterRun, ...]) -> None:
    """What each chapter took, and what became of it."""
    table = Table("Chapter", "What came of it", box=None, pad_edge=False)
    table.add_column("Seconds", justify="right")
    table.add_column("Peak memory", justify="right")
    for run in runs:
        came = {"shown": "taken from the cache" if run.kept else "computed"}.get(
            run.state, {"note": "a note", "fault": "FAILED"}.get(run.state, "")
        )
        table.add_row(run.title, came, f"{run.seconds:.1f}", f"{run.peak_bytes / 1024**2:,.0f} MB")
    errors.print(table)


def _summary(made: Made, written: tuple[Path, ...]) -> dict[str, Any]:
    """The headline numbers and the paths, for programs."""
    paths = [str(path) for path in written[1:]]
    return {
        "report": str(written[0]),
        "figures": [path for path in paths if path.endswith((".svg", ".png"))],
        "tables": [path for path in paths if path.endswith((".csv", ".parquet"))],
        "index": next((path for path in paths if path.endswith("report.json")), None),
        "chapters": [
            {
                "id": run.id,
                "title": run.title,
                "state": run.state,
                "note": run.fault or run.note,
                "items": len(run.drawn.items) if run.drawn else 0,
                "seconds": round(run.seconds, 3),
                "peak_bytes": run.peak_bytes,
                "from_cache": run.kept,
            }
            for run in made.runs
        ],
        **_headline(made),
    }


def _headline(made: Made) -> dict[str, Any]:
    """What the first pages found; nothing where none was made."""
    result = made.result
    if result is None:
        return {}
    seen = result.overview
    return {
        "release_id": result.source.release_id,
        "n_participants": seen.n_participants,
        "n_simulated": seen.simulated.n,
        "n_conversations": seen.n_conversations,
        "n_turns": seen.n_turns,
        "n_utterances": seen.n_utterances,
        "n_failed": seen.failed.n,
        "n_rated": seen.rated.n,
        "n_battles": result.leaderboard.n_battles,
        "leaderboard": {
            board.method: [_standing(row) for row in board.standings]
            for board in result.leaderboard.boards
        },
        "missing": {missing.what: missing.reason for missing in result.leaderboard.missing},
        "groups": [_groups(comparison) for comparison in result.groups],
    }


def _standing(row: Standing) -> dict[str, Any]:
    return {
        "model": row.model,
        "rank": row.rank,
        "rank_low": row.rank_low,
        "rank_high": row.rank_high,
        "score": row.score,
        "low": row.low,
        "high": row.high,
        "win_rate": row.win_rate,
    }


def _groups(comparison: GroupComparison) -> dict[str, Any]:
    agreement = comparison.agreement
    return {
        "field": comparison.field,
        "groups": {group.label: group.n_participants for group in comparison.groups},
        "tau": agreement.tau if agreement else None,
        "tau_by_lot": agreement.by_lot if agreement else None,
        "p_value": agreement.p_value if agreement else None,
    }
