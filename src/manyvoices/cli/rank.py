"""``manyvoices rank``: a leaderboard with intervals over people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from manyvoices.cli.common import JsonFlag, errors, print_json, verb
from manyvoices.cli.rank_data import FORMATS, kind_of, read, source_of
from manyvoices.cli.rank_output import print_document
from manyvoices.cli.rank_tables import (
    Options,
    facts,
    group_tables,
    rank_counts,
    tables,
)
from manyvoices.cli.rank_tables import (
    sensitivity as sensitivity_tables,
)
from manyvoices.schema.errors import DataError, Fault

if TYPE_CHECKING:
    from manyvoices.aggregate import Battles, Scores


@verb
def rank(
    data: Annotated[
        Path,
        typer.Argument(
            help="A release (native or PRISM's form), battles, rated answers, or counts."
        ),
    ],
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            "-f",
            help=f"{', '.join(FORMATS)}; told from the content if left out.",
        ),
    ] = None,
    method: Annotated[
        list[str] | None,
        typer.Option(
            "--method",
            "-m",
            help="rank_centrality (default), bradley_terry, elo, win_rate, pagerank, newman; of "
            "scores: mean_score, normalized_score, within_turn_rank; repeatable.",
        ),
    ] = None,
    by: Annotated[
        str, typer.Option(help="Resample whole participants, or single battles: participant|row.")
    ] = "participant",
    group: Annotated[
        str | None, typer.Option(help="One table for each value of this field as well.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            help="Of a release: conversations|comparisons|both; all there is if left out."
        ),
    ] = None,
    set_aside: Annotated[
        bool, typer.Option("--set-aside", help="Comparisons: count votes that were set aside too.")
    ] = False,
    resamples: Annotated[int, typer.Option(min=0, help="Resamples; 0 gives no intervals.")] = 1000,
    level: Annotated[float, typer.Option(help="Coverage of the intervals.")] = 0.95,
    interval: Annotated[str, typer.Option(help="percentile|basic|bca.")] = "percentile",
    ties: Annotated[str, typer.Option(help="What a tie counts: half|both|drop.")] = "half",
    alpha: Annotated[float, typer.Option(min=0, help="rank_centrality: pseudo-wins.")] = 1.0,
    l2: Annotated[float, typer.Option(min=0, help="bradley_terry: penalty.")] = 0.0,
    tie_model: Annotated[
        str | None, typer.Option(help="bradley_terry: davidson|rao_kupper.")
    ] = None,
    k: Annotated[float, typer.Option(help="elo: step of one battle.")] = 4.0,
    scale: Annotated[str, typer.Option(help="natural|elo|probability.")] = "natural",
    anchor: Annotated[
        str | None, typer.Option(help="Model that stands at 1000 (scale elo) or 0.")
    ] = None,
    compat: Annotated[
        str | None, typer.Option(help="prism: PRISM's published computation, its mistake included.")
    ] = None,
    tie_threshold: Annotated[
        float, typer.Option(min=0, help="Scores no further apart than this are a tie (releases).")
    ] = 5,
    sensitivity: Annotated[
        bool,
        typer.Option(help="Ranks by method, pseudo-wins, tie threshold, subset, sample size."),
    ] = False,
    figure: Annotated[
        Path | None, typer.Option(help="Draw the scores with their intervals: FILE.svg or .png.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the resamples.")] = 0,
    json: JsonFlag = False,
) -> None:
    """Rank models from battles, with intervals over people.

    A release is read as its comparisons, and as the battles of its conversations' opening turns;
    where it holds both, both are read, and the output says so. Votes that were set aside are
    counted and left out. The interval says how far a score moves when other people of the same kind
    had taken part: whole participants are resampled, because the judgements of one person belong
    together.
    """
    settings = {"alpha": alpha, "l2": l2, "scale": scale, "anchor": anchor, "compat": compat}
    settings |= {"tie_model": tie_model} if tie_model is not None else {}
    options = Options(
        methods=tuple(method or ("rank_centrality",)),
        by=by,
        resamples=resamples,
        level=level,
        seed=seed,
        ties=ties,
        settings=settings,
        interval=interval,
        k=k,
        group=group,
        threshold=tie_threshold,
        sensitivity=sensitivity,
        figure=figure,
        source=source,
        set_aside=set_aside,
    )
    try:
        document = _rank(data, kind_of(data, format), options)
    except ValueError as error:
        # The rooms below raise it for arguments that do not exist or do not go together.
        raise typer.BadParameter(str(error)) from error
    if json:
        print_json(document)
    else:
        print_document(document)


def _rank(data: Path, kind: str, options: Options) -> dict[str, Any]:
    if options.figure is not None and options.figure.suffix not in (".svg", ".png"):
        raise ValueError(f"--figure ends in .svg or .png, found {options.figure.name!r}")
    if kind == "counts":
        return _of_counts(data, options)
    origin = source_of(data, kind, options.source)
    with errors.status(f"Reading {data.name}"):
        battles, scores = read(
            data,
            kind,
            group=options.group,
            threshold=options.threshold,
            with_scores=_needs_scores(options) or (options.sensitivity and origin != "both"),
            source=origin,
            with_quarantined=options.set_aside,
        )
    if not len(battles):
        counted = ", ".join(f"{n} {reason}" for reason, n in battles.excluded.items())
        raise _no_battles(data, counted)
    document: dict[str, Any] = {"data": str(data), "format": kind, **facts(battles)}
    if origin is not None:
        document |= {"source": origin, "n_by_source": _by_source(battles, origin)}
    scored = kind in ("native", "prism", "scores") and origin != "comparisons"
    document["tie_threshold"] = options.threshold if scored else None
    # Comparisons hold no scores: sensitivity's tables of scores would leave them out unsaid.
    return document | _ranked(battles, scores, options, with_scores=origin != "both")


def _of_counts(data: Path, options: Options) -> dict[str, Any]:
    for name, asked in (("--group", options.group), ("--figure", options.figure),
                        ("--sensitivity", options.sensitivity)):  # fmt: skip
        if asked:
            raise ValueError(f"counts do not say who judged what, so {name} needs battles")
    return rank_counts(data, options)


def _ranked(
    battles: Battles, scores: Scores | None, options: Options, *, with_scores: bool
) -> dict[str, Any]:
    """The tables: of all, by group, and under other choices."""
    source = scores if scores is not None and _needs_scores(options) else battles
    document: dict[str, Any] = {"tables": tables(source, options, options.figure)}
    if options.group is not None:
        document["group"] = options.group
        document["groups"] = {
            label: group_tables(_part(source, options.group, label), part, options)
            for label, part in battles.split(options.group)
        }
    if options.sensitivity:
        of_scores = scores if with_scores else None
        document["sensitivity"] = sensitivity_tables(battles, of_scores, options)
    return document


def _by_source(battles: Battles, source: str) -> dict[str, int]:
    if source != "both":
        return {source: len(battles)}
    found = battles.groups["source"]
    return {name: int((found == name).sum()) for name in ("conversations", "comparisons")}


def _needs_scores(options: Options) -> bool:
    from manyvoices.aggregate import SCORE_METHODS

    return any(name in SCORE_METHODS for name in options.methods)


def _part(source: Battles | Scores, group: str, label: str) -> Battles | Scores:
    return source.select(source.groups[group] == label)


def _no_battles(data: Path, counted: str) -> DataError:
    found = f"no battle with a verdict ({counted})" if counted else "no battle"
    return DataError(
        [
            Fault(
                str(data),
                None,
                "",
                found,
                "at least one rated pair of answers, or one judged comparison",
            )
        ]
    )
