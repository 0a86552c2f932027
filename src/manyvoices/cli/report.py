"""``manyvoices report``: a release's answers to the usual questions, as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from manyvoices.cli.common import JsonFlag, console, errors, print_json, verb
from manyvoices.schema.errors import MissingExtraError

if TYPE_CHECKING:
    from manyvoices.analyse.study_report import ReleaseAnalysis


@verb
def report(
    release: Annotated[Path, typer.Argument(help="Folder of a release.", show_default=False)],
    out: Annotated[
        Path, typer.Option("--out", help="Folder for report.html and figures/.", show_default=False)
    ],
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
    as_json: JsonFlag = False,
) -> None:
    """Write a release's report as one self-contained HTML file, with its figures beside it.

    The same release, settings and versions give the same bytes.
    """
    try:
        from manyvoices.report import build_report, provenance
    except ModuleNotFoundError as error:
        if error.name not in ("cmcrameri", "jinja2", "markupsafe", "matplotlib"):
            raise
        raise MissingExtraError("the report", "analysis") from error

    fields = list(dict.fromkeys(group or ()))
    with _progress() as progress:
        result = _analyse(release, fields, resamples, seed, progress)
        step = progress.add_task("Drawing figures", total=None)
        name = release.resolve().name
        made = provenance(name, result.resampling, fields)
        written = build_report(result, made).write(out)
        progress.remove_task(step)
    if as_json:
        print_json(_summary(result, written))
    else:
        console.print(str(written[0]), markup=False, highlight=False, soft_wrap=True)


def _analyse(
    release: Path, fields: list[str], resamples: int, seed: int, progress: Progress
) -> ReleaseAnalysis:
    from manyvoices.analyse.reading import read_release
    from manyvoices.analyse.resampling import Resampling
    from manyvoices.analyse.study_report import analyse_release

    task = progress.add_task("Reading conversations", total=None)
    table = read_release(release, on_conversation=lambda: progress.advance(task))
    return analyse_release(
        table,
        fields=fields,
        resampling=Resampling(n_resamples=resamples, seed=seed),
        on_step=lambda step: progress.update(task, description=f"Computing {step}"),
    )


def _progress() -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.completed:,.0f}"),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=errors, transient=True)


def _summary(result: ReleaseAnalysis, written: tuple[Path, ...]) -> dict[str, Any]:
    """The headline numbers and the paths, for programs."""
    seen = result.overview
    return {
        "report": str(written[0]),
        "figures": [str(path) for path in written[1:]],
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
            board.method: [
                {
                    "model": row.model,
                    "rank": row.rank,
                    "rank_low": row.rank_low,
                    "rank_high": row.rank_high,
                    "score": row.score,
                    "low": row.low,
                    "high": row.high,
                    "win_rate": row.win_rate,
                }
                for row in board.standings
            ]
            for board in result.leaderboard.boards
        },
        "missing": {missing.what: missing.reason for missing in result.leaderboard.missing},
        "groups": [
            {
                "field": comparison.field,
                "groups": {g.label: g.n_participants for g in comparison.groups},
                "tau": comparison.agreement.tau if comparison.agreement else None,
                "tau_by_lot": comparison.agreement.by_lot if comparison.agreement else None,
                "p_value": comparison.agreement.p_value if comparison.agreement else None,
            }
            for comparison in result.groups
        ],
    }
