"""Battles out of opening turns."""

from __future__ import annotations

from itertools import combinations

from tests.analyse.releases import Plan, make_records, make_table

from manyvoices.analyse.battles import opening_battles
from manyvoices.schema.judgements import Outcome


def test_there_is_one_battle_for_every_pair_of_rated_answers_of_an_opening() -> None:
    plan = Plan(p_failed=0.2, p_unrated=0.2, n_turns=3)
    expected = 0
    for conversation in make_records(plan).conversations:
        rated = [u for u in conversation.turns[0].utterances if u.score is not None]
        expected += len(list(combinations(rated, 2)))
    assert len(opening_battles(make_table(plan))) == expected > 0


def test_scores_at_the_threshold_are_a_tie_and_one_point_more_is_not() -> None:
    plan = Plan(n_people=1, n_conversations=1, noise=0, p_failed=0, qualities={"a": 55, "b": 50})
    (close,) = opening_battles(make_table(plan), tie_threshold=5)
    assert close.outcome is Outcome.TIE
    (apart,) = opening_battles(make_table(plan), tie_threshold=4)
    winner = apart.model_a if apart.outcome is Outcome.A else apart.model_b
    assert winner == "a"


def test_a_battle_knows_its_person_and_its_conversation() -> None:
    plan = Plan(n_people=1, n_conversations=1, p_failed=0)
    battle = opening_battles(make_table(plan))[0]
    assert (battle.participant_id, battle.conversation_id) == ("p000", "p000-0")
    assert battle.simulated
    assert battle.groups == {"conversation_type": "unguided"}


def test_answers_of_one_model_are_never_compared_with_each_other() -> None:
    assert opening_battles(make_table(Plan(qualities={"only": 50}))) == []
