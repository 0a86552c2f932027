"""The tables of a report's first pages, in the form in which every table is written to files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from manyvoices.analyse.attributes import AttributeBlock, AttributeSummary
from manyvoices.analyse.composition import Composition
from manyvoices.analyse.groups import GroupComparison
from manyvoices.analyse.leaderboard import Board, Leaderboard
from manyvoices.analyse.overview import Overview
from manyvoices.analyse.scores import ScoreDistribution, ScoreSummary
from manyvoices.analyse.study_report import ReleaseAnalysis
from manyvoices.report.data_table import DataTable
from manyvoices.report.findings import attributes_title, group_title
from manyvoices.report.formats import method_name, number, statement
from manyvoices.report.rank_figures import group_name
from manyvoices.report.score_figures import attribute_name

_SUMMARY = ("Values", "Mean", "Low", "High", "SD", "25%", "50%", "75%")


def first_tables(result: ReleaseAnalysis, pages: Sequence[str]) -> tuple[DataTable, ...]:
    """Every table of the first pages named in `pages`, with unrounded counts and plain numbers."""
    makers: dict[str, Callable[[], Iterable[DataTable]]] = {
        "glance": lambda: _models(result.overview),
        "people": lambda: _people(result.compositions),
        "scores": lambda: _scores(result.scores),
        "leaderboard": lambda: _boards(result.leaderboard),
        "groups": lambda: (t for c in result.groups for t in _groups(c)),
        "attributes": lambda: _attributes(result.attributes),
    }
    found = [table for page, make in makers.items() if page in pages for table in make()]
    return tuple(table for table in found if table.rows)


def _models(seen: Overview) -> Iterator[DataTable]:
    rows = [
        tuple(map(str, (use.model, use.n_asked, use.failed.n, use.rated.n, use.chosen.n)))
        for use in seen.models
    ]
    header = ("Model", "Asked", "Failed", "Rated", "Chosen")
    yield DataTable("glance-models", "Models and their answers", header, tuple(rows))


def _people(questions: Sequence[Composition]) -> Iterator[DataTable]:
    rows = [
        (one.question_id, one.label, row.label, str(row.count.n), str(row.count.of))
        for one in questions
        for row in one.rows
    ]
    header = ("Question id", "Question", "Answer", "People", "Of")
    yield DataTable("people-answers", "Answers to the survey’s choice questions", header, (*rows,))


def _scores(scores: ScoreDistribution) -> Iterator[DataTable]:
    for name, first, rows in (
        ("scores-by-model", "Model", scores.by_model),
        ("scores-by-turn", "Turn", scores.by_turn),
    ):
        cells = tuple((row.label, *_summary(row)) for row in rows)
        yield DataTable(name, f"Scores by {first.lower()}", (first, *_SUMMARY), cells)


def _boards(result: Leaderboard) -> Iterator[DataTable]:
    if not result.boards:
        return
    header = (
        *("Method", "Model", "Rank", "Rank low", "Rank high", "Score", "Low", "High"),
        *("Win rate", "Battles"),
    )
    rows = tuple(row for board in result.boards for row in _standings(board))
    yield DataTable("leaderboard", "Leaderboard", header, rows)


def _standings(board: Board) -> Iterator[tuple[str, ...]]:
    for row in board.standings:
        ranks = (str(row.rank), str(row.rank_low), str(row.rank_high))
        scores = (_plain(value, 5) for value in (row.score, row.low, row.high, row.win_rate))
        yield (method_name(board.method), row.model, *ranks, *scores, str(row.n_battles))


def _groups(comparison: GroupComparison) -> Iterator[DataTable]:
    rows = []
    for group in comparison.groups:
        for board in group.leaderboard.boards:
            rows += [
                (group.label, str(group.n_participants), *cells[1:5]) for cells in _standings(board)
            ]
    header = ("Group", "People", "Model", "Rank", "Rank low", "Rank high")
    yield DataTable(group_name(comparison), group_title(comparison), header, tuple(rows))


def _attributes(blocks: Sequence[AttributeBlock]) -> Iterator[DataTable]:
    for place, block in enumerate(blocks, start=1):
        rows = tuple(
            (statement(item.label), *_summary(item), str(item.not_applicable.n))
            for item in block.items
        )
        header = ("Statement", *_SUMMARY, "Not applicable")
        yield DataTable(attribute_name(block, place), attributes_title(block), header, rows)


def _summary(row: ScoreSummary | AttributeSummary) -> tuple[str, ...]:
    values = (row.mean, row.low, row.high, row.sd, row.q25, row.median, row.q75)
    return (str(row.n), *(_plain(value, 2) for value in values))


def _plain(value: float, digits: int) -> str:
    return number(value, digits)
