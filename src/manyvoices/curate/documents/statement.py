"""The data statement: the headings of PRISM's appendix B, after Bender and Friedman (2018).

What the study and the files say is filled in. What only people can say is marked ``TO BE WRITTEN``,
with the question that has to be answered: a statement that made it up would be worse than none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from manyvoices.curate.documents.about import Context
from manyvoices.curate.documents.codebook import Codebook, Entry
from manyvoices.curate.documents.codebook_text import in_line
from manyvoices.curate.documents.markdown import cell, code, table
from manyvoices.design import ComparisonsStage, Study, estimate_minutes

BLANK = "TO BE WRITTEN"
DEMOGRAPHICS = (
    *("age", "gender", "ethnicity_simplified", "religion_simplified", "education"),
    *("employment_status", "marital_status", "english_proficiency"),
    *("location_special_region", "location_reside_country", "reside_country"),
    *("location_birth_country", "birth_country"),
)
"""Variables that describe people, as PRISM names them."""


def data_statement(context: Context, codebook: Codebook) -> str:
    """The statement as Markdown."""
    parts = (
        ("Curation rationale", _rationale(context)),
        ("Language variety", _language(context, codebook)),
        ("Speaker demographics", _speakers(context, codebook)),
        ("Annotator demographics", _annotators(context)),
        ("Speech situation", _situation(context, codebook)),
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


def blank(question: str) -> str:
    """A mark that something has to be written here, and what."""
    return f"> **{BLANK}:** {question}"


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


def _speakers(context: Context, codebook: Codebook) -> Iterator[str]:
    yield f"**People.** {people(context)}"
    found = 0
    for name in DEMOGRAPHICS:
        entry = _of_people(codebook, name)
        if entry is not None and _is_counted(entry):
            found += 1
            yield "\n".join(_shares(entry))
    if not found:
        yield blank("who took part; no variable that describes people is known here.")
    yield blank("whom this sample leaves out or has too few of, and why.")
    yield from _models(context, codebook)


def _of_people(codebook: Codebook, name: str) -> Entry | None:
    """A variable with one row for each person, where there is such a file."""
    rows = [entry for entry in codebook.entries if entry.file.endswith("survey.jsonl")]
    return lookup(Codebook(tuple(rows)), name) or lookup(codebook, name)


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
    bots = f" {about.n_simulated} participants are bots of a rehearsal and marked `simulated`."
    if about.n_participants is None:
        return blank("how many people took part.")
    if about.n_simulated and not about.n_participants:
        return f"Nobody has taken part yet:{bots}"
    tail = bots if about.n_simulated else ""
    return f"{about.n_participants} people are in this release.{tail}"


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
            counts.update(_elements(found))
    return dict(counts.most_common())


def _annotators(context: Context) -> Iterator[str]:
    compares = context.study is not None and any(_comparison_stages(context.study))
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


def _situation(context: Context, codebook: Codebook) -> Iterator[str]:
    if (span := dates(codebook)) is not None:
        yield f"**When.** {span}{_coarse(context)}"
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
    if aside := _elements(rules):
        words += (
            f" Set aside by rules, kept and marked `quarantined`: {cell(in_line(aside))}. Ranks and"
            " pairs leave these out unless they are told otherwise."
        )
    yield words


def _elements(entry: Entry) -> dict[str, Any]:
    """How often each element of a column of lists was there."""
    shown = entry.distribution.items()
    return {name: n for name, n in shown if not name.endswith(" elements")}


def _coarse(context: Context) -> str:
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
        yield f"At most {recruitment.places} people were let in."
    cells = [
        f"{question} = {value}: at most {n}"
        for question, values in recruitment.quotas.items()
        for value, n in values.items()
    ]
    cells += [
        f"{c.key}: "
        + " and ".join(
            f"{word} {n}" for word, n in (("at most", c.limit), ("aim", c.target)) if n is not None
        )
        for c in recruitment.cells
    ]
    if cells:
        yield "Quotas: " + "; ".join(map(cell, cells)) + "."
    if recruitment.screen_out:
        yield f"{len(recruitment.screen_out)} rules screened people out; they are in `study.yaml`."


def _stages(study: Study) -> Iterator[str]:
    minutes = estimate_minutes(study)
    yield f"**What people did.** By the study's own rule of thumb {minutes:.0f} minutes."
    for _, survey in study.surveys():
        n = sum(q.kind != "info" for page in survey.pages for q in page.questions)
        yield f"- A survey ({code(survey.id)}): {n} questions on {len(survey.pages)} pages."
    for _, stage in study.conversation_stages():
        types = ", ".join(f"{rule.count} {name}" for name, rule in stage.types.items())
        low, high = stage.continuing.turns
        yield (
            f"- Live conversations ({code(stage.id)}): {cell(types)}. Up to"
            f" {stage.opening.responders} models, not named, answered the first message; the one"
            f" rated best then answered {stage.continuing.responses} times to each further"
            f" message, {low} to {high} turns in all. Ratings are sliders without numbers from"
            f" “{cell(stage.rating.anchors[0])}” to “{cell(stage.rating.anchors[1])}”."
        )

    for one in _comparison_stages(study):
        what = {
            "outputs": "which had answered a fixed set of prompts before",
            "live": "which answered a fixed set of prompts while people waited",
            "arena": "which answered what people wrote",
        }[one.source]
        more = [
            words
            for allowed, words in (
                (one.tie, "that they are equally good"),
                (one.all_bad, "that none is any good"),
                (one.cannot_judge, "that they cannot judge"),
            )
            if allowed
        ]
        could = f" They could also say {', '.join(more)}." if more else ""
        yield (
            f"- Comparisons ({code(one.id)}): {one.count} by each person, of"
            f" {one.side_by_side} models side by side, not named, {what}. The question was"
            f" “{cell(one.label)}”.{could}"
        )


def _comparison_stages(study: Study) -> Iterator[ComparisonsStage]:
    return (stage for stage in study.stages if isinstance(stage, ComparisonsStage))


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
        yield f"**Privacy.** {ids[str(settings['pseudonyms'])]}{_coarse(context)}"
    anonymity: Any = settings.get("anonymity")
    if anonymity:
        names = ", ".join(code(name) for name in anonymity["quasi_identifiers"])
        yield (
            f"Over {names} every combination that is left has at least"
            f" {anonymity['after']['k']} people; {anonymity['n_suppressed']} answers of"
            f" {anonymity['n_people_suppressed']} people were taken out for it"
            " (`settings` in `manifest.json`)."
        )
    yield (
        "What people wrote is published as they wrote it: a text may give somebody away, whatever"
        " becomes of ids and dates."
    )


def _limits(context: Context) -> Iterator[str]:
    if context.about.n_simulated:
        yield (
            f"{context.about.n_simulated} participants are bots of a rehearsal: their preferences"
            " were planted, and nothing about people follows from them."
        )
    yield blank("what the design cannot show; what may have swayed people's answers.")


def dates(codebook: Codebook) -> str | None:
    """First and last day on which something was given."""
    spans: list[tuple[str, str]] = [
        (str(e.distribution["earliest date"])[:10], str(e.distribution["latest date"])[:10])
        for e in codebook.entries
        if "earliest date" in e.distribution and e.category == "meta"
    ]
    if not spans:
        return None
    return f"From {min(first for first, _ in spans)} to {max(last for _, last in spans)}."


def lookup(codebook: Codebook, variable: str) -> Entry | None:
    """The first variable of that name; a survey's question in any form it is in."""
    for entry in codebook.entries:
        if variable in (entry.variable, entry.variable.rpartition(".")[2]):
            return entry
    return None


def _is_counted(entry: Entry) -> bool:
    shown = entry.distribution
    return bool(shown) and all(isinstance(n, int) for n in shown.values())
