"""The codebook: every variable of every file, as in appendix V of the PRISM paper.

One pass over each file; in memory are counts, not rows. What may be shown of a column is decided
before it is read: closed lists by name, people's words by their length alone.
"""

from __future__ import annotations

from pathlib import Path

from manyvoices.curate.documents.codebook_entries import Codebook, Entry
from manyvoices.curate.documents.codebook_native import describe_native
from manyvoices.curate.documents.codebook_prism import describe_prism
from manyvoices.design import Study
from manyvoices.io.native import NATIVE_FILES
from manyvoices.io.native_comparisons import COMPARISONS_FILE
from manyvoices.io.native_trees import TREE_FILES
from manyvoices.io.prism import PRISM_FILES, find


def build_codebook(release_dir: Path | str, study: Study | None) -> Codebook:
    """Describe every variable of a release's native and PRISM files.

    Args:
        release_dir: A release, or a folder with PRISM's four files.
        study: Where the questions' words and options come from. Without it, values that only one
            row has are not named: they may be what somebody wrote in.

    Raises:
        DataError: A file has faults.
    """
    folder = Path(release_dir)
    entries: list[Entry] = []
    for path in data_files(folder, "native"):
        name = path.name.split(".")[0]
        entries += describe_native(path, path.relative_to(folder).as_posix(), name, study)
    for path in data_files(folder, "prism"):
        name = path.name.split(".")[0]
        entries += describe_prism(path, path.relative_to(folder).as_posix(), name, study)
    return Codebook(tuple(entries))


def data_files(folder: Path, form: str) -> list[Path]:
    """The files of a release in one form that are there, in the form's order."""
    names = (*NATIVE_FILES, COMPARISONS_FILE, *TREE_FILES) if form == "native" else PRISM_FILES
    inside = folder / form
    if form == "prism" and not inside.is_dir():
        inside = folder  # the four files alone, as PRISM publishes them
    found = (find(inside, name) for name in names)
    return [path for path in found if path.is_file()]
