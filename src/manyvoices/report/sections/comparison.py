"""The chapter that holds a release against another (``report --compare OTHER``)."""

from __future__ import annotations

from manyvoices.analyse.comparison import ReleaseComparison, compare_releases
from manyvoices.report.comparison_figures import places_figure, scores_figure, shares_figure
from manyvoices.report.data_table import DataTable
from manyvoices.report.formats import interval, listed, number, plural, ranks, share
from manyvoices.report.section import Chapter, Item, Section


def render(found: ReleaseComparison) -> Section:
    """The chapter."""
    items = [_sizes(found)]
    items += [_people(found)] if found.people else []
    items += [_places(found)] if found.ranks else []
    items += [_scores(found), *_models(found)] if found.scores else []
    notes = []
    if not found.people:
        notes.append("The two releases have no column of the survey in common that makes groups.")
    if found.ranks is None:
        notes.append("Fewer than two models were compared in both releases.")
    if found.scores is None:
        notes.append("One of the releases has no rated opening turn.")
    lead = f"{found.ours.name} beside {found.theirs.name}."
    if found.n_people_in_both:
        same = plural(found.n_people_in_both, "id of a participant", "ids of participants")
        lead += (
            f" {same} are in both: if these are the same people, the intervals that take the two "
            "releases as independent are too wide."
        )
    short = (f"Against {found.theirs.name}: {_ranks_title(found)}.",) if found.ranks else ()
    return Section(lead=lead, items=tuple(items), in_short=short, notes=tuple(notes))


def _sizes(found: ReleaseComparison) -> Item:
    first, second = found.ours.seen, found.theirs.seen
    rows = tuple(
        (label, number(a), number(b))
        for label, a, b in (
            ("Participants", first.n_participants, second.n_participants),
            ("of them simulated", first.simulated.n, second.simulated.n),
            ("Conversations", first.n_conversations, second.n_conversations),
            ("Turns", first.n_turns, second.n_turns),
            ("Answers asked of models", first.n_utterances, second.n_utterances),
            ("of them failed", first.failed.n, second.failed.n),
            ("of them rated", first.rated.n, second.rated.n),
            ("Models", len(first.models), len(second.models)),
            ("Languages", len(first.languages), len(second.languages)),
        )
    )
    more = "more" if first.n_participants >= second.n_participants else "fewer"
    title = (
        f"{found.ours.name} has {more} people than {found.theirs.name}: "
        f"{number(first.n_participants)} and {number(second.n_participants)}"
    )
    if first.n_participants == second.n_participants:
        title = f"Both have {plural(first.n_participants, 'participant')}"
    table = DataTable("comparison-sizes", "Sizes", ("", found.ours.name, found.theirs.name), rows)
    people = first.n_participants + second.n_participants
    return Item("comparison-sizes", title, plural(people, "participant"), "Counted.", table=table)


def _people(found: ReleaseComparison) -> Item:
    apart = [one.column for one in found.people if one.p_holm < 1 - found.level]
    title = "The people do not differ beyond chance in any column"
    if apart:
        title = f"The people differ in {listed([name.lower() for name in apart])}"
    heads: set[int] = set()
    rows: list[tuple[str, ...]] = []
    for one in found.people:
        heads.add(len(rows))
        rows.append((one.column, "", "", "", f"p {_p(one.p_holm)}"))
        for level in one.levels:
            gap = interval(100 * level.difference_low, 100 * level.difference_high, 1)
            rows.append(
                (
                    level.label,
                    share(level.share),
                    share(level.reference),
                    number(100 * level.difference, 1),
                    gap,
                )
            )
    span = f"{found.level:.0%}"
    header = ("", found.ours.name, found.theirs.name, "Difference, points", f"{span} interval")
    return Item(
        name="comparison-people",
        title=title,
        n=f"{plural(found.people[0].n, 'person', 'people')} and "
        f"{number(found.people[0].n_reference or 0)} with an answer in the first column",
        method=(
            f"Difference of shares with {span} intervals after Newcombe; a chi-square test of "
            "homogeneity for each column, its p-value from 10,000 drawn samples where an expected "
            "count is below 5, after Holm for the number of columns."
        ),
        drawing=shares_figure(found),
        table=DataTable(
            "comparison-people", "Shares of people", header, tuple(rows), frozenset(heads)
        ),
    )


def _ranks_title(found: ReleaseComparison) -> str:
    result = found.ranks
    assert result is not None
    apart = [place.model for place in result.places if place.apart]
    tau = f"Kendall’s tau {number(result.tau, 2)}"
    if not apart:
        return f"no shared model’s score differs beyond noise ({tau})"
    if len(apart) > 3:
        return f"{len(apart)} of {len(result.places)} shared models score differently ({tau})"
    return f"{listed(apart)} {'score' if len(apart) > 1 else 'scores'} differently ({tau})"


