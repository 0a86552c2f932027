"""Items that hold the people against populations: reference shares and census tables."""

from __future__ import annotations

from collections.abc import Iterable

from manyvoices.analyse.people import Comparison, People
from manyvoices.analyse.people.census import CensusComparison
from manyvoices.report.canvas import Drawing
from manyvoices.report.census_figure import census_figure
from manyvoices.report.formats import number, share
from manyvoices.report.people_figures import differences_figure
from manyvoices.report.people_tables import (
    comparison_table,
    tests_table,
    versus_table,
)
from manyvoices.report.section import Item
from manyvoices.schema.wording import people, plural

_REFERENCE = (
    "Difference: share of the people less share of the population, of those whose answer the"
    " population has too; {level} interval after Wilson, the population taken as known (after"
    " Newcombe, where it is a sample itself). One chi-square test for all levels, its p-value from"
    " 10,000 drawn samples where an expected count is below 5, after Holm for the number of tests."
    " Distance: the share of people who would have to be others (total variation), beside what a"
    " random sample of this size would have."
)


_UNBALANCED = (
    "The release marks no balanced subset, so everybody of the country is counted; PRISM counts"
    " those who held as many conversations of each type."
)


def population_items(found: People) -> Iterable[Item]:
    """The people beside each population, and beside all of them at once."""
    names = dict.fromkeys(one.population for one in found.comparisons)
    for place, name in enumerate(names):
        shown = [one for one in found.comparisons if one.population == name]
        key = f"people-against-{place + 1}"
        title = furthest_title(shown)
        yield Item(
            name=key,
            title=title,
            n=f"{people(max(one.n for one in shown))}, against {name}",
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
            n=people(found.n_people),
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
    left = f"; {people(one.n_outside)} could not be placed" if one.n_outside else ""
    p = "< 0.001" if one.p_holm < 0.001 else f"= {number(one.p_holm, 3)}"
    return (
        f"{one.column.replace('_', ' ')}: chi-square {number(one.chi2, 1)} on {one.df} degrees of"
        f" freedom, p {p}{how}, effect w {number(one.w, 2)}; {share(one.distance)} would have to"
        f" be others, {beyond} what chance gives a random sample (95% below"
        f" {share(one.distance_limit)}){left}."
    )


def census_items(one: CensusComparison, level: float) -> Iterable[Item]:
    """The people beside a census table, before and after they are rebalanced."""
    sample = one.sample
    name = sample.table.name
    by = f"people-census-{name}"
    title = furthest_title(one.by_dimension).replace(f" {name}", f" the census ({name.upper()})")
    yield Item(
        name=by,
        title=title,
        n=f"{people(sample.n_eligible)}, against the census table {name.upper()}",
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
            n=people(n),
            method=(
                f"{drawing.caption} Rebalancing draws people of each cell as PRISM's code did."
                " Single cells hold few people; the chapter's tests say what is beyond chance."
            ),
            source="PRISM, Figure 8",
            drawing=Drawing(key, "", "", drawing.alt, drawing.draw),
        )
