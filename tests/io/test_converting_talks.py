"""Conversations become battles, pairs, dialogues, labelled completions and ratings."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.io.arena import conversations
from manyvoices.io.converting import converters, way
from manyvoices.io.converting_pairs import (
    NO_PROMPT,
    NO_TEXT,
    NO_WINNER,
    battles_to_dialogues,
    battles_to_pairs,
    pairs_to_dialogues,
    pairs_to_labelled,
)
from manyvoices.io.converting_ratings import INNER, to_ratings
from manyvoices.io.converting_talks import (
    FAILED,
    LATER,
    NO_CHOICE,
    TIED,
    UNRATED,
    to_battles,
    to_dialogues,
    to_labelled,
    to_pairs,
)
from manyvoices.schema import (
    Answer,
    Battle,
    ChatLine,
    Conversation,
    Message,
    Outcome,
    PreferencePair,
    PrismConversation,
    PrismMessage,
    Turn,
    Utterance,
)

NOW = dt.datetime(2026, 1, 31, tzinfo=dt.UTC)


def answer(name: str, score: int | None, *, chosen: bool = False, text: str | None = "") -> Any:
    return Utterance(
        utterance_id=name,
        model=f"model-{name}",
        model_provider="scripted",
        text=text if text != "" else f"answer {name}",
        score=score,
        chosen=chosen,
        position=ord(name[0]),
    )


def turn(number: int, *utterances: Utterance, all_bad: bool = False) -> Turn:
    message = Message(message_id=f"m{number}", text=f"prompt {number}", role="prompter")
    return Turn(
        turn=number,
        message=message,
        utterances=list(utterances),
        seed=0,
        created_at=NOW,
        all_bad=all_bad,
    )


def talk(*turns: Turn, **more: Any) -> Conversation:
    return Conversation(
        conversation_id="c",
        participant_id="p",
        study_id="s",
        conversation_type="unguided",
        turns=list(turns),
        consent_version=None,
        simulated=False,
        started_at=NOW,
        **more,
    )


TALK = talk(
    turn(0, answer("a", 80, chosen=True), answer("b", 20), answer("c", 78), answer("d", None)),
    turn(1, answer("e", 50), answer("f", 60, chosen=True), answer("g", None, text=None)),
    open_feedback="fine",
)


def run(convert: Any, *records: Any, **options: Any) -> tuple[list[Any], Counter[str]]:
    lost: Counter[str] = Counter()
    return list(convert(records, lost, **options)), lost


def test_all_rated_pairs_of_the_first_turn_are_battles_with_their_conversations() -> None:
    battles, lost = run(to_battles, TALK)
    outcomes = {(b.model_a, b.model_b): b.outcome for b in battles}
    assert outcomes == {
        ("model-a", "model-b"): Outcome.A,
        ("model-a", "model-c"): Outcome.TIE,
        ("model-b", "model-c"): Outcome.B,
    }
    a, b = conversations(battles[0]) or ([], [])
    assert [line.text for line in a] == ["prompt 0", "answer a"]
    assert [line.text for line in b] == ["prompt 0", "answer b"]
    assert lost == {UNRATED: 1, LATER: 1, "score": 3, "open_feedback": 1, "started_at": 1}


def test_later_turns_are_battles_only_where_that_is_asked() -> None:
    battles, _ = run(to_battles, TALK, turns="all", tie_threshold=0)
    assert [(b.turn, b.outcome.value) for b in battles] == [(0, "A"), (0, "A"), (0, "B"), (1, "B")]


@given(
    scores=st.lists(st.none() | st.integers(1, 100), min_size=1, max_size=5),
    threshold=st.integers(0, 20),
)
def test_the_battles_of_a_turn_are_those_of_its_scores(
    scores: list[int | None], threshold: int
) -> None:
    sides = [answer(chr(97 + n), score) for n, score in enumerate(scores)]
    battles, lost = run(to_battles, talk(turn(0, *sides)), tie_threshold=threshold)
    rated = [score for score in scores if score is not None]
    wanted = [0.5 if abs(a - b) <= threshold else float(a > b) for a, b in combinations(rated, 2)]
    value = {Outcome.A: 1.0, Outcome.TIE: 0.5, Outcome.B: 0.0}
    assert [value[battle.outcome] for battle in battles] == wanted
    assert lost[UNRATED] == scores.count(None)


def test_a_pair_has_the_difference_of_the_scores_as_its_margin() -> None:
    pairs, lost = run(to_pairs, TALK)
    assert [(p.groups["model_chosen"], p.groups["model_rejected"], p.margin) for p in pairs] == [
        ("model-a", "model-b", 60.0),
        ("model-a", "model-c", 2.0),
        ("model-c", "model-b", 58.0),
        ("model-f", "model-e", 10.0),
    ]
    last = [(line.role, line.text) for line in pairs[-1].prompt]
    assert last == [("user", "prompt 0"), ("assistant", "answer a"), ("user", "prompt 1")]
    assert (lost[UNRATED], lost[FAILED]) == (1, 1)


def test_scores_within_the_threshold_are_no_pair() -> None:
    pairs, lost = run(to_pairs, TALK, tie_threshold=5)
    assert len(pairs) == 3
    assert lost[TIED] == 1


def test_the_chosen_answer_stands_against_each_other_one() -> None:
    pairs, _ = run(to_pairs, TALK, against="chosen")
    rejected = [(pair.groups["model_rejected"], pair.margin) for pair in pairs]
    assert rejected == [("model-b", 60.0), ("model-c", 2.0), ("model-d", None), ("model-e", 10.0)]


def test_a_dialogue_is_the_chosen_way_and_ends_where_nothing_was_chosen() -> None:
    open_end = talk(*TALK.turns, turn(2, answer("h", 3), all_bad=True), turn(3, answer("i", 9)))
    (dialogue,), lost = run(to_dialogues, open_end)
    said = [line.text for line in dialogue.messages]
    assert said == ["prompt 0", "answer a", "prompt 1", "answer f"]
    assert lost[NO_CHOICE] == 1


def test_answers_are_labelled_by_choice_and_a_turn_without_one_says_nothing() -> None:
    labelled, _ = run(to_labelled, TALK)
    assert [each.label for each in labelled] == [True, False, False, False, False, True]
    all_bad, _ = run(to_labelled, talk(turn(0, answer("a", 1), answer("b", 1), all_bad=True)))
    assert [each.label for each in all_bad] == [False, False]
    none, lost = run(to_labelled, talk(turn(0, answer("a", 1))))
    assert (none, lost[NO_CHOICE]) == ([], 1)


def test_a_rating_carries_what_its_rater_said_of_themselves() -> None:
    def said(question: str, value: Any) -> Answer:
        return Answer(participant_id="p", study_id="s", survey="x", question_id=question, kind="k",
                      value=value, answered_at=NOW, consent_version=None,
                      simulated=False)  # fmt: skip

    records = [said("age", "25-34"), said("model", "none"), said("uses", ["a"]), TALK]
    ratings, lost = run(to_ratings, *records)
    assert [rating.ratings["score"] for rating in ratings] == [80, 20, 78, None, 50, 60]
    assert ratings[0].attributes["age"] == "25-34"
    assert ratings[0].attributes["model"] == "model-a"
    assert ratings[0].attributes["survey_model"] == "none"
    assert lost[INNER] == 1


def test_prism_conversations_and_native_ones_convert_alike() -> None:
    def said(turn: int, role: Any, content: str, **more: Any) -> PrismMessage:
        return PrismMessage(turn=turn, role=role, content=content, **more)

    history = [
        said(0, "user", "prompt 0"),
        said(0, "model", "answer a", model_name="model-a", score=80, if_chosen=True),
        said(0, "model", "EMPTY STRING", model_name="model-b", score=20, if_chosen=False),
    ]
    prism = PrismConversation(
        conversation_id="c", user_id="p", conversation_type="unguided", opening_prompt="prompt 0",
        conversation_turns=1, conversation_history=history, performance_attributes=None,
        choice_attributes=None, open_feedback=None, generated_datetime=None,
        timing_duration_s=None, timing_duration_mins=None, included_in_balanced_subset=None,
    )  # fmt: skip
    ((pair,), lost) = run(to_pairs, prism)
    assert (pair.margin, pair.rejected[0].content, lost) == (60.0, "", {})


BATTLES, _ = run(to_battles, TALK, tie_threshold=5)


def test_a_won_battle_is_a_pair_and_the_winner_a_dialogue() -> None:
    bare = Battle(model_a="x", model_b="y", outcome=Outcome.A)
    pairs, lost = run(battles_to_pairs, *BATTLES, bare)
    assert [(p.prompt[0].text, p.chosen[0].text, p.rejected[0].text) for p in pairs] == [
        ("prompt 0", "answer a", "answer b"),
        ("prompt 0", "answer c", "answer b"),
    ]
    assert (lost[NO_WINNER], lost[NO_TEXT]) == (1, 1)
    dialogues, _ = run(battles_to_dialogues, *BATTLES)
    assert [each.messages[-1].text for each in dialogues] == ["answer a", "answer c"]


def test_a_pair_is_a_good_and_a_bad_completion_or_the_good_one_alone() -> None:
    text = PreferencePair(prompt="hi", chosen="yes", rejected="no", margin=2.0)
    implicit = PreferencePair(prompt=None, chosen="hi yes", rejected="hi no")
    labelled, lost = run(pairs_to_labelled, text, implicit)
    assert [(each.completion, each.label) for each in labelled] == [("yes", True), ("no", False)]
    assert lost == {"margin": 1, NO_PROMPT: 1}
    (dialogue,), lost = run(pairs_to_dialogues, text)
    assert dialogue.messages == [
        ChatLine(role="user", content="hi"),
        ChatLine(role="assistant", content="yes"),
    ]
    assert lost == {"margin": 1, "rejected": 1}


@pytest.mark.parametrize("source", ["release", "conversations", "prism", "prism-conversations"])
@pytest.mark.parametrize("target", ["battles", "pairs", "dialogues", "labelled", "ratings"])
def test_there_is_one_step_from_conversations_to_each_of_these(source: str, target: str) -> None:
    assert len(way(source, target) or ()) == 1


def test_whatever_a_converter_counts_it_said_that_it_may() -> None:
    said = {(step.source, step.target): set(step.cannot_carry) for step in converters()}
    steps = {
        "battles": to_battles,
        "pairs": to_pairs,
        "dialogues": to_dialogues,
        "labelled": to_labelled,
        "ratings": to_ratings,
    }
    for target, convert in steps.items():
        _, lost = run(convert, TALK)
        assert set(lost) <= said["conversations", target]
        assert 0 not in lost.values()
