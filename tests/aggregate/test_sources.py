"""Battles out of release folders, arena files and tables of counts; all data written here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.real_data import needs_real_data, real

from manyvoices.aggregate import Battles, Scores
from manyvoices.aggregate.sources import read_counts
from manyvoices.schema.errors import DataError


def utterance(turn: int, model: str, score: int | None, **change: Any) -> dict[str, Any]:
    row = {
        "utterance_id": f"ut-{turn}-{model}",
        "interaction_id": f"int{turn}",
        "conversation_id": "c0",
        "user_id": "user0",
        "turn": turn,
        "within_turn_id": 0,
        "conversation_type": "unguided",
        "user_prompt": "Why is the sky blue?",
        "model_response": "It scatters.",
        "model_name": model,
        "model_provider": "scripted",
        "score": score,
        "if_chosen": False,
        "included_in_balanced_subset": True,
    }
    return row | change


def write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def prism_folder(folder: Path, rows: list[dict[str, Any]]) -> Path:
    write_lines(folder / "utterances.jsonl", rows)
    survey = [{"user_id": "user0", "age": "25-34", "location": {"special_region": "UK"}},
              {"user_id": "user1", "age": None, "location": {"special_region": "US"}}]  # fmt: skip
    write_lines(folder / "survey.jsonl", survey)
    return folder


OPENING = [
    utterance(0, "ash", 80),
    utterance(0, "birch", 75),
    utterance(0, "cedar", 10),
    utterance(0, "date", None),
    utterance(1, "ash", 90, utterance_id="ut-1-a"),
    utterance(1, "ash", 5, utterance_id="ut-1-b"),
]


def test_every_pair_of_rated_answers_of_an_opening_turn_is_a_battle(tmp_path: Path) -> None:
    battles = Battles.from_prism(prism_folder(tmp_path, OPENING))
    assert battles.models == ("ash", "birch", "cedar")
    pairs = zip(battles.a.tolist(), battles.b.tolist(), battles.outcome.tolist(), strict=True)
    assert list(pairs) == [(0, 1, 0.5), (0, 2, 1.0), (1, 2, 1.0)]
    assert battles.excluded == {"unrated": 3}
    assert battles.unseen == ("date",)
    assert battles.n_participants == 1


@pytest.mark.parametrize(("threshold", "outcome"), [(0, 1.0), (4.9, 1.0), (5, 0.5), (100, 0.5)])
def test_scores_no_further_apart_than_the_threshold_are_a_tie(
    tmp_path: Path, threshold: float, outcome: float
) -> None:
    battles = Battles.from_prism(prism_folder(tmp_path, OPENING), tie_threshold=threshold)
    assert battles.outcome[0] == outcome


def test_a_negative_threshold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="tie_threshold"):
        Battles.from_prism(prism_folder(tmp_path, OPENING), tie_threshold=-1)


def test_battles_can_be_split_by_what_people_said_of_themselves(tmp_path: Path) -> None:
    other = [
        utterance(0, model, score, user_id="user1", interaction_id="int9", utterance_id=f"x{model}")
        for model, score in (("ash", 1), ("birch", 50))
    ]
    folder = prism_folder(tmp_path, OPENING + other)
    battles = Battles.from_prism(folder, groups=["location_special_region", "age"])
    parts = dict(battles.split("location_special_region"))
    assert {label: len(part) for label, part in parts.items()} == {"UK": 3, "US": 1}
    assert {label: len(part) for label, part in battles.split("age")} == {
        "(not given)": 1,
        "25-34": 3,
    }
    with pytest.raises(ValueError, match="location_special_region"):
        Battles.from_prism(folder, groups=["planet"])


def conversation(
    person: str, answers: list[tuple[str, int | None]], **change: Any
) -> dict[str, Any]:
    utterances = [
        {
            "utterance_id": f"{person}-{model}",
            "model": model,
            "model_provider": "scripted",
            "text": "It scatters.",
            "score": score,
            "chosen": place == 0,
            "position": place,
        }
        | ({"text": None, "failure": "timeout"} if score == -1 else {})
        | ({"score": None} if score == -1 else {})
        for place, (model, score) in enumerate(answers)
    ]
    turn = {
        "turn": 0,
        "message": {"message_id": f"m-{person}", "text": "Why?", "role": "prompter"},
        "utterances": utterances,
        "seed": 1,
        "created_at": "2026-01-01T00:00:00Z",
    }
    return {
        "conversation_id": f"c-{person}",
        "participant_id": person,
        "study_id": "s",
        "conversation_type": "unguided",
        "turns": [turn],
        "consent_version": "v1",
        "simulated": person.startswith("bot"),
        "started_at": "2026-01-01T00:00:00Z",
    } | change


def native_folder(folder: Path, conversations: list[dict[str, Any]]) -> Path:
    people = sorted({each["participant_id"] for each in conversations})
    participants = [
        {
            "participant_id": person,
            "study_id": "s",
            "consent_version": "v1",
            "consented_at": "2026-01-01T00:00:00Z",
            "language": "en" if person == "p1" else "de",
            "simulated": person.startswith("bot"),
            "status": "complete",
            "started_at": "2026-01-01T00:00:00Z",
        }
        for person in people
    ]
    answers = [
        {
            "participant_id": person,
            "study_id": "s",
            "survey": "intro",
            "question_id": "country",
            "kind": "single",
            "value": "UK" if person == "p1" else None,
            "answered_at": "2026-01-01T00:00:00Z",
            "consent_version": "v1",
            "simulated": person.startswith("bot"),
        }
        for person in people
    ]
    write_lines(folder / "native" / "participants.jsonl", participants)
    write_lines(folder / "native" / "answers.jsonl", answers)
    write_lines(folder / "native" / "conversations.jsonl", conversations)
    return folder


TALKS = [
    conversation("p1", [("ash", 90), ("birch", 20), ("cedar", -1)]),
    conversation("bot1", [("birch", 60), ("ash", 58), ("cedar", None)]),
]


def test_a_native_release_gives_the_battles_of_its_opening_turns(tmp_path: Path) -> None:
    battles = Battles.from_release(native_folder(tmp_path, TALKS), groups=["country", "language"])
    assert battles.models == ("ash", "birch")
    assert battles.outcome.tolist() == [1.0, 0.5]
    assert battles.excluded == {"failed": 2, "unrated": 2}
    assert battles.n_simulated == 1
    assert battles.n_simulated_participants == 1
    assert battles.groups["country"].tolist() == ["UK", "(not given)"]
    assert battles.groups["language"].tolist() == ["en", "de"]


def test_an_unknown_group_of_a_release_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="conversation_type, country, language"):
        Battles.from_release(native_folder(tmp_path, TALKS), groups=["planet"])


def test_scores_of_a_prism_folder_give_the_battles_that_are_read_from_it(tmp_path: Path) -> None:
    later = [utterance(1, "elm", 70, interaction_id="int-late", utterance_id="late")]
    folder = prism_folder(tmp_path, OPENING + later)
    scores = Scores.from_prism(folder)
    direct = Battles.from_prism(folder)
    battles = scores.battles()
    named = [
        [(b.models[x], b.models[y], o) for x, y, o in zip(b.a, b.b, b.outcome, strict=True)]
        for b in (direct, battles)
    ]
    assert named[0] == named[1]
    assert scores.excluded == {"unrated": 1}
    late = scores.model == scores.models.index("elm")
    assert scores.is_opening[late].tolist() == [False]
    assert scores.groups["conversation_type"].tolist() == ["unguided"] * len(scores)


def test_scores_of_a_native_release_leave_out_failures(tmp_path: Path) -> None:
    scores = Scores.from_release(native_folder(tmp_path, TALKS), groups=["country"])
    assert sorted(scores.score.tolist()) == [20, 58, 60, 90]
    assert scores.excluded == {"unrated": 2}
    assert scores.simulated is not None
    assert scores.simulated.sum() == 2
    assert scores.groups["country"].tolist().count("UK") == 2


def test_arena_battles_keep_their_judges_and_groups(tmp_path: Path) -> None:
    rows = [
        {"model_a": "x", "model_b": "y", "winner": "model_a", "judge": "j1", "question_id": 3},
        {"model_a": "x", "model_b": "y", "winner": "tie (bothbad)", "judge": "j2", "turn": 2},
    ]
    write_lines(tmp_path / "battles.jsonl", rows)
    battles = Battles.from_arena(tmp_path / "battles.jsonl", groups=["question_id", "turn"])
    assert battles.outcome.tolist() == [1.0, 0.5]
    assert battles.n_participants == 2
    assert battles.groups["question_id"].tolist() == ["3", "(not given)"]
    assert battles.groups["turn"].tolist() == ["(not given)", "2"]
    assert Battles.from_arena(tmp_path / "battles.jsonl", both_bad="drop").excluded == {
        "both_bad": 1
    }


@needs_real_data
def test_mt_benchs_human_votes_are_all_read() -> None:
    battles = Battles.from_arena(real("battles/mt_bench_human.jsonl"), groups=["turn"])
    assert (len(battles), battles.n_participants, len(battles.models)) == (3355, 65, 6)
    assert battles.n_ties == 780
    assert battles.excluded == {}


def test_counts_are_read_and_pairs_that_come_twice_are_added(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("winner,loser,n_comparisons\ny,x,3\nx,y,1\ny,x,2\n")
    wins, models = read_counts(path)
    assert models == ("x", "y")
    assert wins.tolist() == [[0, 1], [5, 0]]


def test_every_line_of_counts_at_fault_is_named(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("winner,loser,n_comparisons\ny,x,many\nx,x,1\ny,x,-2\ny,x\n,x,1\n")
    with pytest.raises(DataError) as caught:
        read_counts(path)
    assert [fault.line for fault in caught.value.faults] == [2, 3, 4, 5, 6]
    path.write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="winner,loser,n_comparisons"):
        read_counts(path)
    path.write_text("winner,loser,n_comparisons\n")
    with pytest.raises(DataError, match="no rows"):
        read_counts(path)
