"""What goes into a release: who, which records, which notes, and the documents beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from manyvoices.collect import records
from manyvoices.collect.comparisons import models as compared
from manyvoices.collect.comparisons.records import comparisons
from manyvoices.collect.people import consents
from manyvoices.collect.people.consents import Allowed
from manyvoices.collect.people.models import Participant
from manyvoices.collect.release_wishes import Wish
from manyvoices.collect.released import names_withdrawn, withdrawal_notes
from manyvoices.collect.studies.models import Study, StudyVersion
from manyvoices.curate.documents import About, write_documents
from manyvoices.curate.privacy import REPORT, Anonymity, Privacy, Rules, measure
from manyvoices.design.protocol_hash import protocol_hash
from manyvoices.design.survey_columns import survey_columns
from manyvoices.io import write_manifest, write_native, write_prism
from manyvoices.io.converting_files import convert
from manyvoices.io.manifest import content_id
from manyvoices.io.native_comparisons import write_comparisons
from manyvoices.schema import Comparison, Conversation, Json, Release
from manyvoices.schema.wording import plural

TRL = {"trl-messages": "messages", "trl-preferences": "preferences", "trl-kto": "kto"}
"""Format -> name of its file under ``trl/``."""


@dataclass(slots=True)
class Chosen:
    """Who and what is in a release, and what the notes must say of the rest."""

    version: StudyVersion
    allowed: Allowed
    wanted: records.People
    people: records.People
    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


def choose(study: Study, wish: Wish) -> Chosen:
    allowed = consents.allowed(study, wish.purposes)
    everyone = Participant.objects.filter(study=study, withdrawn_at=None)
    wanted = everyone
    if wish.simulated != "include":
        wanted = everyone.filter(simulated=wish.simulated == "only")
    chosen = Chosen(study.current, allowed, wanted, allowed.people(wanted))
    chosen.notes = _notes(study, everyone.count() - wanted.count())
    chosen.notes += allowed.notes(wanted, chosen.people)
    if wish.purposes:
        chosen.notes.append(f"only what was given for: {', '.join(sorted(wish.purposes))}")
    return chosen


def _notes(study: Study, n_left_out: int) -> list[str]:
    notes = []
    withdrawn = Participant.objects.filter(study=study).exclude(withdrawn_at=None).count()
    if withdrawn:
        notes.append(f"{plural(withdrawn, 'participant')} withdrew: not in this release")
    notes += withdrawal_notes(names_withdrawn(study))
    if n_left_out:
        notes.append(f"{plural(n_left_out, 'participant')} left out by --simulated")
    if study.versions.count() > 1:
        notes.append(
            f"the study ran in {study.versions.count()} versions; study.yaml is the current one"
        )
    return notes


def measured(chosen: Chosen, rules: Rules) -> Anonymity | None:
    """What has to be taken out, counted over people; over bots only where there is nobody else."""
    if not (rules.changes or rules.quasi_identifiers):
        return None
    real = chosen.people.filter(simulated=False)
    counted = real if real.exists() else chosen.people
    keys = map(str, counted.values_list("pk", flat=True))
    return measure(keys, records.answers(chosen.people, chosen.allowed), rules)


def write_data(chosen: Chosen, folder: Path, formats: Sequence[str], privacy: Privacy) -> None:
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


def _write_comparisons(chosen: Chosen, folder: Path, privacy: Privacy) -> None:
    """Every comparison that may leave; votes that are set aside are in it, and marked."""
    rows = privacy.comparisons(comparisons(chosen.people, chosen.allowed))
    aside: Counter[str] = Counter()
    chosen.counts["comparisons"] = write_comparisons(folder, _noted(rows, aside))
    if n_aside := aside["comparisons"]:
        set_aside = plural(n_aside, "comparison")
        chosen.notes.append(f"{set_aside} set aside (quarantined): in the file, and marked")


def _noted(rows: Iterable[Comparison], aside: Counter[str]) -> Iterator[Comparison]:
    for row in rows:
        aside["comparisons"] += bool(row.quarantined)
        yield row


def _counted(talks: Iterable[Conversation], counts: Counter[str]) -> Iterator[Conversation]:
    for talk in talks:
        counts["turns"] += len(talk.turns)
        counts["utterances"] += sum(len(turn.utterances) for turn in talk.turns)
        yield talk


def taken_out(anonymity: Anonymity) -> Iterator[str]:
    if anonymity.n_suppressed:
        names = ", ".join(anonymity.rules.quasi_identifiers)
        yield (
            f"{plural(anonymity.n_suppressed, 'answer')} of"
            f" {plural(len(anonymity.suppressed), 'participant')} to"
            f" {names} were taken out (null), so that at least {anonymity.rules.k} share each"
            f" combination: see {REPORT}"
        )
    for question in sorted(anonymity.rules.coarsen):
        yield f"answers to {question} were made coarser"


def document(
    study: Study, chosen: Chosen, folder: Path, wish: Wish, settings: dict[str, Json]
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
