"""Who is in a data set, for the documents: people and their answers, models, those who judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from manyvoices.curate.documents.about import Context
from manyvoices.curate.documents.codebook_entries import Codebook, Entry
from manyvoices.curate.documents.codebook_queries import elements, is_counted, lookup, of_people
from manyvoices.curate.documents.markdown import blank, cell, code, table
from manyvoices.schema.wording import people as in_words
from manyvoices.schema.wording import plural

DEMOGRAPHICS = (
    *("age", "gender", "ethnicity_simplified", "religion_simplified", "education"),
    *("employment_status", "marital_status", "english_proficiency"),
    *("location_special_region", "location_reside_country", "reside_country"),
    *("location_birth_country", "birth_country"),
)
"""Variables that describe people, as PRISM names them."""


def speakers(context: Context, codebook: Codebook) -> Iterator[str]:
    yield f"**People.** {people(context)}"
    found = 0
    for name in DEMOGRAPHICS:
        entry = of_people(codebook, name)
        if entry is not None and is_counted(entry):
            found += 1
            yield "\n".join(_shares(entry))
    if not found:
        yield blank("who took part; no variable that describes people is known here.")
    yield blank("whom this sample leaves out or has too few of, and why.")
    yield from _models(context, codebook)


def _shares(entry: Entry) -> Iterator[str]:
    """A table of people by answer; whoever gave none is counted too."""
    counts: dict[str, Any] = dict(entry.distribution)
    if entry.n_missing:
        counts["(no answer, or taken out)"] = entry.n_missing
    rows = ((cell(value), str(n), f"{100 * n / entry.n:.1f} %") for value, n in counts.items())
    return table((cell(entry.label), "people", "share"), rows)


def people(context: Context) -> str:
    """How many took part, in words."""
    about = context.about
    bots = f" {simulated(about.n_simulated)} of a rehearsal and marked `simulated`."
    if about.n_participants is None:
        return blank("how many people took part.")
    if about.n_simulated and not about.n_participants:
        return f"Nobody has taken part yet:{bots}"
    tail = bots if about.n_simulated else ""
    are = "is" if about.n_participants == 1 else "are"
    return f"{in_words(about.n_participants)} {are} in this release.{tail}"


def simulated(n: int) -> str:
    """``1 participant is a bot``, ``3 participants are bots``."""
    return f"{plural(n, 'participant')} {'is a bot' if n == 1 else 'are bots'}"


def _models(context: Context, codebook: Codebook) -> Iterator[str]:
    counts = _model_counts(codebook)
    compared = lookup(codebook, "models") is not None
    counted = "answers and comparisons" if compared else "answers"
    if context.study is not None and context.study.models:
        head = ("model", "reached by", "kind", "settings", counted)
        rows = (
            (
                code(spec.id),
                cell(spec.served_by or spec.provider),
                spec.type,
                cell(_settings(spec)),
                str(counts.get(spec.id, "")),
            )
            for spec in context.study.models
        )
        yield "**Models.**"
        yield "\n".join(table(head, rows))
    elif counts:
        yield "**Models.**"
        yield "\n".join(table(("model", counted), ((code(k), str(n)) for k, n in counts.items())))
    yield blank("what is known of the models: who made them, when they were asked, their versions.")


def _settings(spec: Any) -> str:
    named = ("temperature", "top_p", "max_tokens")
    given = [f"{name} {value:g}" for name in named if (value := getattr(spec, name)) is not None]
    return ", ".join(given) or "the provider's defaults"


def _model_counts(codebook: Codebook) -> dict[str, Any]:
    """Model -> answers in conversations, and comparisons that it stood in."""
    counts: Counter[str] = Counter()
    entry = lookup(codebook, "model_name") or lookup(codebook, "turns[].utterances[].model")
    for found in (entry, lookup(codebook, "models")):
        if found is not None:
            counts.update(elements(found))
    return dict(counts.most_common())
