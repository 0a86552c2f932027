"""The k-anonymity report: for readers as ``anonymity.md``, for programs in the manifest.

What was found before anything was taken out is told in sizes only: the combinations themselves
would give away the people whom suppression protects.
"""

from __future__ import annotations

from collections.abc import Iterator

from manyvoices.curate.documents.markdown import cell, code, table
from manyvoices.curate.privacy.anonymity import Anonymity, Spread
from manyvoices.curate.privacy.coarsening import describe_rules
from manyvoices.schema import Json
from manyvoices.schema.wording import people, plural

REPORT = "anonymity.md"


def anonymity_settings(found: Anonymity) -> dict[str, Json]:
    """Rules and outcome as they stand in the manifest."""
    rules = found.rules
    return {
        "quasi_identifiers": list(rules.quasi_identifiers),
        "k": rules.k,
        "coarsened": describe_rules(rules.coarsen),
        "before": _spread(found.before),
        "after": _spread(found.after),
        "n_suppressed": found.n_suppressed,
        "n_people_suppressed": len(found.suppressed),
        "l_diversity": dict(sorted(found.diversity.items())),
    }


def _spread(spread: Spread) -> dict[str, Json]:
    return {"k": spread.k, "n_cells": spread.n_cells, "n_blank": spread.n_blank}


def anonymity_markdown(found: Anonymity) -> str:
    """The report."""
    return "\n".join(line for part in _parts(found) for line in (part, "")).rstrip() + "\n"


def _parts(found: Anonymity) -> Iterator[str]:
    rules = found.rules
    names = ", ".join(code(name) for name in rules.quasi_identifiers) or "no attribute"
    yield "# Anonymity"
    yield (
        f"Somebody who knows {names} of a person finds a combination that at least"
        f" **k = {found.after.k}** people of this release share."
    )
    yield "\n".join(table(("", "before", "after"), _compared(found)))
    yield (
        f"Asked for was k = {rules.k}. {plural(found.n_suppressed, 'answer')} of"
        f" {people(len(found.suppressed))} were taken out (null), the last-named attribute first;"
        " what was written beside an answer to these questions was taken out of all."
    )
    for question, rule in describe_rules(rules.coarsen).items():
        yield f"- {code(question)} was made coarser: {cell(str(rule))}."
    yield "## Sizes of combinations that are left"
    yield "\n".join(
        table(("people", "combinations"), ((str(n), str(m)) for n, m in found.after.sizes[:20]))
    )
    if found.smallest:
        yield "## The smallest that are left"
        head = (*map(code, rules.quasi_identifiers), "people")
        yield "\n".join(
            table(head, ((*(cell(v or "(null)") for v in c), str(n)) for c, n in found.smallest))
        )
    for question, least in found.diversity.items():
        yield f"Different answers to {code(question)} within a combination: at least {least} (l)."
    yield (
        "This says nothing of texts, which people wrote in their own words, nor of attributes that"
        " are not named above."
    )


def _compared(found: Anonymity) -> Iterator[tuple[str, str, str]]:
    before, after, k = found.before, found.after, found.rules.k
    yield "people", str(before.n_people), str(after.n_people)
    yield "combinations", str(before.n_cells), str(after.n_cells)
    yield "smallest combination", str(before.k), str(after.k)
    least = max(k, 2)
    few = f"people in combinations of fewer than {least}"
    yield few, str(before.below(least)), str(after.below(least))
    yield "people of whom none of these is told", str(before.n_blank), str(after.n_blank)
