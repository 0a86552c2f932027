"""The chapter about people: who took part, whom they stand for, where they are from, and what they
had used before (PRISM, tables 5-10 and figures 6-8)."""

from __future__ import annotations

from collections.abc import Iterable

from manyvoices.analyse.people import Comparison, People, PlaceCounts, people_chapter
from manyvoices.analyse.people.census import CensusComparison
from manyvoices.analyse.people.places import Places
from manyvoices.report.canvas import Drawing
from manyvoices.report.census_figure import census_figure
from manyvoices.report.data_table import DataTable
from manyvoices.report.formats import interval, listed, number, plural, share
from manyvoices.report.people_figures import differences_figure, shares_figure, tree_figure
from manyvoices.report.people_tables import (
    comparison_table,
    countries_table,
    recruitment_table,
    shares_table,
    tests_table,
    tree_table,
    versus_table,
)
from manyvoices.report.section import Chapter, Item, Section
from manyvoices.report.world import world_map
from manyvoices.schema.errors import MissingExtraError

_REFERENCE = (
    "Difference: share of the people less share of the population, of those whose answer the"
    " population has too; {level} interval after Wilson, the population taken as known (after"
    " Newcombe, where it is a sample itself). One chi-square test for all levels, its p-value from"
    " 10,000 drawn samples where an expected count is below 5, after Holm for the number of tests."
    " Distance: the share of people who would have to be others (total variation), beside what a"
    " random sample of this size would have."
)
_CASES = "LLM Use Cases"
_UNBALANCED = (
    "The release marks no balanced subset, so everybody of the country is counted; PRISM counts"
    " those who held as many conversations of each type."
)
_SHARES = "Shares are of people, each counted once, with {level} intervals after Wilson."


