"""The chapter about people: who took part, whom they stand for, where they are from, and what they
had used before (PRISM, tables 5-10 and figures 6-8)."""

from __future__ import annotations

from collections.abc import Iterable

from manyvoices.analyse.people import People, people_chapter
from manyvoices.report.formats import interval, number, share
from manyvoices.report.people_figures import shares_figure
from manyvoices.report.people_tables import (
    recruitment_table,
    shares_table,
)
from manyvoices.report.section import Chapter, Item, Section
from manyvoices.report.sections.people_places import place_items
from manyvoices.report.sections.people_populations import census_items, population_items
from manyvoices.schema.wording import people, plural

_CASES = "LLM Use Cases"
_SHARES = "Shares are of people, each counted once, with {level} intervals after Wilson."


def render(found: People) -> Section:
    """The chapter."""
    items = [
        *_demographics(found),
        *population_items(found),
        *(item for one in found.census for item in census_items(one, found.level)),
        *(place_items(found.places) if found.places is not None else ()),
        *_experience(found),
        *_recruitment(found),
    ]
    lead = f"{plural(found.n_people, 'person', 'people')} took part"
    if found.n_survey_only:
        lead += f", {number(found.n_survey_only)} of them in the survey alone"
    if found.places is not None and found.places.maps:
        first = found.places.maps[0]
        lead += f"; by {first.label}, {number(first.n)} of them are from"
        lead += f" {number(len(first.counts))} countries"
    tests = [*found.comparisons, *(one.joint for one in found.census)]
    if tests:
        apart = [one for one in tests if one.p_holm < 0.05]
        lead += (
            f". Of {plural(len(tests), 'comparison')} with a population,"
            f" {number(len(apart))} show people who are unlike it beyond chance"
        )
    return Section(lead=lead + ".", items=tuple(items), notes=found.notes, in_short=_short(found))


def _short(found: People) -> tuple[str, ...]:
    if found.places is None or not found.places.maps:
        return ()
    first = found.places.maps[0]
    name, n = first.most
    return (
        f"{number(first.n)} people from {number(len(first.counts))} countries, as mixed as"
        f" {number(first.effective, 1)} equally large ones; {share(n / first.n)} are from {name}.",
    )


def _demographics(found: People) -> Iterable[Item]:
    if not found.blocks:
        return
    largest = max((row for block in found.blocks[:1] for row in block.rows), key=lambda r: r.n)
    first = found.blocks[0]
    title = f"{first.title}: most often {largest.label}, {share(largest.share)} of people"
    yield Item(
        name="people-demographics",
        title=title,
        n=people(found.n_people),
        method=_SHARES.format(level=f"{found.level:.0%}"),
        source="PRISM, Table 5",
        drawing=shares_figure(
            "people-demographics",
            found.blocks,
            f"Shares of {plural(len(found.blocks), 'variable')}; {title}.",
        ),
        table=shares_table("people-demographics", "Who took part", found.blocks),
        notes=_simulated(found),
    )


def _simulated(found: People) -> tuple[str, ...]:
    if not found.n_simulated:
        return ()
    return (f"{number(found.n_simulated)} of them were simulated by a rehearsal.",)


def _experience(found: People) -> Iterable[Item]:
    if not found.llm_use:
        return
    block = found.llm_use[0]
    row = block.rows[0]
    title = (
        f"{block.title}: {row.label}, {share(row.share)} of people"
        f" ({interval(100 * row.low, 100 * row.high)}%)"
    )
    asked = [one for one in found.llm_use if one.title != _CASES]
    cases = [one for one in found.llm_use if one.title == _CASES]
    method = _SHARES.format(level=f"{found.level:.0%}")
    if asked:
        yield Item(
            name="people-experience",
            title=title,
            n=people(found.n_people),
            method=method,
            source="PRISM, Table 9",
            drawing=shares_figure("people-experience", asked, f"Experience. {title}."),
            table=shares_table("people-experience", "Use of language models", asked),
        )
    for one in cases:
        most = one.rows[0]
        finding = f"What models are used for, most often: {most.label}, {share(most.share)}"
        yield Item(
            name="people-uses",
            title=finding,
            n=f"{people(most.of)} who were asked",
            method=f"{method} One person may name several uses.",
            source="PRISM, Table 9",
            drawing=shares_figure("people-uses", [one], f"{finding}."),
            table=shares_table("people-uses", one.title, [one]),
        )


def _recruitment(found: People) -> Iterable[Item]:
    if not found.recruited:
        return
    first = found.recruited[0]
    yield Item(
        name="people-recruitment",
        title=(
            f"{plural(len(found.recruited), 'recruitment study', 'recruitment studies')}; the"
            f" largest, {first.study}, brought {share(first.n.share)} of people"
        ),
        n=people(first.n.of),
        method=(
            "Counts of people by the study that recruited them. How many were eligible is known to"
            " the recruitment platform alone."
        ),
        source="PRISM, Table 10",
        table=recruitment_table("people-recruitment", found.recruited),
    )


CHAPTER = Chapter(id="people", title="People and places", compute=people_chapter, render=render)
