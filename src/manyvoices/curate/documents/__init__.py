"""The documents of a release: codebook, data statement, dataset card, Croissant metadata, terms.

In: a folder with ``native/`` or ``prism/`` files (or PRISM's four files themselves), the study.
Out: documents beside them. Free text never appears in a document, only how long it is.
May import: design, io, schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from manyvoices.curate.documents.about import KINDS_OF_TEXT, About, Context
from manyvoices.design import Study

__all__ = ["KINDS_OF_TEXT", "About", "write_documents"]


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
            `licences` says otherwise.
        now: When the release is made, with its time zone.
        about: What the maker knows of it; read from the files as far as they say where None.
        licences: Kind of text (`KINDS_OF_TEXT`) -> licence.

    Raises:
        DataError: A data file has faults.
    """
    raise NotImplementedError