def _places(found: ReleaseComparison) -> Item:
    result = found.ranks
    assert result is not None
    title = _ranks_title(found)
    span = f"{result.level:.0%}"
    rows = tuple(
        (
            place.model,
            *(
                f"{place.rank[i]} ({ranks(place.rank_low[i], place.rank_high[i])})"
                for i in range(2)
            ),
            *(number(place.score[i], 3) for i in range(2)),
            number(place.difference, 3),
            interval(place.low, place.high, 3),
            "yes" if place.apart else "no",
        )
        for place in result.places
    )
    ours, theirs = found.ours.name, found.theirs.name
    header = (
        "Model",
        f"Rank, {ours}",
        f"Rank, {theirs}",
        f"Score, {ours}",
        f"Score, {theirs}",
        "Difference",
        f"{span} interval",
        "Beyond noise",
    )
    twice = listed([number(value, 2) for value in result.twice])
    return Item(
        name="comparison-leaderboards",
        title=title.replace("no shared", "No shared", 1) if title.startswith("no ") else title,
        n=(
            f"{number(result.n_battles[0])} and {number(result.n_battles[1])} battles between "
            f"{plural(len(result.places), 'shared model')}, by {number(result.n_people[0])} and "
            f"{number(result.n_people[1])} people"
        ),
        method=(
            "Rank centrality of the shared models within each release. Ranks in brackets and the "
            f"{span} intervals are from {number(result.n_resamples)} resamples of whole people. "
            "Beyond noise: the difference over its standard deviation between resamples, after "
            f"Bonferroni for {plural(len(result.places), 'model')}. Kendall’s tau "
            f"{number(result.tau, 2)} ({interval(result.low, result.high, 2)}); two resamples of "
            f"one release agree with {twice}."
        ),
        drawing=places_figure(found),
        table=DataTable("comparison-leaderboards", "Shared models", header, rows),
    )


def _scores(found: ReleaseComparison) -> Item:
    result = found.scores
    assert result is not None
    gap = f"{number(abs(result.difference), 1)} points"
    title = f"Mean scores do not differ beyond noise: {gap} apart"
    if result.low > 0 or result.high < 0:
        title = f"Scores are {gap} {'higher' if result.low > 0 else 'lower'} in {found.ours.name}"
    low, high = result.scale
    width = (high - low) / len(result.ours.shares)
    span = f"{found.level:.0%}"
    rows = tuple(
        (
            f"{number(low + i * width)} to {number(low + (i + 1) * width)}",
            *(
                cell
                for side in (result.ours, result.theirs)
                for cell in (
                    share(float(side.shares[i])),
                    interval(100 * float(side.shares_low[i]), 100 * float(side.shares_high[i]), 1),
                )
            ),
        )
        for i in range(len(result.ours.shares))
    )
    ours, theirs = found.ours.name, found.theirs.name
    header = ("Scores", ours, f"{span} interval, %", theirs, f"{span} interval, % ")
    notes = ("The other release’s scale has other ends; its scores were stretched to this one’s.",)
    return Item(
        name="comparison-scores",
        title=title,
        n=(
            f"{number(result.ours.n)} and {number(result.theirs.n)} scores of opening turns, by "
            f"{number(result.ours.n_people)} and {number(result.theirs.n_people)} people"
        ),
        method=(
            f"Share of scores in each tenth of the scale, {span} intervals over resampled people. "
            f"Means {number(result.ours.mean, 1)} and {number(result.theirs.mean, 1)}, difference "
            f"{number(result.difference, 1)} ({interval(result.low, result.high, 1)}; MOVER, Zou "
            f"and Donner 2008); standard deviations {number(result.ours.sd, 1)} and "
            f"{number(result.theirs.sd, 1)}."
        ),
        drawing=scores_figure(found),
        table=DataTable("comparison-scores", "Scores", header, rows),
        notes=notes if result.rescaled else (),
    )


def _models(found: ReleaseComparison) -> tuple[Item, ...]:
    result = found.scores
    if result is None or not result.models:
        return ()
    apart = [one for one in result.models if one.low > 0 or one.high < 0]
    shared = plural(len(result.models), "shared model")
    title = f"{len(apart)} of {shared} {'has' if len(apart) == 1 else 'have'} another mean score"
    if not apart:
        title = f"None of {shared} has another mean score beyond noise"
    rows = tuple(
        (
            one.model,
            number(one.mean[0], 1),
            number(one.mean[1], 1),
            number(one.difference, 1),
            interval(one.low, one.high, 1),
            *map(number, one.n),
        )
        for one in result.models
    )
    ours, theirs = found.ours.name, found.theirs.name
    span = f"{found.level:.0%} interval"
    header = ("Model", ours, theirs, "Difference", span, f"Scores, {ours}", f"Scores, {theirs}")
    return (
        Item(
            name="comparison-model-scores",
            title=title,
            n=f"{number(result.ours.n)} and {number(result.theirs.n)} scores of opening turns",
            method=(
                "Mean score in each release and the difference, with MOVER intervals from people "
                "resampled within each; not corrected for the number of models: of twenty without "
                "a difference, one is beyond its interval by chance."
            ),
            table=DataTable("comparison-model-scores", "Mean scores by model", header, rows),
        ),
    )


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


CHAPTER = Chapter(
    id="comparison", title="Beside another release", compute=compare_releases, render=render
)
