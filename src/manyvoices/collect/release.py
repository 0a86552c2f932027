"""Freezing what a study collected: native files, other formats, and a manifest with hashes."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

from django.db import connection, transaction

from manyvoices.collect import records
from manyvoices.collect.people import consents
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import ReleasedParticipant, Study
from manyvoices.io import write_manifest, write_native, write_prism
from manyvoices.schema import Release
from manyvoices.schema.errors import ManyvoicesError

Simulated = Literal["include", "exclude", "only"]
FORMATS = ("native", "prism")
ATTEMPTS = 5
"""How often a release is begun again because somebody withdrew while it was written."""


class ReleaseRefused(ManyvoicesError):
    """A release cannot be written as asked; the message says why and what to do."""


def write_release(
    *,
    study_id: str,
    out: Path,
    formats: Sequence[str] = FORMATS,
    simulated: Simulated = "include",
    purposes: Sequence[str] = (),
    now: datetime,
) -> Release:
    """Write a release of `study_id` to the new folder `out`, which appears whole or not at all.

    Whoever has withdrawn is not in it, nor what the consent it was given under does not allow:
    ``release`` for anything at all, ``text`` for conversations and free texts, and everything in
    `purposes` (``commercial_use``). `simulated`: what to do with rehearsal bots, which are marked
    in every file. Who is in the release is recorded, so that they can be told.
    """
    study = _check(study_id, out, formats, simulated)
    out.parent.mkdir(parents=True, exist_ok=True)
    for _attempt in range(ATTEMPTS):
        with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as temporary:
            folder = Path(temporary) / "release"
            people: set[str] = set()
            with _snapshot():
                release = _write(
                    study, folder, formats, simulated, frozenset(purposes), now, people
                )
            if _publish(study, folder, out, release, people):
                return release
    raise ReleaseRefused("people withdrew each time while the release was written; try again")


def _publish(study: Study, folder: Path, out: Path, release: Release, people: set[str]) -> bool:
    """Put the folder in its place and record who is in it; False where somebody has just withdrawn.

    The study's row is locked, as by `rights.withdraw`: whoever withdraws is either seen here, or
    finds this release in the list of those that contain them.
    """
    with transaction.atomic():
        Study.objects.select_for_update().only("pk").get(pk=study.pk)
        gone = Participant.objects.filter(study=study).exclude(withdrawn_at=None)
        if any(str(key) in people for key in gone.values_list("pk", flat=True)):
            return False
        version = study.releases.create(
            release_id=release.release_id,
            version=release.version,
            created_at=release.created_at,
        )
        ReleasedParticipant.objects.bulk_create(
            (ReleasedParticipant(release=version, participant_id=key) for key in sorted(people)),
            batch_size=500,
        )
        if out.exists():
            out.rmdir()
        shutil.move(folder, out)
    return True


def _unused_id(study: Study, release_id: str) -> str:
    """Two releases of one second (with and without bots) are two releases."""
    taken = set(
        study.releases.filter(release_id__startswith=release_id).values_list(
            "release_id", flat=True
        )
    )
    names = (release_id if n == 1 else f"{release_id}-{n}" for n in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def _check(study_id: str, out: Path, formats: Sequence[str], simulated: str) -> Study:
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown or "native" not in formats:
        raise ReleaseRefused(
            f"--formats {','.join(formats)}: expected native"
            f" and any of {', '.join(FORMATS[1:])}; native holds everything, the others are made"
            " from it"
        )
    if simulated not in get_args(Simulated):
        raise ReleaseRefused(f"--simulated {simulated}: expected {', '.join(get_args(Simulated))}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ReleaseRefused(f"{out}: exists and is not empty; a release is never written over")
    study = Study.objects.filter(pk=study_id).first()
    if study is None:
        known = ", ".join(Study.objects.values_list("id", flat=True)) or "none"
        raise ReleaseRefused(
            f"--study {study_id}: this database holds no such study, only: {known}"
        )
    return study


@contextlib.contextmanager
def _snapshot() -> Iterator[None]:
    """See one state of the database, without keeping anybody from writing."""
    if connection.vendor == "postgresql":
        with transaction.atomic():
            if not connection.savepoint_ids:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    if connection.in_atomic_block:
        yield
        return
    # Django would begin IMMEDIATE and so lock writers out; a deferred transaction only reads.
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def _write(
    study: Study,
    folder: Path,
    formats: Sequence[str],
    simulated: Simulated,
    purposes: frozenset[str],
    now: datetime,
    people: set[str],
) -> Release:
    version = study.current
    allowed = consents.allowed(study, purposes)
    everyone = Participant.objects.filter(study=study, withdrawn_at=None)
    wanted = everyone if simulated == "include" else everyone.filter(simulated=simulated == "only")
    chosen = allowed.people(wanted)
    people.update(str(key) for key in chosen.values_list("pk", flat=True))
    write_native(
        folder,
        participants=records.participants(chosen),
        answers=records.answers(chosen, allowed),
        conversations=records.conversations(chosen, allowed),
        study=version.spec.source_files,
        main=next(iter(version.spec.source_files)),
    )
    notes = _notes(study, everyone.count() - wanted.count())
    notes += allowed.notes(wanted, chosen)
    if purposes:
        notes.append(f"only what was given for: {', '.join(sorted(purposes))}")
    if "prism" in formats:
        written = write_prism(folder, folder / "prism")
        notes += [f"prism: {n} {what} left out" for what, n in written.n_left_out.items()]
    n_simulated = chosen.filter(simulated=True).count()
    return write_manifest(
        folder,
        release_id=_unused_id(study, f"{study.id}-{now:%Y%m%dT%H%M%SZ}"),
        study_id=study.id,
        title=study.title,
        version=f"{now:%Y-%m-%d}",
        study_digest=version.digest,
        n_participants=chosen.count() - n_simulated,
        n_simulated=n_simulated,
        created_at=now,
        notes=notes,
    )


def _notes(study: Study, n_left_out: int) -> list[str]:
    notes = []
    withdrawn = Participant.objects.filter(study=study).exclude(withdrawn_at=None).count()
    if withdrawn:
        notes.append(f"{withdrawn} participants withdrew and are not in this release")
    notes += [
        f"{person} withdrew after {', '.join(releases)}: please leave them out there too"
        for person, releases in _withdrawn_since(study).items()
    ]
    if n_left_out:
        notes.append(f"{n_left_out} participants were left out by --simulated")
    if study.versions.count() > 1:
        notes.append(
            f"the study ran in {study.versions.count()} versions; study.yaml is the current one"
        )
    return notes


def _withdrawn_since(study: Study) -> dict[str, list[str]]:
    """Participant id -> earlier releases that contain them, for everybody who withdrew since."""
    gone = Participant.objects.filter(study=study).exclude(withdrawn_at=None)
    rows = (
        ReleasedParticipant.objects.filter(
            release__study=study, participant_id__in=gone.values("pk")
        )
        .order_by("participant_id", "release__created_at", "release")
        .values_list("participant_id", "release__release_id")
    )
    found: dict[str, list[str]] = {}
    for person, release_id in rows:
        found.setdefault(str(person), []).append(release_id)
    return found
