"""``manyvoices consensus``: from several people's rankings to one order each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from manyvoices.cli.common import JsonFlag, console, errors, print_json, verb
from manyvoices.cli.elections import Election, first_keys, read_elections
from manyvoices.schema.errors import DataError, Fault
from manyvoices.schema.wording import plural

FORMATS = ("oasst-trees", "ballots", "places")
SHOWN = 20
"""Elections listed on the screen; all are in the file of --out."""


@verb
def consensus(
    trees: Annotated[
        Path, typer.Argument(help="OASST trees, ballots (one to a line), or a table of places.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write one JSON line per election here.")
    ] = None,
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            "-f",
            help="oasst-trees, ballots or places; told from the content if left out.",
        ),
    ] = None,
    ties: Annotated[
        str, typer.Option(help="How equal margins are ordered: random (by seed)|lex|ballot.")
    ] = "random",
    unranked: Annotated[
        str, typer.Option(help="Candidates that a ballot leaves out: no_opinion|last.")
    ] = "no_opinion",
    seed: Annotated[int, typer.Option(help="Seed of the tie rule.")] = 0,
    json: JsonFlag = False,
) -> None:
    """Merge rankings into consensus orders by ranked pairs.

    In message trees an election is a set of sibling replies, and a ballot is one person's ranking
    event. Trees published without these events hold only ranks that were merged before; such an
    order is passed on as published, and said to be so.
    """
    kind = _kind(trees, format)
    try:
        with errors.status(f"Merging {trees.name}"):
            results = [
                _merged(trees, election, ties, unranked, seed)
                for election in read_elections(trees, kind)
            ]
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if not results:
        raise _nothing(trees, kind)
    if out is not None:
        _write(results, out)
    document = {"data": str(trees), "format": kind, **_counts(results)}
    if json:
        print_json({**document, "elections": results})
    else:
        _print(document, results, out)


def _kind(path: Path, name: str | None) -> str:
    if name is not None:
        if name not in FORMATS:
            raise typer.BadParameter(f"--format is one of {', '.join(FORMATS)}, found {name!r}")
        return name
    if path.name.endswith((".csv", ".csv.gz", ".parquet")):
        return "places"
    found = "ballots" if "election_id" in first_keys(path) else _detected(path)
    if found not in FORMATS:
        wanted = f"rankings: {' or '.join(FORMATS)}"
        raise DataError([Fault(str(path), None, "", found, wanted)])
    return found


def _detected(path: Path) -> str:
    from manyvoices.io import detect_format

    return detect_format(path)


def _merged(path: Path, election: Election, ties: str, unranked: str, seed: int) -> dict[str, Any]:
    try:
        return _merge(election, ties, unranked, seed)
    except DataError as error:
        raise _at(path, election, error) from error


def _merge(election: Election, ties: Any, unranked: Any, seed: int) -> dict[str, Any]:
    """Return one election's result; `source` says whether ballots or published ranks made it."""
    result: dict[str, Any] = {
        "election_id": election.election_id,
        "source": "ballots",
        "order": [],
        "n_ballots": len(election.rankings),
        "n_not_rankable": election.not_rankable,
        "published_order": election.published,
    }
    if not election.rankings:
        source = "published" if election.published else "none"
        return {**result, "source": source, "order": election.published or []}
    from manyvoices.aggregate import Ballots, ranked_pairs

    named = {name for ranking in election.rankings for group in ranking for name in _names(group)}
    candidates = election.candidates or sorted(named)
    left_out = []
    if unranked == "no_opinion":
        # Nobody said anything about these; a tie rule must not lift them above those ranked.
        left_out = [name for name in candidates if name not in named]
        candidates = [name for name in candidates if name in named]
    ballots = Ballots.from_rankings(election.rankings, candidates, election.weights, unranked)
    merged = ranked_pairs(ballots, ties=ties, seed=seed if ties != "lex" else None)
    return {
        **result,
        "order": list(merged.order),
        "is_unique": merged.is_unique,
        "n_tied_pairs": merged.n_tied,
        "n_overruled": int(((merged.margins > 0) & ~merged.locked).sum()),
        "never_ranked": left_out,
        "candidates": list(merged.candidates),
        "margins": merged.margins.tolist(),
    }


