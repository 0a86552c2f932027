"""The actions ``export`` and ``import`` of ``manyvoices trees``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from manyvoices.cli.common import console, print_json
from manyvoices.cli.progress import counting_bar

if TYPE_CHECKING:
    from manyvoices.collect.studies.models import Study
    from manyvoices.collect.trees.exporting import Exported
    from manyvoices.collect.trees.importing import Imported
    from manyvoices.collect.trees.selection import Selection


def names_in(text: str) -> tuple[str, ...]:
    """Names that stand with commas between them."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def states_named(text: str) -> tuple[Any, ...]:
    """States by name; empty for all."""
    from manyvoices.schema import Fault, InputError, TreeState

    if text == "all":
        return ()
    known = {state.value: state for state in TreeState}
    wrong = [name for name in names_in(text) if name not in known]
    if wrong:
        wanted = f"all, or any of {', '.join(known)}"
        raise InputError([Fault("--state", None, "", name, wanted) for name in wrong])
    return tuple(known[name] for name in names_in(text))


def release_key_of(study: Study, mode: str, file: Path | None, folder: Path) -> bytes | None:
    """The key that pseudonyms are made with; None for none."""
    from datetime import UTC, datetime

    from manyvoices.collect.server import home
    from manyvoices.curate.privacy import release_key

    master = file.read_bytes().strip() if file is not None else None
    if master is None and mode in {"fresh", "stable"}:
        master = home.pseudonym_key(folder)
    return release_key(master, mode=mode, study_id=study.pk, now=datetime.now(UTC))


def export_to(
    out: Path | None,
    study: Study,
    selection: Selection,
    *,
    formats: tuple[str, ...],
    simulated: str,
    purposes: tuple[str, ...],
    key: bytes | None,
    dates: str,
    suffix: str,
    as_json: bool,
) -> None:
    """Write the trees that a selection wants, and say what was written and what was left out."""
    from django.utils import timezone

    from manyvoices.collect.taken_out import note_export
    from manyvoices.collect.trees.exporting import check_formats, export_trees, outlet_for

    if out is None:
        raise typer.BadParameter("name the folder to write to with --out")
    if simulated not in {"include", "exclude", "only"}:
        raise typer.BadParameter(f"--simulated {simulated}: expected include, exclude or only")
    check_formats(formats, selection)
    outlet = outlet_for(
        study, selection, simulated=simulated, purposes=purposes, key=key, dates=dates
    )
    with counting_bar("Reading trees") as progress:
        done = export_trees(outlet, out, formats, suffix=suffix, progress=progress)
    note_export(
        "server",
        "export trees",
        study,
        kind=",".join(formats),
        n_trees=done.n_trees,
        detail={"messages": done.n_messages},
        now=timezone.now(),
    )
    if as_json:
        print_json(done)
    else:
        _say_exported(done, out, selection)


def _say_exported(done: Exported, out: Path, selection: Selection) -> None:
    for name, n in done.files.items():
        _say(f"{out / name}: {n:,} rows")
    if not selection.is_flat:
        _say(
            f"{done.n_trees:,} trees, {done.n_messages:,} messages, {done.n_reviews:,} reviews,"
            f" {done.n_rankings:,} rankings"
        )
    for reason, n in done.left_out.items():
        _say(f"  left out: {n:,} {reason}")


def import_into(
    study: Study,
    paths: list[Path],
    *,
    kind: str,
    state: str,
    language: str,
    config: str,
    seed: int,
    as_json: bool,
) -> None:
    """Store the trees of files, and say what came."""
    import random
    from datetime import UTC, datetime

    from manyvoices.collect.trees.import_files import import_files

    if not paths:
        raise typer.BadParameter("name the files to import")
    states = states_named(state) if state else (None,)
    if len(states) != 1:
        raise typer.BadParameter("--state: one state for all trees that come in")
    with counting_bar("Storing trees") as progress:
        done = import_files(
            study,
            paths,
            now=datetime.now(UTC),
            rng=random.Random(seed),
            kind=kind,
            state=states[0],
            language=language,
            configs=names_in(config),
            progress=lambda so_far: progress(so_far.n_trees + so_far.n_known),
        )
    if as_json:
        print_json(done)
    else:
        _say_imported(done)


def _say_imported(done: Imported) -> None:
    _say(
        f"{done.n_trees:,} trees came, with {done.n_messages:,} messages, {done.n_reviews:,}"
        f" reviews and {done.n_rankings:,} rankings; {done.n_known:,} were here already"
    )
    if done.n_added:
        _say(f"  {done.n_added:,} samples were added to those")
    for name, n in sorted(done.states.items()):
        _say(f"  {n:,} are in state {name}")
    for note, n in sorted(done.notes.items()):
        _say(f"  {n:,} {note}")


def _say(line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
