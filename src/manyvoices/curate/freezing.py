"""The last of a curation: documents, and a manifest that names the parent and what was asked."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from manyvoices import __version__
from manyvoices.curate.documents import About, write_documents
from manyvoices.curate.place import Place
from manyvoices.curate.prism_flagged import survey_rows
from manyvoices.design import Study, read_study
from manyvoices.io.manifest import MANIFEST, sha256, write_manifest
from manyvoices.io.native import read_native, read_study_files
from manyvoices.schema import InputError, Json, Release
from manyvoices.schema.releases import ParentRelease


def freeze(
    folder: Path,
    *,
    parent: Place,
    place: Place,
    told: Mapping[str, Json],
    notes: Sequence[str],
    counts: Mapping[str, int],
    now: dt.datetime,
) -> Release:
    """Write documents and, last, the manifest, into a folder whose data are complete.

    Args:
        place: What the data were taken from: the parent, or what was left of it.
        told: What decided the result, for the manifest.
    """
    origin, before = _parent(parent), parent.manifest
    study, more = _study(folder)
    people, bots = _people(folder, parent, place)
    about = About(
        release_id=_name(parent, origin, told, now),
        title=before.title if before else parent.directory.resolve().name,
        version=f"{now:%Y-%m-%d}",
        n_participants=people,
        n_simulated=bots,
        notes=(*(before.notes if before else ()), *notes, *more),
        settings=dict(before.settings if before else {}) | {"curate": dict(told)},
        parent=origin,
        withdrawals=tuple(before.withdrawals) if before else (),
    )
    write_documents(folder, study=study, now=now, about=about)
    return write_manifest(
        folder,
        release_id=about.release_id,
        study_id=before.study_id if before else about.title,
        title=about.title,
        version=about.version,
        study_digest=before.study_digest if before else "",
        n_participants=people,
        n_simulated=bots,
        created_at=now,
        notes=about.notes,
        protocol_hash=before.protocol_hash if before else None,
        software_version=__version__,
        counts=counts,
        parent=origin,
        settings=about.settings,
        withdrawals=about.withdrawals,
    )


def _study(folder: Path) -> tuple[Study | None, list[str]]:
    files = read_study_files(folder)
    if not files:
        return None, []
    try:
        return read_study(files, "study.yaml"), []
    except InputError as error:
        first = error.faults[0]
        return None, [f"the release's study cannot be loaded ({first.file}: found {first.found})"]


def _parent(place: Place) -> ParentRelease:
    """The parent and its manifest's hash; without a manifest its name says what was read."""
    if place.manifest is not None:
        digest = sha256(place.directory / MANIFEST)
        return ParentRelease(release_id=place.manifest.release_id, manifest_sha256=digest)
    return ParentRelease(release_id=place.directory.resolve().name, manifest_sha256=None)


def _name(place: Place, source: ParentRelease, told: Mapping[str, Json], now: dt.datetime) -> str:
    """The parent's name and a digest of all that decides what the new release holds."""
    read = [sha256(path) for path in place.inputs] if place.manifest is None else []
    decides = msgspec.json.encode([source, read, told, now, __version__], order="deterministic")
    return f"{source.release_id}-{hashlib.sha256(decides).hexdigest()[:8]}"


def _people(folder: Path, parent: Place, place: Place) -> tuple[int, int]:
    """People and bots."""
    if place is parent and parent.manifest is not None:
        return parent.manifest.n_participants, parent.manifest.n_simulated
    if place.native:
        bots = [p.simulated for p in read_native(place.directory).participants]
    else:
        bots = [row.get("simulated") is True for row in survey_rows(folder / "prism")]
    return len(bots) - sum(bots), sum(bots)
