"""Items on models in both releases: their ranks, and the scores that they got."""

from __future__ import annotations

from manyvoices.analyse.comparison import ReleaseComparison
from manyvoices.analyse.comparison_ranks import RankedApart
from manyvoices.analyse.comparison_scores import ScoresApart
from manyvoices.report.comparison_figures import places_figure, scores_figure
from manyvoices.report.data_table import DataTable
from manyvoices.report.formats import interval, listed, number, ranks, share
from manyvoices.report.section import Item
from manyvoices.schema.wording import plural


def ranks_title(found: ReleaseComparison) -> str:
    """Which shared models score differently, as the end of a sentence."""
    result = found.ranks
    assert result is not None
    apart = [place.model for place in result.places if place.apart]
    tau = f"Kendall’s tau {number(result.tau, 2)}"
    if not apart:
        return f"no shared model’s score differs beyond noise ({tau})"
    if len(apart) > 3:
        return f"{len(apart)} of {len(result.places)} shared models score differently ({tau})"
    return f"{listed(apart)} {'score' if len(apart) > 1 else 'scores'} differently ({tau})"


def places_item(found: ReleaseComparison) -> Item:
    """Ranks of the shared models in both releases."""
    result = found.ranks
    assert result is not None
    title = ranks_title(found)
    span = f"{result.level:.0%}"
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
        table=_places_table(found, result),
    )


def _places_table(found: ReleaseComparison, result: RankedApart) -> DataTable:
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
        f"{result.level:.0%} interval",
        "Beyond noise",
    )
    return DataTable("comparison-leaderboards", "Shared models", header, rows)


def scores_item(found: ReleaseComparison) -> Item:
    """Shares of scores in each tenth of the scale."""
    result = found.scores
    assert result is not None
    gap = f"{number(abs(result.difference), 1)} points"
    title = f"Mean scores do not differ beyond noise: {gap} apart"
    if result.low > 0 or result.high < 0:
        title = f"Scores are {gap} {'higher' if result.low > 0 else 'lower'} in {found.ours.name}"
    span = f"{found.level:.0%}"
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
        table=_scores_table(found, result),
        notes=notes if result.rescaled else (),
    )


def _scores_table(found: ReleaseComparison, result: ScoresApart) -> DataTable:
    low, high = result.scale
    width = (high - low) / len(result.ours.shares)
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
    span, ours, theirs = f"{found.level:.0%}", found.ours.name, found.theirs.name
    header = ("Scores", ours, f"{span} interval, %", theirs, f"{span} interval, % ")
    return DataTable("comparison-scores", "Scores", header, rows)


def model_items(found: ReleaseComparison) -> tuple[Item, ...]:
    """Mean scores of each shared model; nothing where none is shared."""
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
