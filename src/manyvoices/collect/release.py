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
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.io import write_manifest, write_native, write_prism
from manyvoices.schema import Release
from manyvoices.schema.errors import ManyvoicesError

Simulated = Literal["include", "exclude", "only"]
FORMATS = ("native", "prism")


class ReleaseRefused(ManyvoicesError):
    """A release cannot be written as asked; the message says why and what to do."""


def write_release(
    *,
    study_id: str,
    out: Path,
    formats: Sequence[str] = FORMATS,
    simulated: Simulated = "include",
    now: datetime,
) -> Release:
    """Write a release of `study_id` to the new folder `out`, which appears whole or not at all.

    Whoever has withdrawn is not in it. `simulated`: what to do with rehearsal bots, which are
    marked in every file.
    """
    study = _check(study_id, out, formats, simulated)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as temporary:
        folder = Path(temporary) / "release"
        with _snapshot():
            release = _write(study, folder, formats, simulated, now)
        if out.exists():
            out.rmdir()
        shutil.move(folder, out)
    return release


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
    study: Study, folder: Path, formats: Sequence[str], simulated: Simulated, now: datetime
) -> Release:
    version = study.current
    everyone = Participant.objects.filter(study=study, withdrawn_at=None)
    chosen = everyone if simulated == "include" else everyone.filter(simulated=simulated == "only")
    write_native(
        folder,
        participants=records.participants(chosen),
        answers=records.answers(chosen),
        conversations=records.conversations(chosen),
        study=version.spec.source_files,
        main=next(iter(version.spec.source_files)),
    )
    notes = _notes(study, everyone.count() - chosen.count())
    if "prism" in formats:
        written = write_prism(folder, folder / "prism")
        notes += [f"prism: {n} {what} left out" for what, n in written.n_left_out.items()]
    n_simulated = chosen.filter(simulated=True).count()
    return write_manifest(
        folder,
        release_id=f"{study.id}-{now:%Y%m%dT%H%M%SZ}",
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
    if n_left_out:
        notes.append(f"{n_left_out} participants were left out by --simulated")
    if study.versions.count() > 1:
        notes.append(
            f"the study ran in {study.versions.count()} versions; study.yaml is the current one"
        )
    return notes
