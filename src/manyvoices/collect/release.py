"""Freezing what a study collected: native files, other formats, documents, a manifest with hashes.

This is where the transactions are; what is taken out of records is in `manyvoices.curate.privacy`,
what the documents say in `manyvoices.curate.documents`.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

from django.db import transaction

from manyvoices.collect import records
from manyvoices.collect.comparisons import models as compared
from manyvoices.collect.comparisons.records import comparisons
from manyvoices.collect.people import consents
from manyvoices.collect.people.consents import Allowed
from manyvoices.collect.people.models import Participant
from manyvoices.collect.released import names_withdrawn, withdrawal_notes
from manyvoices.collect.snapshots import snapshot
from manyvoices.collect.studies.models import ReleasedParticipant, Study, StudyVersion
from manyvoices.collect.taken_out import note_export
from manyvoices.collect.trees import releasing
from manyvoices.curate.documents import About, resolve_licences, write_documents
from manyvoices.curate.privacy import (
    REPORT,
    Anonymity,
    Privacy,
    Pseudonyms,
    Rules,
    anonymity_markdown,
    anonymity_settings,
    check_coarseness,
    known_questions,
    measure,
    release_key,
)
from manyvoices.design.protocol_hash import protocol_hash
from manyvoices.design.survey_columns import survey_columns
from manyvoices.io import write_manifest, write_native, write_prism
from manyvoices.io.converting_files import convert
from manyvoices.io.manifest import content_id
from manyvoices.io.native_comparisons import write_comparisons
from manyvoices.io.writing import write_text
from manyvoices.schema import Comparison, Conversation, Json, Release
from manyvoices.schema.errors import ManyvoicesError

Simulated = Literal["include", "exclude", "only"]
FORMATS = ("native", "prism", "trl", "oasst")
TRL = {"trl-messages": "messages", "trl-preferences": "preferences", "trl-kto": "kto"}
"""Format -> name of its file under ``trl/``."""
ATTEMPTS = 5
"""How often a release is begun again because somebody withdrew while it was written."""


class ReleaseRefused(ManyvoicesError):
    """A release cannot be written as asked; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How a release is to be made."""

    formats: tuple[str, ...]
    simulated: Simulated
    purposes: frozenset[str]
    pseudonyms: str
    key: bytes | None
    dates: str
    rules: Rules
    licences: Mapping[str, str]
    now: datetime


@dataclass(slots=True)
class _Chosen:
    """Who and what is in a release, and what the notes must say of the rest."""

    version: StudyVersion
    allowed: Allowed
    wanted: records.People
    people: records.People
    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


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
    study = _check(study_id, out, formats, simulated)
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
    _check_rules(study, rules)
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
    if "oasst" in formats and not releasing.has_trees(study):
        raise ReleaseRefused("--formats oasst: it needs message trees, and this study grew none")
    return study


def _check_rules(study: Study, rules: Rules) -> None:
    """Refuse rules about questions that nobody asked, and a k over nothing."""
    surveys = study.current.original.surveys()
    asked = [q.id for _, survey in surveys for page in survey.pages for q in page.questions]
    known_questions(asked, dict.fromkeys(rules.quasi_identifiers), "--quasi-identifiers")
    known_questions(asked, dict.fromkeys(rules.sensitive), "--sensitive")
    known_questions(asked, rules.coarsen, "--coarsen")
    if rules.k > 1 and not rules.quasi_identifiers:
        raise ReleaseRefused(f"--k {rules.k}: name the attributes with --quasi-identifiers")


def _write(study: Study, folder: Path, wish: Wish, people: dict[str, str]) -> Release:
    chosen = _choose(study, wish)
    names = Pseudonyms(wish.key)
    for key in chosen.people.values_list("pk", flat=True):
        people[str(key)] = names.participant(str(key))
    anonymity = _measure(chosen, wish.rules)
    _write_data(chosen, folder, wish.formats, Privacy(names, wish.dates, anonymity))
    if "oasst" in wish.formats:
        trees = releasing.release_trees(
            study, folder, chosen.people, chosen.allowed, names, wish.dates
        )
        chosen.counts.update(trees.files)
        chosen.notes += trees.notes()
    settings = _settings(wish, anonymity)
    if anonymity is not None:
        chosen.notes += _taken_out(anonymity)
        write_text(anonymity_markdown(anonymity), folder / REPORT)
    return _document(study, chosen, folder, wish, settings)


def _choose(study: Study, wish: Wish) -> _Chosen:
    allowed = consents.allowed(study, wish.purposes)
    everyone = Participant.objects.filter(study=study, withdrawn_at=None)
    wanted = everyone
    if wish.simulated != "include":
        wanted = everyone.filter(simulated=wish.simulated == "only")
    chosen = _Chosen(study.current, allowed, wanted, allowed.people(wanted))
    chosen.notes = _notes(study, everyone.count() - wanted.count())
    chosen.notes += allowed.notes(wanted, chosen.people)
    if wish.purposes:
        chosen.notes.append(f"only what was given for: {', '.join(sorted(wish.purposes))}")
    return chosen


def _measure(chosen: _Chosen, rules: Rules) -> Anonymity | None:
    """What has to be taken out, counted over people; over bots only where there is nobody else."""
    if not (rules.changes or rules.quasi_identifiers):
        return None
    real = chosen.people.filter(simulated=False)
    counted = real if real.exists() else chosen.people
    keys = map(str, counted.values_list("pk", flat=True))
    return measure(keys, records.answers(chosen.people, chosen.allowed), rules)


def _write_data(chosen: _Chosen, folder: Path, formats: Sequence[str], privacy: Privacy) -> None:
    spec, people, allowed = chosen.version.spec, chosen.people, chosen.allowed
    n_rows = write_native(
        folder,
        participants=privacy.participants(records.participants(people)),
        answers=privacy.answers(records.answers(people, allowed)),
        conversations=_counted(
            privacy.conversations(records.conversations(people, allowed)), chosen.counts
        ),
        study=spec.source_files,
        main=next(iter(spec.source_files)),
    )
    chosen.counts.update(n_rows)
    if compared.Comparison.objects.filter(participant__in=people).exists():
        _write_comparisons(chosen, folder, privacy)
    if "prism" in formats:
        columns = survey_columns(spec)
        written = write_prism(folder, folder / "prism", questions=columns)
        chosen.notes += [f"prism: {n} {what} left out" for what, n in written.n_left_out.items()]
    if "trl" in formats:
        for name, file in TRL.items():
            done = convert(folder, folder / "trl" / f"{file}.jsonl", name, from_="native")
            chosen.counts[f"trl/{file}"] = done.n_written


def _write_comparisons(chosen: _Chosen, folder: Path, privacy: Privacy) -> None:
    """Every comparison that may leave; votes that are set aside are in it, and marked."""
    rows = privacy.comparisons(comparisons(chosen.people, chosen.allowed))
    aside: Counter[str] = Counter()
    chosen.counts["comparisons"] = write_comparisons(folder, _noted(rows, aside))
    if n_aside := aside["comparisons"]:
        chosen.notes.append(
            f"{n_aside} comparisons are set aside (quarantined): they are in the file and marked"
        )


def _noted(rows: Iterable[Comparison], aside: Counter[str]) -> Iterator[Comparison]:
    for row in rows:
        aside["comparisons"] += bool(row.quarantined)
        yield row


def _counted(talks: Iterable[Conversation], counts: Counter[str]) -> Iterator[Conversation]:
    for talk in talks:
        counts["turns"] += len(talk.turns)
        counts["utterances"] += sum(len(turn.utterances) for turn in talk.turns)
        yield talk


def _taken_out(anonymity: Anonymity) -> Iterator[str]:
    if anonymity.n_suppressed:
        names = ", ".join(anonymity.rules.quasi_identifiers)
        yield (
            f"{anonymity.n_suppressed} answers of {len(anonymity.suppressed)} participants to"
            f" {names} were taken out (null), so that at least {anonymity.rules.k} share each"
            f" combination: see {REPORT}"
        )
    for question in sorted(anonymity.rules.coarsen):
        yield f"answers to {question} were made coarser"


def _settings(wish: Wish, anonymity: Anonymity | None) -> dict[str, Json]:
    """What the manifest says of how the release was made; no key, and nothing to guess one by."""
    settings: dict[str, Json] = {
        "formats": list(wish.formats),
        "simulated": wish.simulated,
        "purposes": sorted(wish.purposes),
        "pseudonyms": wish.pseudonyms,
        "dates": wish.dates,
        "licences": dict(sorted(wish.licences.items())),
    }
    if anonymity is not None:
        settings["anonymity"] = anonymity_settings(anonymity)
    return settings


def _document(
    study: Study, chosen: _Chosen, folder: Path, wish: Wish, settings: dict[str, Json]
) -> Release:
    """Write the documents, and last the manifest."""
    n_simulated = chosen.people.filter(simulated=True).count()
    original = chosen.version.original
    about = About(
        release_id=f"{study.id}-{wish.now:%Y%m%dT%H%M%SZ}-{content_id(folder, settings)[:8]}",
        title=study.title,
        version=f"{wish.now:%Y-%m-%d}",
        n_participants=chosen.people.count() - n_simulated,
        n_simulated=n_simulated,
        notes=tuple(chosen.notes),
        settings=settings,
        withdrawals=tuple(names_withdrawn(study)),
    )
    write_documents(folder, study=original, now=wish.now, about=about, licences=wish.licences)
    return write_manifest(
        folder,
        release_id=about.release_id,
        study_id=study.id,
        title=about.title,
        version=about.version,
        study_digest=chosen.version.digest,
        n_participants=about.n_participants or 0,
        n_simulated=n_simulated,
        created_at=wish.now,
        notes=chosen.notes,
        protocol_hash=protocol_hash(original),
        counts=dict(sorted(chosen.counts.items())),
        settings=settings,
        withdrawals=about.withdrawals,
    )


def _notes(study: Study, n_left_out: int) -> list[str]:
    notes = []
    withdrawn = Participant.objects.filter(study=study).exclude(withdrawn_at=None).count()
    if withdrawn:
        notes.append(f"{withdrawn} participants withdrew and are not in this release")
    notes += withdrawal_notes(names_withdrawn(study))
    if n_left_out:
        notes.append(f"{n_left_out} participants were left out by --simulated")
    if study.versions.count() > 1:
        notes.append(
            f"the study ran in {study.versions.count()} versions; study.yaml is the current one"
        )
    return notes
