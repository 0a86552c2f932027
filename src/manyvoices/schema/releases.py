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
    """Size on disk."""
    rows: int | None
    """Records in the file; None where it does not hold records."""
    format: str
    """``native``, ``prism``, ``oasst``, ``study``, ..."""


class Release(Record, frozen=True, kw_only=True):
    """A frozen, versioned, hashed set of files."""

    release_id: str
    """Names this release among all others."""
    study_id: str
    """The study it came from."""
    title: str
    """For people."""
    version: str
    """Grows with every release of the study."""
    created_at: Instant
    """When it was frozen."""
    study_digest: str
    """Digest of the study as it ran; ties the data to the exact instruments and texts."""
    formats: list[str]
    """All forms that are in it."""
    files: list[ReleaseFile]
    """Everything in the folder but this manifest."""
    n_participants: int
    """People. Simulated participants are not among them."""
    n_simulated: int
    """Bots of a rehearsal."""
    notes: list[str] = []
    """What a reader must know: what was left out, and why."""
    schema_version: str = SCHEMA_VERSION
    """Version of the record's form; see `SCHEMA_VERSION`."""
