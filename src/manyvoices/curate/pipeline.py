"""From one release to the next: read, annotate, draw, check, leave out, and freeze again.

The parent is only read. The new release carries what the parent had, PRISM's flags filled in, what
the steps found, subsets and exclusions as tables, documents, and a manifest that names its parent.
Same parent, plan and time: same bytes, whatever engine ran it and however often it was broken off.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq

from manyvoices.curate import carrying
from manyvoices.curate.engine import Engine, Ran, Step, run, without
from manyvoices.curate.exclusions import Exclusions, read_exclusions, write_exclusions
from manyvoices.curate.filtering import unchanged, write_filtered
from manyvoices.curate.flags import FlagTable, Group, write_manual, write_metadata
from manyvoices.curate.freezing import freeze, release_study
from manyvoices.curate.grouping import read_groups
from manyvoices.curate.moderation_asking import Asked
from manyvoices.curate.place import Place, find_release
from manyvoices.curate.plan import Plan, groups_of
from manyvoices.curate.prism_flagged import PeopleStep, survey_rows, write_flagged
from manyvoices.curate.proposing import propose
from manyvoices.curate.review_files import read_decisions
from manyvoices.curate.subsetting import Subsets, draw_subsets, notes_of, write_subsets
from manyvoices.curate.texts import SHARD_ROWS, text_instances, write_shards
from manyvoices.design.survey_columns import survey_columns
from manyvoices.io.manifest import MANIFEST
from manyvoices.io.native import read_native
from manyvoices.io.prism_export import write_prism
from manyvoices.schema import DataError, Fault, Release
from manyvoices.schema.wording import plural


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """How a curation runs; nothing of it shows in the result."""

    engine: Engine = "local"
    processes: int = 1
    work: Path | None = None
    """Folder of shards; with the same one a run that was broken off is taken up again."""
    shard_rows: int = SHARD_ROWS
    ask: Callable[[Iterator[str | None]], Asked] | None = None
    """Asks a moderation model about texts, into the plan's file of verdicts."""
    on_step: Callable[[str], None] = lambda _: None
    """Told what is being done now, in words."""
    on_texts: Callable[[int], None] = lambda _: None
    """Told how many texts there are."""
    on_rows: Callable[[int], None] = lambda _: None
    """Told of texts that are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curated:
    """What a curation came to."""

    release: Release
    n_texts: int
    n_shards: int
    n_shards_taken_up: int
    """Of these, finished by an earlier run."""
    n_excluded: int
    """Exclusions in force."""
    n_proposed: int
    """Exclusions that wait for somebody's decision."""


@dataclass(slots=True)
class _State:
    """The release as it stands between two stages."""

    parent: Place
    place: Place
    """The parent, or a copy without what is left out."""
    prism: Path
    exclusions: Exclusions
    shards: list[Path]
    ran: Ran
    notes: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


def curate_release(
    release: Path,
    out: Path,
    plan: Plan | None = None,
    *,
    at: dt.datetime | None = None,
    running: Running | None = None,
    groups: Sequence[Group] | None = None,
) -> Curated:
    """Curate the release in the folder `release` into the new folder `out`.

    Args:
        release: A native release, or PRISM's four files.
        at: The new release's time, with its zone; the parent's where None.
        groups: Steps over the texts; those of `plan` where None.

    Raises:
        DataError: The parent has faults, `out` is not empty, or `at` is needed and missing.
        StepFailed: A step refused a text.
    """
    plan, running = plan or Plan(), running or Running()
    parent = find_release(release)
    now, asked_for = _moment(parent, at), plan.told  # files that are missing show here
    with (
        carrying.appearing(out, release) as folder,
        _workplace(running.work, out, release) as work,
        unchanged(parent.inputs),
    ):
        found = groups_of(plan) if groups is None else list(groups)
        state = _prepare(parent, plan, work, running)
        _ask(state, running)
        state.ran = _annotate(state.shards, found, work, running)
        _write(state, plan, found, folder, running)
        running.on_step("Writing documents")
        told = asked_for | {"steps": [group.step.told for group in found]}
        counts = state.counts | {"texts": state.ran.rows}
        frozen = freeze(
            folder,
            parent=state.parent,
            place=state.place,
            told=told,
            notes=state.notes,
            counts=counts,
            now=now,
        )
    return Curated(
        release=frozen,
        n_texts=state.ran.rows,
        n_shards=len(state.ran.paths),
        n_shards_taken_up=state.ran.n_skipped,
        n_excluded=sum(row.in_force for row in state.exclusions),
        n_proposed=sum(not row.decided_by for row in state.exclusions),
    )


