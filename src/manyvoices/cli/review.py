"""``manyvoices review``: texts for people to look at again, and what their answers come to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from manyvoices.cli.common import JsonFlag, console, errors, print_json, verb
from manyvoices.schema.reviews import ReviewKind

if TYPE_CHECKING:
    from manyvoices.curate.review import Item
    from manyvoices.curate.review_merging import Merged


@verb
def review(
    source: Annotated[
        Path | None, typer.Argument(help="Folder of a release, or Parquet with text.")
    ] = None,
    kind: Annotated[ReviewKind, typer.Option(help="What is looked at.")] = "pii",
    reviewer: Annotated[str, typer.Option(help="Who will answer; a name for the records.")] = "",
    out: Annotated[
        list[Path] | None,
        typer.Option(help="A page (.html) or form (.jsonl, .csv); decisions if merging (.jsonl)."),
    ] = None,
    unflagged: Annotated[
        int, typer.Option(min=0, help="How many texts that were not flagged, drawn by --seed.")
    ] = 50,
    seed: Annotated[int, typer.Option(help="For the draw, and each reviewer's order.")] = 0,
    models: Annotated[bool, typer.Option("--models", help="Models' texts too.")] = False,
    merge: Annotated[
        list[Path] | None, typer.Option(help="A filled file; twice for two reviewers.")
    ] = None,
    settled: Annotated[
        Path | None, typer.Option(help="Merging: filled file on what they differed on.")
    ] = None,
    discuss: Annotated[
        Path | None, typer.Option(help="Merging: where to write what is still open.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Let people check what was flagged automatically, and merge what they say.

    manyvoices review RELEASE --kind pii --reviewer anna --out anna.html
    manyvoices review --merge anna.jsonl --merge ben.jsonl --out decisions.jsonl
    """
    if merge:
        if source is not None or len(merge) > 2 or len(out or ()) > 1:
            raise typer.BadParameter("--merge takes one or two files and one --out, no release")
        result = _merge(merge, settled, discuss, out[0] if out else None)
    else:
        if source is None or not reviewer.strip() or not out:
            raise typer.BadParameter("a release, --reviewer and --out are needed (or --merge)")
        result = _prepare(source, kind, reviewer.strip(), out, unflagged, seed, models)
    if json:
        print_json(result)
    else:
        _print(result)


def _prepare(
    source: Path, kind: ReviewKind, reviewer: str, out: list[Path], unflagged: int, seed: int,
    models: bool,
) -> dict[str, Any]:  # fmt: skip
    from manyvoices.curate.review import choose, in_order_of, line_of
    from manyvoices.curate.review_files import write_form
    from manyvoices.curate.review_page import review_page
    from manyvoices.io.writing import write_text

    if wrong := [str(path) for path in out if path.suffix not in (".html", ".jsonl", ".csv")]:
        raise typer.BadParameter(f"{', '.join(wrong)}: the name ends in .html, .jsonl or .csv")
    items = choose(_read(source, kind), unflagged=unflagged, seed=seed, models=models)
    items = in_order_of(reviewer, items, seed=seed)
    for path in out:
        if path.suffix == ".html":
            write_text(review_page(items, kind, reviewer), path)
        else:
            write_form((line_of(item, kind, reviewer) for item in items), path)
    return {
        "review": kind,
        "reviewer": reviewer,
        "n_flagged": sum(item.flagged for item in items),
        "n_unflagged": sum(not item.flagged for item in items),
        "written": [str(path) for path in out],
    }


def _read(source: Path, kind: ReviewKind) -> Iterator[Item | None]:
    """Every text as it is read; what is not chosen is not kept."""
    from manyvoices.curate.review_sources import review_items

    with errors.status("Looking through the texts") as status:
        for n, item in enumerate(review_items(source, kind), start=1):
            yield item
            if n % 1000 == 0:
                status.update(f"Looking through the texts: {n:,}")


def _merge(
    paths: list[Path], settled: Path | None, discuss: Path | None, out: Path | None
) -> dict[str, Any]:
    from manyvoices.curate.review_files import read_reviews, write_form
    from manyvoices.curate.review_merging import merge_reviews
    from manyvoices.io.writing import write_records

    rulings = read_reviews(settled) if settled else []
    merged = merge_reviews([read_reviews(path) for path in paths], rulings)
    written = []
    if discuss is not None:
        write_form(merged.open, discuss)
        written.append(str(discuss))
    if out is not None:
        write_records(merged.decisions, out)
        written.append(str(out))
    decisions = [decision.decision for decision in merged.decisions]
    return {
        "review": merged.review,
        "reviewers": merged.reviewers,
        "n_yes": decisions.count(True),
        "n_no": decisions.count(False),
        "n_open": decisions.count(None),
        "n_unanswered": merged.n_unanswered,
        "agreement": _agreement(merged),
        "open": [
            {"instance_id": line.instance_id, "said": line.said} for line in merged.open
        ],
        "written": written,
    }  # fmt: skip


def _agreement(merged: Merged) -> dict[str, Any] | None:
    if len(merged.reviewers) < 2:
        return None
    from manyvoices.aggregate import cohen_kappa

    first, second = ([pair[side] for pair in merged.answers] for side in (0, 1))
    n_same = sum(a == b for a, b in merged.answers)
    return {
        "n_both": len(merged.answers),
        "n_same": n_same,
        "share_same": n_same / len(merged.answers) if merged.answers else None,
        "kappa": asdict(cohen_kappa(first, second)),
    }


def _print(result: dict[str, Any]) -> None:
    lines = []
    if "n_flagged" in result:
        lines.append(
            f"{result['review']} for {result['reviewer']}: {result['n_flagged']:,} flagged texts,"
            f" {result['n_unflagged']:,} others"
        )
    else:
        lines.append(
            f"{result['review']} by {' and '.join(result['reviewers'])}: {result['n_yes']:,} yes,"
            f" {result['n_no']:,} no, {result['n_open']:,} open,"
            f" {result['n_unanswered']:,} unanswered"
        )
        if agreement := result["agreement"]:
            lines.append(_agreement_line(agreement))
        lines.extend(f"  open: {line['instance_id']}: {line['said']}" for line in result["open"])
    lines.extend(f"written: {path}" for path in result["written"])
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _agreement_line(agreement: dict[str, Any]) -> str:
    kappa = agreement["kappa"]
    figure = (
        f"undefined ({kappa['why_undefined']})"
        if kappa["why_undefined"]
        else f"{kappa['value']:.3f} (no interval: {kappa['why_no_interval']})"
        if kappa["why_no_interval"]
        else f"{kappa['value']:.3f} [{kappa['low']:.3f}, {kappa['high']:.3f}]"
    )
    return (
        f"Both answered {agreement['n_both']:,}, the same way {agreement['n_same']:,};"
        f" Cohen's kappa {figure}"
    )
