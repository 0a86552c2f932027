"""Writing all documents of a release at once, each from the same codebook and the same facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from manyvoices.curate.documents.about import KINDS_OF_TEXT, About, Context
from manyvoices.curate.documents.card import dataset_card
from manyvoices.curate.documents.codebook import build_codebook
from manyvoices.curate.documents.codebook_entries import Codebook
from manyvoices.curate.documents.codebook_queries import lookup
from manyvoices.curate.documents.codebook_text import (
    codebook_json,
    codebook_latex,
    codebook_markdown,
)
from manyvoices.curate.documents.croissant import croissant
from manyvoices.curate.documents.statement import data_statement
from manyvoices.curate.documents.terms import terms
from manyvoices.design import Study
from manyvoices.io.writing import write_text
from manyvoices.schema import Fault, InputError

DOCUMENTS = (
    *("README.md", "codebook.md", "codebook.tex", "codebook.json"),
    *("statement.md", "terms.md", "croissant.json"),
)
"""Every document, in the order written."""


def write_documents(
    release_dir: Path | str,
    *,
    study: Study | None,
    now: datetime,
    about: About | None = None,
    licences: Mapping[str, str] | None = None,
) -> list[Path]:
    """Write every document of a release into its folder; return their paths.

    Call it when all data files are there and before `manyvoices.io.write_manifest`, which lists
    the documents with the rest. Same files, study, `now` and `about`: same bytes.

    Args:
        study: Whose data it is; None for files that others published. Its `licences` hold unless
            something else is said.
        now: When the release is made, with its time zone.
        about: What the maker knows of it; read from the files as far as they say where None.
        licences: Kind of text (`KINDS_OF_TEXT`) -> licence; ``about.settings["licences"]`` if None.

    Raises:
        DataError: A data file has faults.
        InputError: A licence is given for a kind of text that there is not.
    """
    folder = Path(release_dir)
    if licences is None and about is not None:
        # A curated release keeps what its parent was given on the command line.
        kept: Any = about.settings.get("licences")
        licences = kept or None
    codebook = build_codebook(folder, study)
    context = Context(
        _complete(about or About(), codebook, study, folder),
        study,
        resolve_licences(study, licences),
        now,
    )
    title = context.about.title
    others = sorted(path.name for path in folder.glob("anonymity.md"))
    names = [*DOCUMENTS[1:], *others, "manifest.json"]
    texts = {
        "README.md": dataset_card(context, codebook, folder, names),
        "codebook.md": codebook_markdown(codebook, title),
        "codebook.tex": codebook_latex(codebook, title),
        "codebook.json": codebook_json(codebook, title),
        "statement.md": data_statement(context, codebook),
        "terms.md": terms(context),
        "croissant.json": croissant(context, codebook, folder),
    }
    for name in DOCUMENTS:
        write_text(texts[name], folder / name)
    return [folder / name for name in DOCUMENTS]


def _complete(about: About, codebook: Codebook, study: Study | None, folder: Path) -> About:
    """`about` with what the files say where it says nothing."""
    title = about.title or (study.title if study is not None else folder.resolve().name)
    if about.n_participants is not None:
        return replace(about, title=title)
    entry = lookup(codebook, "participant_id") or lookup(codebook, "user_id")
    bots: Any = getattr(lookup(codebook, "simulated"), "distribution", {}).get("True", 0)
    n_all = None if entry is None else entry.n_unique
    return replace(
        about,
        title=title,
        n_participants=None if n_all is None else n_all - bots,
        n_simulated=bots,
    )


def resolve_licences(study: Study | None, given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Licence of each kind of text: what was asked for, or the study's, or that it is open.

    Raises:
        InputError: There is no such kind of text.
    """
    from manyvoices.design.protocol import Licences

    unknown = sorted(set(given or {}) - set(KINDS_OF_TEXT))
    if unknown:
        wanted = f"one of {', '.join(KINDS_OF_TEXT)}"
        raise InputError([Fault("--licence", None, "", name, wanted) for name in unknown])
    written = study.licences if study is not None else Licences()
    return {kind: (given or {}).get(kind) or getattr(written, kind) for kind in KINDS_OF_TEXT}
