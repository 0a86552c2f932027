"""The dataset card: ``README.md`` with the front matter that the Hugging Face hub reads, and one
configuration for each file, so that ``datasets.load_dataset(folder, "prism-survey")`` works."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from manyvoices.curate.documents.about import KINDS_OF_TEXT, Context
from manyvoices.curate.documents.codebook_entries import Codebook
from manyvoices.curate.documents.codebook_queries import dates
from manyvoices.curate.documents.markdown import blank, cell, code, table
from manyvoices.curate.documents.statement_people import people
from manyvoices.curate.documents.terms import undecided
from manyvoices.io.faults import FaultLog
from manyvoices.io.lines import iter_lines

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)
_HUB = {
    *("cc-by-4.0", "cc-by-nc-4.0", "cc-by-sa-4.0", "cc-by-nc-sa-4.0", "cc-by-nc-nd-4.0"),
    *("cc-by-nd-4.0", "cc0-1.0", "apache-2.0", "mit", "odc-by", "odbl", "pddl"),
}
"""Licences that the hub has a name for, of those that fit data."""


def dataset_card(context: Context, codebook: Codebook, folder: Path, names: list[str]) -> str:
    """The card as Markdown with front matter.

    Args:
        names: Documents beside it.
    """
    rows = _rows(codebook, folder)
    body = _body(context, codebook, rows, names)
    text = "\n".join(line for paragraph in body for line in (paragraph, "")).rstrip()
    return f"---\n{_front(context, rows)}---\n\n{text}\n"


def _rows(codebook: Codebook, folder: Path) -> dict[str, int]:
    """Data file -> rows, of all that have any: `datasets` cannot open an empty file."""
    found = {file: entries[0].n for file, entries in codebook.files().items()}
    for path in sorted([*folder.glob("*/*.jsonl"), *folder.glob("*/*.jsonl.gz")]):
        file = path.relative_to(folder).as_posix()
        if file not in found:
            found[file] = sum(1 for _ in iter_lines(path, FaultLog()))
    return {file: n for file, n in found.items() if n}


def config_name(file: str) -> str:
    """``prism/survey.jsonl`` -> ``prism-survey``."""
    folder, _, name = file.rpartition("/")
    return "-".join(part for part in (folder.replace("/", "-"), name.split(".")[0]) if part)


def hub_licence(context: Context) -> tuple[str, str]:
    """(the hub's name of the licence, what it stands for where that name says nothing)."""
    given = {context.licences[kind] for kind in KINDS_OF_TEXT}
    if undecided(context):
        return ("unknown", "") if len(given) == 1 else ("other", "see-terms")
    (only, *more) = given
    if not more and only.lower() in _HUB:
        return only.lower(), ""
    return "other", "see-terms"


def _front(context: Context, rows: dict[str, int]) -> str:
    import yaml

    licence, name = hub_licence(context)
    matter: dict[str, Any] = {"pretty_name": context.about.title, "license": licence}
    if name:
        matter |= {"license_name": name, "license_link": "terms.md"}
    if context.study is not None:
        matter["language"] = [tag.split("-")[0] for tag in context.study.languages]
    matter["size_categories"] = [_size(max(rows.values(), default=0))]
    matter["tags"] = ["human-feedback", "preferences", "language-models", "survey", "manyvoices"]
    matter["configs"] = [
        {"config_name": config_name(file), "data_files": [{"split": "train", "path": file}]}
        | ({"default": True} if number == 0 else {})
        for number, file in enumerate(_default_first(rows))
    ]
    text: str = yaml.safe_dump(matter, sort_keys=False, allow_unicode=True, width=100)
    return text


def _default_first(rows: dict[str, int]) -> list[str]:
    """Conversations first: what most people open."""
    return sorted(rows, key=lambda file: ("conversations" not in file, "prism" not in file, file))


def _size(n_rows: int) -> str:
    return next((name for limit, name in _SIZES if n_rows < limit), "n>10M")


def _body(
    context: Context, codebook: Codebook, rows: dict[str, int], names: list[str]
) -> Iterator[str]:
    about = context.about
    yield f"# {cell(about.title)}"
    yield _first_words(context, codebook)
    if about.n_simulated and not about.n_participants:
        yield "**This is a rehearsal: every participant is a bot.**"
    yield "## Files"
    head = ("file", "rows", "configuration")
    yield "\n".join(
        table(head, ((code(f), f"{n:,}", code(config_name(f))) for f, n in rows.items()))
    )
    yield _example(rows)
    yield "## Documents"
    yield "\n".join(f"- [{name}]({name}): {_DOCUMENTS.get(name, '')}" for name in names)
    yield "## What was left out, and why"
    yield "\n".join(f"- {cell(note)}" for note in about.notes) or "Nothing that is known of."
    yield from _withdrawals(context)
    yield "## Licences"
    yield "\n".join(
        f"- {cell(what)}: {cell(context.licences[k])}" for k, what in KINDS_OF_TEXT.items()
    )
    yield "[Terms](terms.md) hold for all of it."
    yield "## To cite it"
    yield blank("authors, year, where it is published.")


_DOCUMENTS = {
    "codebook.md": "every variable, with its question and its distribution",
    "codebook.tex": "the same for a paper",
    "codebook.json": "the same for programs",
    "statement.md": "data statement: who, when, where, how",
    "terms.md": "terms and licences",
    "croissant.json": "Croissant metadata (mlcommons.org/croissant/1.0)",
    "anonymity.md": "how many people share each combination of attributes",
    "manifest.json": "every file with its SHA-256; settings; who has to be left out",
}


def _first_words(context: Context, codebook: Codebook) -> str:
    about = context.about
    name = f"Release {code(about.release_id)}" if about.release_id else "This release"
    made = f"{name}, made with manyvoices on {context.now:%Y-%m-%d}. {people(context)}"
    if (span := dates(codebook)) is not None:
        made += f" {span}"
    if about.parent is not None:
        made += f" Made from the release {code(about.parent.release_id)}."
    return made


def _example(rows: dict[str, int]) -> str:
    if not rows:
        return ""
    name = config_name(_default_first(rows)[0])
    return (
        f'```python\nfrom datasets import load_dataset\n\nload_dataset("FOLDER", "{name}")["train"]'
        "\n```"
    )


def _withdrawals(context: Context) -> Iterator[str]:
    if context.about.withdrawals:
        yield "## Who withdrew from earlier releases"
        rows = (
            (code(gone.release_id), " ".join(code(name) for name in gone.participants))
            for gone in context.about.withdrawals
        )
        yield "Please leave them out there too:"
        yield "\n".join(table(("release", "participants as it names them"), rows))
