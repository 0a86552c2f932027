"""What a release says about itself: its ``manifest.json``."""

from __future__ import annotations

from manyvoices.schema._base import Instant, Json, Record

RELEASE_VERSION = "2"
"""Version of the manifest's form. The records of a release have a version of their own."""
RELEASE_VERSIONS = ("1", RELEASE_VERSION)
"""Versions that are read. In version 1 all that version 2 added is absent."""


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


class ParentRelease(Record, frozen=True, kw_only=True):
    """The release that another was made from."""

    release_id: str
    """Its name."""
    manifest_sha256: str | None
    """Of its ``manifest.json``, in hexadecimal, and so of everything it lists; None where the
    parent came without a manifest (files that others published)."""


class WithdrawnFrom(Record, frozen=True, kw_only=True):
    """People who withdrew after a release was published, and so are still in its files."""

    release_id: str
    """The release that contains them."""
    participants: list[str]
    """Their ids as that release has them; leave them out there too."""


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
    protocol_hash: str | None = None
    """SHA-256 (hex) of what participants saw: instruments, texts, the models' settings without
    secrets. None means it was not recorded."""
    software_version: str | None = None
    """Of manyvoices; None means it was not recorded."""
    counts: dict[str, int] = {}
    """What is in it: ``conversations``, ``utterances``, ..."""
    parent: ParentRelease | None = None
    """What it was made from by ``curate``; None means it came from the database."""
    settings: dict[str, Json] = {}
    """How it was made: pseudonyms, dates, anonymity, curation. Never a key."""
    withdrawals: list[WithdrawnFrom] = []
    """Who has to be left out of earlier releases."""
    schema_version: str = RELEASE_VERSION
    """Version of the manifest's form; see `RELEASE_VERSIONS`."""
