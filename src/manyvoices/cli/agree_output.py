"""What ``manyvoices agree`` prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from manyvoices.cli.common import console


def print_document(document: dict[str, Any]) -> None:
    """Print what ``--json`` holds, a line to each figure."""
    for line in _lines(document):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _lines(document: dict[str, Any]) -> Iterator[str]:
    facts = {"n_judges": "judges", "n_judgements": "judgements", "n_ratings": "ratings",
             "n_elections": "elections", "n_ballots": "ballots", "n_units": "units"}  # fmt: skip
    counts = [f"{document[key]:,} {word}" for key, word in facts.items() if document.get(key)]
    yield f"{document['data']} ({document['format']}): {', '.join(counts) or 'no units'}"
    if "unit" in document:
        yield f"A unit is one {' x '.join(document['unit'])}"
    if "no_agreement" in document:
        yield f"No agreement to measure: {document['no_agreement']}"
    names = {"alpha": f"Krippendorff's alpha ({document.get('level', 'nominal')})",
             "with_ties": "Cohen's kappa with the other judges, ties a verdict of their own",
             "without_ties": "Cohen's kappa where neither side says tie"}  # fmt: skip
    for key, name in names.items():
        if key in document:
            yield f"{name}: {_figure(document[key])}"
    if document.get("mean_kendall_w") is not None:
        yield (f"Kendall's W, mean of {document['n_elections_with_w']:,} elections in which all "
               f"rank all: {document['mean_kendall_w']:.4f}")  # fmt: skip
    if "position" in document:
        yield from _position(document["position"])


def _figure(found: dict[str, Any]) -> str:
    if found["why_undefined"]:
        return f"undefined: {found['why_undefined']}"
    ends = f"[{found['low']:.4f}, {found['high']:.4f}]"
    if found["why_no_interval"]:
        ends = f"(no interval: {found['why_no_interval']})"
    return f"{found['value']:.4f} {ends}, {found['n_units']:,} units with two ratings or more"


def _position(found: dict[str, Any]) -> Iterator[str]:
    ends = found["why_no_interval"] or f"{found['low']:.4f} to {found['high']:.4f}"
    yield f"Left side wins {found['share']:.4f} of {found['n_decided']:,.0f} decided ({ends})"
    if found["n_both_ways"]:
        yield (f"Strengths of the models cancelled: {found['balanced']:.4f} "
               f"({found['balanced_low']:.4f} to {found['balanced_high']:.4f}), "
               f"{found['n_both_ways']:,} pairs of models shown both ways round")  # fmt: skip
