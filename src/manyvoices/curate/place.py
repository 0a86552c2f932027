"""Where the parts of a release lie: everything that curates one asks here, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from manyvoices.io.manifest import MANIFEST, read_manifest
from manyvoices.io.native import NATIVE_FILES
from manyvoices.io.native_comparisons import COMPARISONS_FILE
from manyvoices.io.prism import PRISM_FILES, find
from manyvoices.schema import DataError, Fault, Release

NEEDED = PRISM_FILES[:3]
"""Of PRISM's four files, those without which there is nothing to read; metadata can be made."""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder that was recognised as a release."""

    directory: Path
    native: bool
    """Whether ``native/`` is there."""
    prism: Path | None
    """The folder with PRISM's files: the release's own ``prism/``, or the release itself."""
    manifest: Release | None
    """None where there is none, as in PRISM's own download."""

    @property
    def inputs(self) -> list[Path]:
        """The data files, in a fixed order."""
        names = (*NATIVE_FILES, COMPARISONS_FILE)
        native = [find(self.directory / "native", name) for name in names]
        prism = [find(self.prism, name) for name in PRISM_FILES] if self.prism else []
        return [path for path in (*(native if self.native else ()), *prism) if path.exists()]


def find_release(directory: Path | str) -> Place:
    """Recognise a native release folder, or a folder of PRISM's files.

    Raises:
        DataError: It is neither.
    """
    folder = Path(directory)
    native = (folder / "native").is_dir()
    prism = next((place for place in (folder / "prism", folder) if _is_prism(place)), None)
    if not native and prism is None:
        found = "neither" if folder.is_dir() else "no folder of that name"
        wanted = f"a release with native/, or PRISM's {', '.join(NEEDED)}.jsonl"
        raise DataError([Fault(str(folder), None, "", found, wanted)])
    manifest = read_manifest(folder) if (folder / MANIFEST).exists() else None
    return Place(folder, native, prism, manifest)


def _is_prism(folder: Path) -> bool:
    return all(find(folder, name).exists() for name in NEEDED)
