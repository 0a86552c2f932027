"""The first pages of a report on a release: which there are, their figures, what they say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from manyvoices.analyse.study_report import ReleaseAnalysis
from manyvoices.report import findings, rank_figures, score_figures
from manyvoices.report.canvas import Drawing
from manyvoices.report.formats import out_of
from manyvoices.schema.wording import plural

FIRST_PAGES = {
    "glance": "The study at a glance",
    "people": "Who took part",
    "scores": "Scores",
    "leaderboard": "Leaderboard",
    "groups": "Leaderboard by group",
    "attributes": "What mattered",
}
"""Id (as in ``--only``) -> title, in order."""
METHOD = "method"
"""Id of the last page, which says how the report was made; it is in every report."""
METHOD_TITLE = "How this report was made"


def drawings(result: ReleaseAnalysis, pages: Sequence[str] = tuple(FIRST_PAGES)) -> list[Drawing]:
    """Every figure of the first pages named in `pages` that `result` has data for."""
    drawn = result.resampling
    found: list[Drawing] = []
    if "scores" in pages and result.scores.by_model:
        found.append(score_figures.model_scores_figure(result.scores, drawn))
    if "scores" in pages and len(result.scores.by_turn) > 1:
        found.append(score_figures.turn_scores_figure(result.scores, drawn))
    if "leaderboard" in pages and result.leaderboard.boards:
        found.append(rank_figures.leaderboard_figure(result.leaderboard))
    found += [
        rank_figures.group_figure(comparison, drawn)
        for comparison in (result.groups if "groups" in pages else ())
        if len(comparison.groups) > 1 and comparison.models
    ]
    found += [
        score_figures.attribute_figure(block, drawn, place)
        for place, block in enumerate(result.attributes if "attributes" in pages else (), start=1)
        if any(item.n for item in block.items)
    ]
    return found


def in_short(result: ReleaseAnalysis, pages: Sequence[str]) -> Iterator[str]:
    """The sentences for the top that come from the pages named in `pages`."""
    scores, seen = result.scores, result.overview
    if "leaderboard" in pages and result.leaderboard.boards:
        yield f"{findings.leaderboard_title(result.leaderboard.boards[0])}."
    if "scores" in pages and scores.by_model:
        low, high = scores.scale
        yield f"{findings.scores_title(scores)}, on a scale from {low} to {high}."
    if "groups" in pages:
        yield from findings.groups_in_short(result.groups)
    if "glance" in pages and seen.n_utterances:
        yield f"{out_of(seen.failed)} answers asked of models failed."
    if "scores" in pages and not scores.by_model:
        yield "Nobody rated an answer, so there are no scores and no ranking."


def case_counts(result: ReleaseAnalysis) -> dict[str, str]:
    """Name of a figure or table of the first pages -> how many of what it stands on."""
    seen, board = result.overview, result.leaderboard
    battles = f"{plural(board.n_battles, 'battle')} of {plural(board.n_judges, 'participant')}"
    counts = {
        "glance-models": f"{plural(seen.n_utterances, 'answer')} asked of models",
        "people-answers": plural(seen.n_participants, "participant"),
        "scores-by-model": f"{plural(result.scores.n_opening, 'score')} of opening turns",
        "scores-by-turn": plural(result.scores.n_scores, "score"),
        "leaderboard": battles,
    }
    for comparison in result.groups:
        people = sum(group.n_participants for group in comparison.groups)
        counts[rank_figures.group_name(comparison)] = plural(people, "participant")
    for place, block in enumerate(result.attributes, start=1):
        counts[score_figures.attribute_name(block, place)] = f"{block.n_asked} {block.unit}"
    return counts