def render(found: People) -> Section:
    """The chapter."""
    items = [
        *_demographics(found),
        *_populations(found),
        *(item for one in found.census for item in _census(one, found.level)),
        *(_places(found.places) if found.places is not None else ()),
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


def _people(n: int) -> str:
    return plural(n, "person", "people")


def _demographics(found: People) -> Iterable[Item]:
    if not found.blocks:
        return
    largest = max((row for block in found.blocks[:1] for row in block.rows), key=lambda r: r.n)
    first = found.blocks[0]
    title = f"{first.title}: most often {largest.label}, {share(largest.share)} of people"
    yield Item(
        name="people-demographics",
        title=title,
        n=_people(found.n_people),
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


def _populations(found: People) -> Iterable[Item]:
    names = dict.fromkeys(one.population for one in found.comparisons)
    for place, name in enumerate(names):
        shown = [one for one in found.comparisons if one.population == name]
        key = f"people-against-{place + 1}"
        title = furthest_title(shown)
        yield Item(
            name=key,
            title=title,
            n=f"{_people(max(one.n for one in shown))}, against {name}",
            method=_REFERENCE.format(level=f"{found.level:.0%}"),
            source="PRISM, Tables 5-7",
            drawing=differences_figure(key, shown, f"Differences from {name}. {title}."),
            table=comparison_table(key, f"These people and {name}", shown),
            notes=tuple(test_sentence(one) for one in shown),
        )
    if len(names) > 1:
        yield Item(
            name="people-against-all",
            title=f"These people beside {plural(len(names), 'other population')}",
            n=_people(found.n_people),
            method="Shares as the files of the populations give them.",
            source="PRISM, Tables 6 and 7",
            table=versus_table("people-against-all", found.comparisons),
        )


def furthest_title(shown: Iterable[Comparison]) -> str:
    """The level that is furthest off, in words."""
    tests = list(shown)
    sure = [
        (one, level)
        for one in tests
        for level in one.levels
        if one.p_holm < 0.05 and (level.difference_low > 0 or level.difference_high < 0)
    ]
    if not sure:
        return f"No difference from {tests[0].population} is beyond chance"
    one, level = max(sure, key=lambda pair: abs(pair[1].difference))
    more = "more" if level.difference >= 0 else "fewer"
    points = number(100 * abs(level.difference), 1)
    return f"{level.label}: {points} points {more} than in {one.population}"


def test_sentence(one: Comparison) -> str:
    """The test in one sentence."""
    beyond = "beyond" if one.distance > one.distance_limit else "within"
    how = " (simulated)" if one.simulated else ""
    left = f"; {_people(one.n_outside)} could not be placed" if one.n_outside else ""
    p = "< 0.001" if one.p_holm < 0.001 else f"= {number(one.p_holm, 3)}"
    return (
        f"{one.column.replace('_', ' ')}: chi-square {number(one.chi2, 1)} on {one.df} degrees of"
        f" freedom, p {p}{how}, effect w {number(one.w, 2)}; {share(one.distance)} would have to"
        f" be others, {beyond} what chance gives a random sample (95% below"
        f" {share(one.distance_limit)}){left}."
    )


def _census(one: CensusComparison, level: float) -> Iterable[Item]:
    sample = one.sample
    name = sample.table.name
    by = f"people-census-{name}"
    title = furthest_title(one.by_dimension).replace(f" {name}", f" the census ({name.upper()})")
    yield Item(
        name=by,
        title=title,
        n=f"{_people(sample.n_eligible)}, against the census table {name.upper()}",
        method=_REFERENCE.format(level=f"{level:.0%}"),
        source="PRISM, Appendix L",
        drawing=differences_figure(by, one.by_dimension, f"Differences from the census. {title}."),
        table=tests_table(by, f"{name.upper()}: tests", (*one.by_dimension, one.joint)),
        notes=(
            *sample.table.notes,
            *(() if one.of_balanced else (_UNBALANCED,)),
            *(test_sentence(each) for each in one.by_dimension),
        ),
    )
    if len(sample.table.dimensions) != 3:
        return
    for when, n in (("before", sample.n_eligible), ("after", len(sample.included))):
        drawing = census_figure(sample, "before" if when == "before" else "after")
        key = f"{by}-{when}"
        yield Item(
            name=key,
            title=drawing.title,
            n=_people(n),
            method=(
                f"{drawing.caption} Rebalancing draws people of each cell as PRISM's code did."
                " Single cells hold few people; the chapter's tests say what is beyond chance."
            ),
            source="PRISM, Figure 8",
            drawing=Drawing(key, "", "", drawing.alt, drawing.draw),
        )


def _places(places: Places) -> Iterable[Item]:
    for one in places.maps:
        yield _map(one)
    regions: dict[str, int] = {}
    for leaf in places.tree:
        regions[leaf.region or "unknown"] = regions.get(leaf.region or "unknown", 0) + leaf.n
    if regions:
        first, total = next(iter(regions)), sum(regions.values())
        yield Item(
            name="people-regions",
            title=f"{share(regions[first] / total)} of people are from {first}",
            n=_people(total),
            method=(
                f"By {places.tree_label}; height is the number of people. Regions are those of the"
                " release (PRISM takes the UK and the US out of theirs), else the United Nations'."
                " Neighbours too small for a name are drawn together; the table has each."
            ),
            source="PRISM, Figure 7",
            drawing=tree_figure("people-regions", places),
            table=tree_table("people-regions", places),
        )
    if len(places.maps) == 2:
        shown = places.geography
        yield Item(
            name="people-countries",
            title=f"{share(shown.n_same / shown.n_people)} live where they were born",
            n=_people(shown.n_people),
            method="Counts of people.",
            source="PRISM, Table 8",
            table=countries_table("people-countries", shown),
        )


def _map(one: PlaceCounts) -> Item:
    key = f"people-map-{one.kind}"
    name, n = one.most
    notes = [
        "Shading is by number of people, not by their share of a country's population; ranges grow"
        " by a constant factor. French overseas departments are part of France's shape."
    ]
    if one.unmatched:
        names = listed([f"{label} ({count})" for label, count in one.unmatched])
        notes.append(f"No country of ISO 3166-1, so not on the map: {names}.")
    if one.n_not_said:
        notes.append(f"{_people(one.n_not_said)} gave no country.")
    drawing, notes = _map_or_note(key, one, notes)
    return Item(
        name=key,
        title=(
            f"{number(one.n)} people, {one.label} known, in {number(len(one.counts))} countries:"
            f" {share(n / one.n)} in {name}"
        ),
        n=_people(one.n),
        method=(
            "Natural Earth's countries (1:50m, public domain) in the Equal Earth projection, on"
            f" which equal areas are equal; as mixed as {number(one.effective, 1)} equally large"
            " countries (exponential of Shannon's entropy)."
        ),
        source="PRISM, Figure 6",
        drawing=drawing,
        table=DataTable(
            key,
            f"People by {one.label}",
            ("Country", "ISO", "People", "Share"),
            _map_rows(one),
        ),
        notes=tuple(notes),
    )


def _map_or_note(key: str, one: PlaceCounts, notes: list[str]) -> tuple[Drawing | None, list[str]]:
    from manyvoices.report.world import country_shapes

    try:
        country_shapes()
    except MissingExtraError as error:
        return None, [*notes, str(error)]
    return world_map(key, one), notes


def _map_rows(one: PlaceCounts) -> tuple[tuple[str, ...], ...]:
    from manyvoices.io.countries import COUNTRIES

    order = sorted(one.counts.items(), key=lambda pair: (-pair[1], COUNTRIES[pair[0]]))
    return tuple((COUNTRIES[code], code, number(n), share(n / one.n)) for code, n in order)


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
            n=_people(found.n_people),
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
            n=f"{_people(most.of)} who were asked",
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
        n=_people(first.n.of),
        method=(
            "Counts of people by the study that recruited them. How many were eligible is known to"
            " the recruitment platform alone."
        ),
        source="PRISM, Table 10",
        table=recruitment_table("people-recruitment", found.recruited),
    )


CHAPTER = Chapter(id="people", title="People and places", compute=people_chapter, render=render)
