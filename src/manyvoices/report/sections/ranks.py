"""Chapter: do different people prefer different models?  Case study II of PRISM (section 3.2)."""

from __future__ import annotations

from manyvoices.analyse.ranks import RankAnalysis, rank_analysis
from manyvoices.report.formats import number
from manyvoices.report.section import Chapter, Section
from manyvoices.report.sections.rank_cohorts import cohort_items
from manyvoices.report.sections.rank_comparison import comparison_items
from manyvoices.report.sections.rank_features import feature_items
from manyvoices.report.sections.rank_groups import difference_items, group_items
from manyvoices.report.sections.rank_pairs import pair_items
from manyvoices.report.sections.rank_scores import score_items
from manyvoices.report.sections.rank_sensitivity import sensitivity_items
from manyvoices.report.sections.rank_style import style_items
from manyvoices.schema.wording import plural


def render(result: RankAnalysis) -> Section:
    """The chapter of a result."""
    items = (
        *cohort_items(result),
        *group_items(result),
        *difference_items(result),
        *pair_items(result),
        *sensitivity_items(result),
        *feature_items(result),
        *score_items(result),
        *style_items(result),
        *comparison_items(result),
    )
    return Section(
        lead=_lead(result), items=items, in_short=(_in_short(result),), notes=_notes(result)
    )


def _lead(result: RankAnalysis) -> str:
    base = "the balanced subset" if result.balanced else "all opening turns"
    people = number(result.cohorts.n_people)
    return (
        "Do different people prefer different models, and how much does the order depend on who "
        f"took part, what they talked about, and how their scores are put together? By {base} "
        f"({people} participants) {result.models[0]} stands first of "
        f"{plural(len(result.models), 'model')}, {result.models[-1]} last."
    )


def _in_short(result: RankAnalysis) -> str:
    moves = [(f.label, g, m) for f in result.fields for g, m in f.surprising()]
    some = [one for one in result.cohorts.sizes if one.n_draws > 1]
    tau = ""
    if some:
        tau = f" (median Kendall tau {number(some[0].tau[1], 2)}, where 1 is the same order)"
    size = f"cohorts of {some[0].size} people agree little with everybody{tau}" if some else ""
    if some and some[0].tau[1] > 0.7:
        size = f"even cohorts of {some[0].size} people agree with everybody{tau}"
    if not moves:
        told = "no group of people orders the models differently beyond chance"
    else:
        label, group, move = moves[0]
        told = (
            f"{move.model} stands {plural(abs(move.spots), 'place')} "
            f"{'higher' if move.spots > 0 else 'lower'} for {group} ({label.lower()})"
        )
    text = f"The order of models: {told}" + (f"; {size}" if size else "")
    return f"{text}."


def _notes(result: RankAnalysis) -> tuple[str, ...]:
    notes = [f"Not computed: {one.what}: {one.reason}" for one in result.missing]
    if result.comparison is None and not any("leaderboard" in one.what for one in result.missing):
        notes.append(
            "No other leaderboard was given to compare with (PRISM, Figure 37): name a release, or "
            "a file of battles, with --compare."
        )
    if result.subsets is None:
        notes.append(
            "The release marks no balanced subset, so all opening turns stand in its place and "
            "PRISM’s Figure 33 (a) has nothing to compare."
        )
    if not result.fields:
        notes.append(
            f"No field has two groups of {result.min_group} participants or more, so no ranks by "
            "group are shown."
        )
    return tuple(notes)


CHAPTER = Chapter(
    id="ranks",
    title="Whose order of models?",
    compute=rank_analysis,
    render=render,
)
