"""What a release says about itself: its ``manifest.json``."""

from __future__ import annotations

from manyvoices.schema._base import SCHEMA_VERSION, Instant, Record


class ReleaseFile(Record, frozen=True, kw_only=True):
    """One file of a release."""

    path: str
    """Relative to the release, with forward slashes."""
    sha256: str
    """Of the bytes on disk, in hexadecimal."""
    bytes: int
    rows: int | None
    """Records in the file; None where it does not hold records."""
    format: str
    """``native``, ``prism``, ``oasst``, ``study``, ..."""


class Release(Record, frozen=True, kw_only=True):
    """A frozen, versioned, hashed set of files."""

    release_id: str
    study_id: str
    title: str
    version: str
    created_at: Instant
    study_digest: str
    """Digest of the study as it ran; ties the data to the exact instruments and texts."""
    formats: list[str]
    files: list[ReleaseFile]
    n_participants: int
    """People. Simulated participants are not among them."""
    n_simulated: int
    """Bots of a rehearsal."""
    notes: list[str] = []
    """What a reader must know: what was left out, and why."""
    schema_version: str = SCHEMA_VERSION
