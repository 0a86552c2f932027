"""The documents of a release: codebook, data statement, dataset card, Croissant metadata, terms.

In: a folder with ``native/`` or ``prism/`` files (or PRISM's four files themselves), the study.
Out: documents beside them. Free text never appears in a document, only how long it is.
May import: design, io, schema.
"""

from __future__ import annotations

from manyvoices.curate.documents.about import KINDS_OF_TEXT, About
from manyvoices.curate.documents.codebook import build_codebook
from manyvoices.curate.documents.codebook_entries import Codebook, Entry
from manyvoices.curate.documents.writing import DOCUMENTS, resolve_licences, write_documents

__all__ = [
    "DOCUMENTS",
    "KINDS_OF_TEXT",
    "About",
    "Codebook",
    "Entry",
    "build_codebook",
    "resolve_licences",
    "write_documents",
]
