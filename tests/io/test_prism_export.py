"""A study's native records in PRISM's columns."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.io import strategies
from tests.io.conftest import answer, conversation, person, pilot, turn, utterance
from tests.real_data import needs_real_data, real

from manyvoices.io import PrismRecords, prism_records, read_prism, write_native, write_prism


@pytest.fixture
def records() -> PrismRecords:
    return prism_records(**pilot())


def test_the_columns_of_utterances_are_the_published_ones_and_simulated(
    records: PrismRecords,
) -> None:
    assert list(records.utterances[0].__struct_fields__) == [
        *("utterance_id", "interaction_id", "conversation_id", "user_id", "turn"),
        *("within_turn_id", "conversation_type", "user_prompt", "model_response"),
        *("model_name", "model_provider", "score", "if_chosen"),
        *("included_in_balanced_subset", "simulated"),
    ]


@needs_real_data
def test_conversations_have_the_published_fields_in_the_published_order(
    records: PrismRecords, tmp_path: Path
) -> None:
    published = json.loads(real("prism/conversation_c0.jsonl").read_text())
    write_prism(records, tmp_path)
    ours = json.loads((tmp_path / "conversations.jsonl").read_text().splitlines()[0])
    wanted = [name.removeprefix("conversations/") for name in published]
    assert list(ours) == [name for name in wanted if name != "split"] + ["simulated"]


@needs_real_data
def test_the_columns_of_the_published_codebook_are_all_there(records: PrismRecords) -> None:
    entries = json.loads(real("prism/golden/codebook_entries.json").read_text())
    codebook = {
        section: {e["variable_name"] for e in entries if e["_section"] == section}
        for section in {e["_section"] for e in entries}
    }
    assert codebook["The Utterances"] <= set(records.utterances[0].__struct_fields__)
    assert codebook["The MetaData"] <= set(records.metadata[0].__struct_fields__)
    assert codebook["The Conversations"] <= set(records.conversations[0].__struct_fields__)
    constant = {"user_id", "survey_only", "num_completed_conversations", "consent", "study_id"}
    constant |= {name for name in codebook["The Survey"] if name.startswith(("timing", "include"))}
    assert constant | {"generated_datetime", "study_locale"} <= set(records.survey[0])


def test_answers_come_in_the_order_shown_and_unrated_is_null(records: PrismRecords) -> None:
    rows = [u for u in records.utterances if u.turn == 0]
    assert [(u.utterance_id, u.within_turn_id, u.score) for u in rows] == [
        ("u2", 0, None),
        ("u1", 1, 80),
    ]
    assert [u.if_chosen for u in rows] == [False, True]


def test_an_empty_answer_is_written_as_prism_writes_it(records: PrismRecords) -> None:
    assert [u.model_response for u in records.utterances if u.turn == 2] == ["EMPTY STRING"]


def test_what_has_no_place_is_left_out_and_counted(records: PrismRecords) -> None:
    assert records.n_left_out == {
        "participants who withdrew": 1,
        "unfinished conversations": 1,
        "conversations of participants who are not in the release": 1,
        "utterances in which the model gave no answer": 2,
        "turns in which no model answered": 1,
    }
    (row,) = records.conversations
    assert (row.conversation_id, row.conversation_turns) == ("talk", 2)
    assert [m.turn for m in row.conversation_history if m.role == "user"] == [0, 2]


def test_a_conversation_keeps_its_ratings_times_and_feedback(records: PrismRecords) -> None:
    (row,) = records.conversations
    assert row.performance_attributes == {"safety": 88, "values": None}
    assert row.choice_attributes == {"fluency": 3}
    assert row.generated_datetime == "2026-01-31 09:38:00"
    assert (row.timing_duration_s, row.timing_duration_mins) == (480.0, 8.0)
    assert row.opening_prompt == "Question 0?"


def test_survey_rows_nest_options_and_sliders_and_number_their_order(
    records: PrismRecords,
) -> None:
    ada, bot = records.survey
    assert ada["uses"] == {"games": True, "travel": False}
    assert ada["order_uses"] == {"games": 1, "travel": 2}
    assert ada["prefs"] == {"values": None, "safety": 70}
    assert ada["age"] == "25-34"
    assert (ada["survey_only"], ada["num_completed_conversations"]) == (False, 1)
    assert (ada["generated_datetime"], ada["timing_duration_mins"]) == ("2026-01-31 09:35:00", 5.0)
    assert list(ada) == list(bot)


def test_seen_and_nothing_ticked_is_false_and_not_asked_is_null(records: PrismRecords) -> None:
    _, bot = records.survey
    assert bot["uses"] == {"games": False, "travel": False}
    assert (bot["order_uses"], bot["prefs"], bot["age"]) == (None, None, None)
    assert (bot["survey_only"], bot["consent"]) == (True, None)


def test_a_simulated_participant_is_marked_in_every_file() -> None:
    records = pilot()
    simulated = {"simulated": True}
    talk = conversation("c", "bot", [turn(0, [utterance("u", 0, "Hi")])], **simulated)
    written = answer("bot", "system_string", "text", "I am a bot", **simulated)
    rows = prism_records(records["participants"], [*records["answers"], written], [talk])
    assert [row["simulated"] for row in rows.survey] == [False, True]
    for part in (rows.conversations, rows.utterances):
        assert [row.simulated for row in part] == [True]
    of_bot = [row.simulated for row in rows.metadata if row.user_id == "bot"]
    assert of_bot == [True] * 3


def test_metadata_names_every_text_once_with_its_keys_and_no_flags(
    records: PrismRecords,
) -> None:
    keys = [
        (m.column_id, m.conversation_id, m.interaction_id, m.utterance_id) for m in records.metadata
    ]
    assert keys == [
        ("user_prompt", "talk", "talk-0", None),
        ("model_response", "talk", "talk-0", "u2"),
        ("model_response", "talk", "talk-0", "u1"),
        ("user_prompt", "talk", "talk-2", None),
        ("model_response", "talk", "talk-2", "u5"),
        ("open_feedback", "talk", None, None),
        ("system_string", None, None, None),
    ]
    flags = ("pii_flag", "pii_manual_flag", "language_flag", "en_flag", "moderation_flag")
    assert {getattr(m, flag) for m in records.metadata for flag in flags} == {None}


def test_utterance_ids_stay_native_unless_two_conversations_share_them() -> None:
    talks = [conversation(c, "ada", [turn(0, [utterance("u", 0, "Hi")])]) for c in ("one", "two")]
    rows = prism_records([person("ada")], [], talks)
    assert [u.utterance_id for u in rows.utterances] == ["u", "two-u"]


def test_questions_that_would_share_a_column_are_led_by_their_survey() -> None:
    answers = [
        answer("ada", "age", "single", "25-34"),
        answer("ada", "age", "single", "25-34", survey="after"),
        answer("ada", "consent", "single", "yes"),
    ]
    (row,) = prism_records([person("ada")], answers, []).survey
    assert (row["about_age"], row["after_age"], row["about_consent"]) == ("25-34", "25-34", "yes")
    assert row["consent"] == "Yes, I consent to take part"


def test_streaming_and_in_memory_give_the_same_files(
    make_release: Callable[..., Path], tmp_path: Path
) -> None:
    folder = make_release()
    written = write_prism(prism_records(**pilot()), tmp_path / "memory")
    streamed = write_prism(folder, tmp_path / "streamed")
    assert streamed == written
    for path in (tmp_path / "memory").iterdir():
        assert path.read_bytes() == (tmp_path / "streamed" / path.name).read_bytes()


def test_a_prism_folder_that_was_read_is_written_back_equal(
    make_release: Callable[..., Path], tmp_path: Path
) -> None:
    folder = make_release() / "prism"
    write_prism(read_prism(folder), tmp_path / "again")
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_whatever_a_study_holds_its_prism_files_can_be_read(tmp_path: Path, data: Any) -> None:
    people = data.draw(
        st.lists(strategies.participants, max_size=3, unique_by=lambda p: p.participant_id)
    )
    key = lambda a: (a.participant_id, a.survey, a.question_id)  # noqa: E731
    study = {
        "participants": people,
        "answers": data.draw(st.lists(strategies.answers, max_size=4, unique_by=key)),
        "conversations": data.draw(
            st.lists(strategies.conversations(), max_size=3, unique_by=lambda c: c.conversation_id)
        ),
    }
    write_native(tmp_path, **study)
    written = write_prism(tmp_path, tmp_path / "prism")
    back = read_prism(tmp_path / "prism")
    counts = {name: len(list(getattr(back, name))) for name in written.n_rows}
    assert counts == written.n_rows
    n_utterances = sum(len(t.utterances) for c in study["conversations"] for t in c.turns)
    assert counts["utterances"] <= n_utterances
