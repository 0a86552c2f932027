"""The data statement: the headings of PRISM's appendix B, after Bender and Friedman (2018).

What the study and the files say is filled in. What only people can say is marked ``TO BE WRITTEN``,
with the question that has to be answered: a statement that made it up would be worse than none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from manyvoices.curate.documents.about import Context
from manyvoices.curate.documents.codebook_entries import Codebook, Entry
from manyvoices.curate.documents.codebook_queries import lookup
from manyvoices.curate.documents.codebook_text import in_line
from manyvoices.curate.documents.markdown import BLANK, blank, cell, code, table
from manyvoices.curate.documents.statement_people import simulated, speakers
from manyvoices.curate.documents.statement_situation import coarse, comparison_stages, situation
from manyvoices.schema.wording import people, plural


def data_statement(context: Context, codebook: Codebook) -> str:
    """The statement as Markdown."""
    parts = (
        ("Curation rationale", _rationale(context)),
        ("Language variety", _language(context, codebook)),
        ("Speaker demographics", speakers(context, codebook)),
        ("Annotator demographics", _annotators(context)),
        ("Speech situation", situation(context, codebook)),
        ("Text characteristics", _texts(codebook)),
        ("Recording quality", _recording(context)),
        ("Author characteristics and positionality", _authors()),
        ("Ethical considerations", _ethics(context)),
        ("Technical and task design limitations", _limits(context)),
    )
    lines = [f"# Data statement: {cell(context.about.title)}", "", _how_to_read(), ""]
    for number, (heading, paragraphs) in enumerate(parts, start=1):
        lines += [f"## {number}. {heading}", ""]
        for paragraph in paragraphs:
            lines += [paragraph, ""]
    return "\n".join(lines).rstrip() + "\n"


def _how_to_read() -> str:
    return (
        f"Numbers and settings were filled in from the study and the files. A box that begins"
        f" {BLANK} is for the people who ran the study."
    )


def _rationale(context: Context) -> Iterator[str]:
    if context.study is not None and context.study.description:
        yield "What people were told the study is about:"
        yield "\n".join(f"> {line}".rstrip() for line in context.study.description.splitlines())
    yield blank("why these data were collected, who paid for it, and what they are meant for.")


def _language(context: Context, codebook: Codebook) -> Iterator[str]:
    if context.study is not None:
        names = ", ".join(context.study.languages)
        yield f"The study could be taken in: {names}. People were free to write in any language."
    for name in ("language", "language_flag"):
        if (entry := lookup(codebook, name)) is not None and entry.distribution:
            what = "Taken in" if name == "language" else "Languages found by machine, by text"
            yield f"{what}: {cell(in_line(entry.distribution))}."
    yield blank("which varieties of each language people speak, and how that is known.")


def _annotators(context: Context) -> Iterator[str]:
    compares = context.study is not None and any(comparison_stages(context.study))
    if compares:
        yield (
            "Those who judged the answers side by side are the people of 3. `pool` says whether"
            " they counted as one kind of rater or another."
        )
    if not compares or (context.study is not None and any(context.study.conversation_stages())):
        yield (
            "Those who rate are those who write: the same people answered the survey, wrote to the"
            " models and rated their answers. See 3."
        )


def _texts(codebook: Codebook) -> Iterator[str]:
    entries = [e for e in codebook.entries if "mean chars" in e.distribution]
    native = [e for e in entries if e.file.startswith("native")] or entries
    rows = (
        (code(e.variable), cell(e.label), f"{e.n - (e.n_missing or 0):,}", _chars(e))
        for e in native
    )
    if native:
        yield "Texts by their length in characters:"
        yield "\n".join(table(("variable", "what it is", "texts", "mean (least to most)"), rows))
    yield "The texts were not edited."
    yield blank("genre and topics; what in the texts a reader should be warned of.")


def _chars(entry: Entry) -> str:
    shown: Any = entry.distribution
    return f"{shown['mean chars']:,.0f} ({shown['min chars']:,} to {shown['max chars']:,})"


def _recording(context: Context) -> Iterator[str]:
    if context.about.notes:
        yield "What a reader of this release must know:"
        yield "\n".join(f"- {cell(note)}" for note in context.about.notes)
    yield blank("outages, changes in mid-study, anything else that went wrong.")


def _authors() -> Iterator[str]:
    yield blank("who made this study, from where and with what interests.")


def _ethics(context: Context) -> Iterator[str]:
    if context.study is not None:
        consent = context.study.consent
        allows = ", ".join(sorted(consent.permissions)) or "nothing"
        age = (
            f" and confirmed an age of at least {consent.minimum_age}"
            if consent.minimum_age
            else ""
        )
        yield (
            f"**Consent.** Everybody agreed to the text in `study/` (version"
            f" {code(consent.version)}){age}. It allows: {allows}. What a consent does not allow"
            " is not in this release."
        )
        yield (
            "**Withdrawal.** People could see, download and erase everything of theirs up to"
            f" {consent.withdrawal_days} days after they finished. Whoever withdrew is not in this"
            " release; `manifest.json` names in `withdrawals` who has to be left out of earlier"
            " ones."
        )
    yield from _privacy(context)
    yield blank("which board approved the study, under what number; risks that remain.")


def _privacy(context: Context) -> Iterator[str]:
    settings = context.about.settings
    ids = {
        "fresh": "Ids are pseudonyms made for this release alone, with a key that is not in it.",
        "stable": "Ids are pseudonyms made with a key that is not in the release; releases of the"
        " study share them.",
        "none": "Ids are the random numbers that the collecting server gave.",
    }
    if str(settings.get("pseudonyms")) in ids:
        yield f"**Privacy.** {ids[str(settings['pseudonyms'])]}{coarse(context)}"
    anonymity: Any = settings.get("anonymity")
    if anonymity:
        names = ", ".join(code(name) for name in anonymity["quasi_identifiers"])
        yield (
            f"Over {names} every combination that is left has at least"
            f" {anonymity['after']['k']} people; {plural(anonymity['n_suppressed'], 'answer')} of"
            f" {people(anonymity['n_people_suppressed'])} were taken out for it"
            " (`settings` in `manifest.json`)."
        )
    yield (
        "What people wrote is published as they wrote it: a text may give somebody away, whatever"
        " becomes of ids and dates."
    )


def _limits(context: Context) -> Iterator[str]:
    if context.about.n_simulated:
        yield (
            f"{simulated(context.about.n_simulated)} of a rehearsal: their preferences"
            " were planted, and nothing about people follows from them."
        )
    yield blank("what the design cannot show; what may have swayed people's answers.")
