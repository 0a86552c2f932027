"""How a study went, for the data statement: when, whom it let in, what people did."""

from __future__ import annotations

from collections.abc import Iterator

from manyvoices.curate.documents.about import Context
from manyvoices.curate.documents.codebook_entries import Codebook
from manyvoices.curate.documents.codebook_queries import dates, elements, lookup
from manyvoices.curate.documents.codebook_text import in_line
from manyvoices.curate.documents.markdown import blank, cell, code
from manyvoices.design import (
    ComparisonsStage,
    ConversationsStage,
    Recruitment,
    Study,
    estimate_minutes,
)
from manyvoices.schema.wording import people, plural


def situation(context: Context, codebook: Codebook) -> Iterator[str]:
    if (span := dates(codebook)) is not None:
        yield f"**When.** {span}{coarse(context)}"
    yield from _comparisons(codebook)
    if context.study is None:
        yield blank("how people were recruited, where and how they took part, what they were paid.")
        return
    yield from _recruitment(context.study)
    yield blank("what people were paid, per hour and in all; where they took part and on what.")
    yield from _stages(context.study)


def _comparisons(codebook: Codebook) -> Iterator[str]:
    """What the comparisons came to; nothing where there are none."""
    verdict, rules = lookup(codebook, "verdict"), lookup(codebook, "quarantined")
    if verdict is None or rules is None:
        return
    said = cell(in_line(verdict.distribution)) or "none"
    words = f"**Comparisons.** {verdict.n:,} were handed out. Verdicts: {said}."
    if verdict.n_missing:
        words += f" {verdict.n_missing:,} were not judged."
    if aside := elements(rules):
        words += (
            f" Set aside by rules, kept and marked `quarantined`: {cell(in_line(aside))}. Ranks and"
            " pairs leave these out unless they are told otherwise."
        )
    yield words


def coarse(context: Context) -> str:
    how = context.about.settings.get("dates")
    words = {
        "day": " Each person's clock was moved to the start of their first day.",
        "month": " Each person's clock was moved to the start of their first month.",
        "relative": " Each person's clock was moved so that it begins on 1970-01-01: only the"
        " time between two events of one person means anything.",
    }
    return words.get(str(how), "")


def _recruitment(study: Study) -> Iterator[str]:
    ways = {
        "open": "anyone with the link could take part",
        "prolific": "through Prolific",
        "invitation": "by personal invitation",
    }
    recruitment = study.recruitment
    yield f"**Recruitment.** {ways[recruitment.provider].capitalize()}."
    if recruitment.places is not None:
        yield f"At most {people(recruitment.places)} were let in."
    if cells := list(_quotas(recruitment)):
        yield "Quotas: " + "; ".join(map(cell, cells)) + "."
    if recruitment.screen_out:
        rules = plural(len(recruitment.screen_out), "rule")
        yield f"{rules} screened people out; they are in `study.yaml`."


def _quotas(recruitment: Recruitment) -> Iterator[str]:
    for question, values in recruitment.quotas.items():
        for value, n in values.items():
            yield f"{question} = {value}: at most {n}"
    for one in recruitment.cells:
        bounds = (("at most", one.limit), ("aim", one.target))
        yield f"{one.key}: " + " and ".join(f"{word} {n}" for word, n in bounds if n is not None)


def _stages(study: Study) -> Iterator[str]:
    minutes = estimate_minutes(study)
    yield f"**What people did.** By the study's own rule of thumb {minutes:.0f} minutes."
    for _, survey in study.surveys():
        n = sum(q.kind != "info" for page in survey.pages for q in page.questions)
        asked = f"{plural(n, 'question')} on {plural(len(survey.pages), 'page')}"
        yield f"- A survey ({code(survey.id)}): {asked}."
    for _, stage in study.conversation_stages():
        yield _conversations(stage)
    for compared in comparison_stages(study):
        yield _compared(compared)


def _conversations(stage: ConversationsStage) -> str:
    types = ", ".join(f"{rule.count} {name}" for name, rule in stage.types.items())
    low, high = stage.continuing.turns
    return (
        f"- Live conversations ({code(stage.id)}): {cell(types)}. Up to"
        f" {plural(stage.opening.responders, 'model')}, not named, answered the first message; the"
        f" one rated best then answered {plural(stage.continuing.responses, 'time')} to each"
        f" further message, {low} to {high} turns in all. Ratings are sliders without numbers from"
        f" “{cell(stage.rating.anchors[0])}” to “{cell(stage.rating.anchors[1])}”."
    )


def _compared(stage: ComparisonsStage) -> str:
    what = {
        "outputs": "which had answered a fixed set of prompts before",
        "live": "which answered a fixed set of prompts while people waited",
        "arena": "which answered what people wrote",
    }[stage.source]
    more = [
        words
        for allowed, words in (
            (stage.tie, "that they are equally good"),
            (stage.all_bad, "that none is any good"),
            (stage.cannot_judge, "that they cannot judge"),
        )
        if allowed
    ]
    could = f" They could also say {', '.join(more)}." if more else ""
    return (
        f"- Comparisons ({code(stage.id)}): {stage.count} by each person, of"
        f" {stage.side_by_side} models side by side, not named, {what}. The question was"
        f" “{cell(stage.label)}”.{could}"
    )


def comparison_stages(study: Study) -> Iterator[ComparisonsStage]:
    return (stage for stage in study.stages if isinstance(stage, ComparisonsStage))