def _moment(parent: Place, at: dt.datetime | None) -> dt.datetime:
    if at is not None:
        return at
    if parent.manifest is not None:
        return parent.manifest.created_at
    hint = "give the new release's date with --at YYYY-MM-DD"
    where = str(parent.directory / MANIFEST)
    raise DataError([Fault(where, None, "", "no manifest", "one that says a date", hint)])


@contextlib.contextmanager
def _workplace(work: Path | None, out: Path, release: Path) -> Iterator[Path]:
    if work is None:
        with tempfile.TemporaryDirectory(prefix="manyvoices-curate-") as folder:
            yield Path(folder)
        return
    carrying.apart(work, release, out)
    work.mkdir(parents=True, exist_ok=True)
    yield work


def _prepare(parent: Place, plan: Plan, work: Path, running: Running) -> _State:
    """Leave out what is to be left out, and lay out the texts in shards."""
    running.on_step("Reading the release")
    exclusions = _exclusions(parent, plan)
    place = parent
    if plan.exclude is not None and any(row.in_force for row in exclusions):
        place = write_filtered(parent, exclusions, work / "input")
    prism = place.prism
    if prism is None:
        study, _notes = release_study(place.directory)
        questions = survey_columns(study) if study is not None else ()
        write_prism(read_native(place.directory), work / "prism", questions=questions)
        prism = work / "prism"
    texts = text_instances(place.directory)
    shards = write_shards(texts, work / "texts", rows=running.shard_rows)
    running.on_texts(sum(pq.read_metadata(path).num_rows for path in shards))
    return _State(parent, place, prism, exclusions, shards, Ran([], 0, 0))


def _exclusions(parent: Place, plan: Plan) -> Exclusions:
    """Those given, or what the parent carries for the record (it is without them already)."""
    carried = parent.directory / "checks" / "exclusions.csv"
    if plan.exclude is not None:
        return read_exclusions(plan.exclude)
    return read_exclusions(carried) if carried.is_file() else Exclusions()


def _ask(state: _State, running: Running) -> None:
    """Have a moderation model asked about all texts, where there is one."""
    if running.ask is None:
        return
    running.on_step("Asking the moderation model")
    asked = running.ask(_words(state.shards))
    if asked.n_failed:
        first = next(iter(asked.failures.values()), "no reason given")
        state.notes.append(f"moderation: no verdict on {plural(asked.n_failed, 'text')} ({first})")


def _words(shards: Sequence[Path]) -> Iterator[str | None]:
    for path in shards:
        yield from pq.read_table(path, columns=["text"])["text"].to_pylist()


def _annotate(shards: Sequence[Path], groups: Sequence[Group], work: Path, running: Running) -> Ran:
    steps = [group.step for group in groups]
    running.on_step(f"Finding {' and '.join(group.name for group in groups) or 'nothing new'}")
    return run(
        shards,
        [*steps, Step("without", without, {"columns": ["text", "model_name"]})],
        work / "done",
        engine=running.engine,
        processes=running.processes,
        on_shard=running.on_rows,
    )


def _write(
    state: _State, plan: Plan, groups: Sequence[Group], folder: Path, running: Running
) -> None:
    """Write everything but documents and manifest."""
    running.on_step("Drawing subsets")
    groups_of_people = read_groups(plan.categories, list(survey_rows(state.prism)), plan.schemes)
    people = groups_of_people.put
    subsets = _subsets(state, plan, people)
    state.notes += [*groups_of_people.notes, *notes_of(subsets)]
    running.on_step("Writing the release")
    manual = read_decisions(plan.reviews, "pii") if plan.reviews is not None else {}
    if n_astray := write_manual(state.ran.paths, manual, folder / "metadata"):
        state.notes.append(f"reviews: {n_astray} decisions are on texts that are not here")
    flags = FlagTable(state.ran.paths, manual)
    state.counts |= write_flagged(
        state.prism, folder / "prism", flags=flags, subsets=subsets, people=people
    )
    write_metadata(state.ran.paths, groups, folder / "metadata")
    write_subsets(subsets, folder / "subsets")
    carrying.copy_native(state.place, folder)
    carrying.copy_study(state.parent.directory, folder)
    state.notes += carrying.copy_rest(state.parent, folder, state.exclusions)
    if plan.checks:
        running.on_step("Checking for duplicates, straight lines and haste")
        found = propose(state.place, state.shards, folder / "checks")
        state.exclusions = state.exclusions.add(found)
    if plan.checks or state.exclusions:
        write_exclusions(state.exclusions, folder / "checks" / "exclusions.csv")


def _subsets(state: _State, plan: Plan, people: PeopleStep) -> Subsets:
    if not (plan.balanced or plan.census):
        return Subsets()
    return draw_subsets(
        state.prism,
        [people(row) for row in survey_rows(state.prism)],
        balanced=plan.balanced,
        census=plan.census,
        preset=plan.preset,
        seed=plan.seed,
    )
