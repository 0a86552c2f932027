"""What stands at the top of a report: on what data, how many of what, and who was simulated."""

from __future__ import annotations

from dataclasses import dataclass

from manyvoices.analyse.overview import Overview
from manyvoices.analyse.table import Source
from manyvoices.io import registry
from manyvoices.io.manifest import MANIFEST, read_manifest, sha256
from manyvoices.report import findings
from manyvoices.report.formats import day, days, number
from manyvoices.report.inputs import Input
from manyvoices.schema.wording import plural


@dataclass(frozen=True, slots=True)
class Head:
    """The top of the page, as texts."""

    title: str
    kicker: str
    lead: str
    notice: str = ""
    """The sentence that must stand above everything if bots played."""
    simulated: str = ""
    """How the window's title begins then."""
    source: Source | None = None
    """None where the input is no release."""


def head_of_release(source: Source, study_title: str, seen: Overview) -> Head:
    """The top of a report on a release."""
    counts = (
        plural(seen.n_participants, "participant"),
        plural(seen.n_conversations, "conversation"),
        plural(len(seen.models), "model"),
    )
    lead = f"{', '.join(counts)}."
    if seen.first_day:
        lead += f" Collected {days(seen.first_day, seen.last_day)}."
    if source.created_at:
        lead += f" Released {day(source.created_at)}."
    part = " in part" if seen.simulated.n < seen.simulated.of else ""
    return Head(
        title=source.title or study_title or source.study_id or "Study",
        kicker=f"Study report on release {source.release_id}"
        if source.release_id
        else "Study report",
        lead=lead,
        notice=findings.simulated_notice(seen),
        simulated=f"Simulated{part}: " if seen.simulated.n else "",
        source=source,
    )


def head_of_input(found: Input) -> Head:
    """The top of a report on trees, messages or a rated table, of which nothing was read yet."""
    if (found.path / MANIFEST).exists():
        made = read_manifest(found.path)
        source = Source(
            release_id=made.release_id,
            study_id=made.study_id,
            version=made.version,
            created_at=made.created_at,
            study_digest=made.study_digest,
            manifest_sha256=sha256(found.path / MANIFEST),
            title=made.title,
            notes=tuple(made.notes),
        )
        kicker = f"Report on release {made.release_id}"
        bots = made.n_simulated if made.n_simulated else 0
        notice = _of_manifest(made.n_participants, bots)
        lead = f"Message trees. Released {day(made.created_at)}."
        return Head(made.title or made.study_id, kicker, lead, notice, _window(notice), source)
    shape = registry.get(found.format).looks_like
    return Head(title=found.name, kicker="Report", lead=f"Made from {shape}.")


def _of_manifest(n_people: int, n_bots: int) -> str:
    if not n_bots:
        return ""
    return (
        f"{number(n_bots)} of {number(n_people + n_bots)} participants were simulated by a "
        "rehearsal: the numbers below are not people’s views alone."
    )


def _window(notice: str) -> str:
    return "Simulated in part: " if notice else ""
