"""The leaderboard recovers what was planted, and says what it cannot tell."""

from __future__ import annotations

from tests.analyse.releases import QUALITIES, Plan, make_table

from manyvoices.aggregate.battles import Battles
from manyvoices.analyse.battles import opening_battles
from manyvoices.analyse.leaderboard import Leaderboard, leaderboard
from manyvoices.analyse.resampling import Resampling

DRAWN = Resampling(n_resamples=100)


def board_of(plan: Plan) -> Leaderboard:
    battles = Battles.from_rows(opening_battles(make_table(plan)))
    return leaderboard(battles, resampling=DRAWN)


def test_both_methods_recover_the_planted_order() -> None:
    found = board_of(Plan(n_people=60))
    assert [board.method for board in found.boards] == ["rank_centrality", "bradley_terry"]
    for board in found.boards:
        assert [row.model for row in board.standings] == list(QUALITIES)
        assert [row.rank for row in board.standings] == [1, 2, 3, 4]
        for row in board.standings:
            assert row.low <= row.score <= row.high
            assert row.rank_low <= row.rank <= row.rank_high


def test_the_numbers_of_battles_equal_a_recount() -> None:
    records = opening_battles(make_table(Plan()))
    found = board_of(Plan())
    assert found.n_battles == len(records)
    assert found.ties.n == sum(battle.outcome == "TIE" for battle in records)
    assert found.n_judges == len({battle.participant_id for battle in records})
    for row in found.boards[0].standings:
        n = sum(row.model in (battle.model_a, battle.model_b) for battle in records)
        assert row.n_battles == n


def test_leaders_are_the_models_that_could_be_first() -> None:
    clear = board_of(Plan(n_people=60, qualities={"good": 90, "poor": 20}, noise=30))
    assert clear.boards[0].leaders == ("good",)
    alike = board_of(Plan(n_people=20, qualities={"x": 50, "y": 50}))
    assert set(alike.boards[0].leaders) == {"x", "y"}


def test_a_model_that_never_lost_has_no_bradley_terry_score_but_a_rank_centrality() -> None:
    found = board_of(Plan(qualities={"best": 95, "mid": 50, "low": 10}, noise=3))
    assert [board.method for board in found.boards] == ["rank_centrality"]
    (missing,) = found.missing
    assert missing.what == "bradley_terry"
    assert "never lost" in missing.reason


def test_without_two_rated_models_there_is_no_board_but_a_reason() -> None:
    for plan in (Plan(p_unrated=1.0), Plan(qualities={"only": 50}), Plan(n_people=0)):
        found = board_of(plan)
        assert found.boards == ()
        assert found.n_judges == 0
        assert all("nothing was compared" in missing.reason for missing in found.missing)
