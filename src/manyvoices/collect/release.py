"""Freezing what a study collected: native files, other formats, documents, a manifest with hashes.

This is where the transactions are; what is taken out of records is in `manyvoices.curate.privacy`,
what the documents say in `manyvoices.curate.documents`.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from django.db import transaction

from manyvoices.collect.people.models import Participant
from manyvoices.collect.release_contents import choose, document, measured, taken_out, write_data
from manyvoices.collect.release_wishes import (
    ReleaseRefused,
    Simulated,
    Wish,
    check_rules,
    check_wish,
    settings_of,
)
from manyvoices.collect.snapshots import snapshot
from manyvoices.collect.studies.models import ReleasedParticipant, Study
from manyvoices.collect.taken_out import note_export
from manyvoices.collect.trees import releasing
from manyvoices.curate.documents import resolve_licences
from manyvoices.curate.privacy import (
    REPORT,
    Privacy,
    Pseudonyms,
    Rules,
    anonymity_markdown,
    check_coarseness,
    release_key,
)
from manyvoices.io.writing import write_text
from manyvoices.schema import Release

ATTEMPTS = 5
"""How often a release is begun again because somebody withdrew while it was written."""


def write_release(
    *,
    study_id: str,
    out: Path,
    formats: Sequence[str] = ("native", "prism"),
    simulated: Simulated = "include",
    purposes: Sequence[str] = (),
    pseudonyms: str = "none",
    key: bytes | None = None,
    dates: str = "none",
    rules: Rules | None = None,
    licences: Mapping[str, str] | None = None,
    now: datetime,
) -> Release:
    """Write a release of `study_id` to the new folder `out`, which appears whole or not at all.

    Whoever has withdrawn is not in it, nor what the consent it was given under does not allow:
    ``release`` for anything at all, ``text`` for conversations and free texts, and everything in
    `purposes` (``commercial_use``). Who is in the release is recorded, so that they can be told.
    The same database, wishes, key and `now` give the same bytes, and are one release.

    Args:
        simulated: What to do with rehearsal bots, which are marked in every file.
        pseudonyms: ``none``, ``stable`` or ``fresh``; see `manyvoices.curate.privacy.pseudonyms`.
        key: The master key of pseudonyms; never in the release.
        dates: ``none``, ``day``, ``month`` or ``relative``; see `manyvoices.curate.privacy.dates`.
        rules: k-anonymity over answers to named questions; simulated participants do not count as
            people where there are any.
        licences: Kind of text -> licence, in place of the study's.

    Raises:
        ReleaseRefused: It cannot be written as asked.
        InputError: A wish makes no sense for this study.
    """
    study = check_wish(study_id, out, formats, simulated)
    rules = rules or Rules()
    wish = Wish(
        formats=tuple(formats),
        simulated=simulated,
        purposes=frozenset(purposes),
        pseudonyms=pseudonyms,
        key=release_key(key, mode=pseudonyms, study_id=study_id, now=now),
        dates=dates,
        rules=rules,
        licences=resolve_licences(study.current.original, licences),
        now=now,
    )
    check_coarseness(dates)
    check_rules(study, rules)
    out.parent.mkdir(parents=True, exist_ok=True)
    for _attempt in range(ATTEMPTS):
        with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as temporary:
            folder = Path(temporary) / "release"
            people: dict[str, str] = {}
            with snapshot():
                release = _write(study, folder, wish, people)
            if _publish(study, folder, out, release, people):
                return release
    raise ReleaseRefused("people withdrew each time while the release was written; try again")


def _publish(
    study: Study, folder: Path, out: Path, release: Release, people: Mapping[str, str]
) -> bool:
    """Put the folder in its place and record who is in it; False where somebody has just withdrawn.

    The study's row is locked, as by `rights.withdraw`: whoever withdraws is either seen here, or
    finds this release in the list of those that contain them.
    """
    with transaction.atomic():
        Study.objects.select_for_update(no_key=True).only("pk").get(pk=study.pk)
        gone = Participant.objects.filter(study=study).exclude(withdrawn_at=None)
        if any(str(key) in people for key in gone.values_list("pk", flat=True)):
            return False
        # The same data under the same wishes has the same id: it is the same release again.
        version, _made = study.releases.get_or_create(
            release_id=release.release_id,
            defaults={"version": release.version, "created_at": release.created_at},
        )
        ReleasedParticipant.objects.bulk_create(
            (
                ReleasedParticipant(release=version, participant_id=person, name=name)
                for person, name in sorted(people.items())
            ),
            batch_size=500,
            ignore_conflicts=True,
        )
        note_export(
            "server",
            "release",
            study,
            kind="release",
            n_trees=None,
            detail={"release": release.release_id, "people": len(people)},
            now=release.created_at,
        )
        if out.exists():
            out.rmdir()
        shutil.move(folder, out)
    return True


def _write(study: Study, folder: Path, wish: Wish, people: dict[str, str]) -> Release:
    chosen = choose(study, wish)
    names = Pseudonyms(wish.key)
    for key in chosen.people.values_list("pk", flat=True):
        people[str(key)] = names.participant(str(key))
    anonymity = measured(chosen, wish.rules)
    write_data(chosen, folder, wish.formats, Privacy(names, wish.dates, anonymity))
    if "oasst" in wish.formats:
        trees = releasing.release_trees(
            study, folder, chosen.people, chosen.allowed, names, wish.dates
        )
        chosen.counts.update(trees.files)
        chosen.notes += trees.notes()
    settings = settings_of(wish, anonymity)
    if anonymity is not None:
        chosen.notes += taken_out(anonymity)
        write_text(anonymity_markdown(anonymity), folder / REPORT)
    return document(study, chosen, folder, wish, settings)