def _names(group: Any) -> list[str]:
    return list(group) if isinstance(group, list) else [group]


def _at(path: Path, election: Election, error: DataError) -> DataError:
    """Say in which file and election the faults of its ballots are."""
    where = f"election {election.election_id}"
    faults = [
        replace(fault, file=str(path), line=None, path=f"{where}, ballot {fault.line}{fault.path}")
        for fault in error.faults
    ]
    return DataError(faults, n_more=error.n_more)


def _counts(results: list[dict[str, Any]]) -> dict[str, Any]:
    source = Counter(result["source"] for result in results)
    merged = [result for result in results if result["source"] == "ballots"]
    both = [result for result in merged if result["published_order"]]
    return {
        "n_elections": len(results),
        "n_merged": len(merged),
        "n_ballots": sum(result["n_ballots"] for result in merged),
        "n_unique": sum(result["is_unique"] for result in merged),
        "n_with_overruled_majority": sum(result["n_overruled"] > 0 for result in merged),
        "n_not_rankable": sum(result["n_not_rankable"] for result in results),
        "n_published_only": source["published"],
        "n_without_order": source["none"],
        "n_published_compared": len(both),
        "n_published_equal": sum(_agrees(result) for result in both),
    }


def _agrees(result: dict[str, Any]) -> bool:
    """Compare our order with the published one on the replies that both rank."""
    published = result["published_order"]
    ours = [name for name in result["order"] if name in published]
    return ours == [name for name in published if name in ours]


def _nothing(path: Path, kind: str) -> Exception:
    wanted = {
        "oasst-trees": "sibling replies with ranking events (events.ranking) or ranks",
        "ballots": "at least one ballot",
        "places": "at least one row",
    }[kind]
    return DataError([Fault(str(path), None, "", "no ranking of anything", wanted)])


def _write(results: list[dict[str, Any]], out: Path) -> None:
    from manyvoices.io.writing import write_records

    write_records(results, out)


def _print(document: dict[str, Any], results: list[dict[str, Any]], out: Path | None) -> None:
    for line in _lines(document):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if out is not None:
        console.print(f"Written: {out}", markup=False, highlight=False, soft_wrap=True)
    else:
        _print_orders([result for result in results if result["order"]])


def _lines(document: dict[str, Any]) -> Iterator[str]:
    yield f"{document['data']} ({document['format']}): {_elections(document['n_elections'])}"
    if document["n_merged"]:
        yield (
            f"Merged by ranked pairs: {_elections(document['n_merged'])} from "
            f"{plural(document['n_ballots'], 'ballot')}; in {document['n_unique']:,} the order "
            "does not depend on how ties are broken"
        )
    if document["n_with_overruled_majority"]:
        n = document["n_with_overruled_majority"]
        yield f"A majority was overruled by larger ones in {_elections(n)}"
    if document["n_published_compared"]:
        equal, n = document["n_published_equal"], document["n_published_compared"]
        yield f"Published ranks agree with the merged order in {equal:,} of {_elections(n)}"
    if document["n_published_only"]:
        yield (
            f"Not merged: {_elections(document['n_published_only'])} with nothing but ranks "
            "that were merged before, without the single rankings (events.ranking); their "
            "orders are passed on as published"
        )
    if document["n_not_rankable"]:
        yield (
            f'Left out: {plural(document["n_not_rankable"], "ballot")} said "all are bad"; '
            f"{_elections(document['n_without_order'])} without another ballot and without an order"
        )


def _elections(n: int) -> str:
    return plural(n, "election")


def _print_orders(results: list[dict[str, Any]]) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table()
    for name in ("election", "source", "ballots", "unique", "order, best first"):
        table.add_column(name, overflow="fold")
    for result in results[:SHOWN]:
        unique = {True: "yes", False: "no", None: ""}[result.get("is_unique")]
        order = escape(", ".join(result["order"]))
        number = str(result["n_ballots"])
        table.add_row(escape(result["election_id"]), result["source"], number, unique, order)
    console.print(table)
    if len(results) > SHOWN:
        more = len(results) - SHOWN
        console.print(f"... and {more:,} more: give --out FILE to have them all", markup=False)
