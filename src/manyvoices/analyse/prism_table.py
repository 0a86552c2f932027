"""PRISM's own files as a `ReleaseTable`, so that a study's report can be made of them too."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from manyvoices.analyse.dataset import column_label
from manyvoices.analyse.table import ConversationRow, ReleaseTable, Source, Utterances
from manyvoices.analyse.words import QuestionWords, StudyWords, study_words
from manyvoices.design import load_study
from manyvoices.design.templates import template_path
from manyvoices.io.prism_export import PrismRecords
from manyvoices.schema import Answer, Participant, PrismConversation

_UNKNOWN = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
"""Where a file gives no time; `overview` shows no day for it."""
_SURVEY = "survey"
_FLATTENED = (
    "religion_simplified",
    "ethnicity_simplified",
    "location_special_region",
    "location_reside_country",
    "location_birth_country",
)
"""Answers that PRISM made of others; no question of the template bears their names."""
_BESIDE = frozenset(
    "user_id survey_only num_completed_conversations consent consent_age study_id study_locale "
    "generated_datetime timing_duration_s timing_duration_mins included_in_UK_REP "
    "included_in_US_REP included_in_balanced_subset simulated self_description "
    "system_string split".split()
)
"""Columns of the survey that are no answers to choose from."""


def table_from_prism(
    records: PrismRecords,
    directory: Path,
    *,
    on_conversation: Callable[[], None] | None = None,
) -> ReleaseTable:
    """Columns of PRISM's rows: what `tabulate` makes of native records.

    PRISM stores 1 to 100 with 50 where a slider was left alone; these cannot be told apart here.
    Which answers failed was not published, so none counts as failed.
    """
    people = tuple(_participant(row) for row in records.survey)
    place = {person.participant_id: i for i, person in enumerate(people)}
    rows = []
    for talk in records.conversations:
        rows.append(_row(talk, place.get(talk.user_id, -1)))
        if on_conversation is not None:
            on_conversation()
    models = tuple(sorted({one.model_name for one in records.utterances}))
    return ReleaseTable(
        source=Source(release_id=directory.resolve().name, title="PRISM's files"),
        words=_words(),
        participants=people,
        answers=tuple(answer for row in records.survey for answer in _answers(row)),
        conversations=tuple(rows),
        utterances=_utterances(records, models),
        models=models,
        n_turns=len({one.interaction_id for one in records.utterances}),
    )


def _participant(row: Mapping[str, Any]) -> Participant:
    moment = _time(row.get("generated_datetime"))
    return Participant(
        participant_id=str(row["user_id"]),
        study_id=str(row.get("study_id") or "prism"),
        consent_version="published",
        consented_at=moment,
        language="en",
        simulated=row.get("simulated") is True,
        status="complete",
        started_at=moment or _UNKNOWN,
        completed_at=moment,
    )


def _answers(row: Mapping[str, Any]) -> Iterator[Answer]:
    common: dict[str, Any] = {
        "participant_id": str(row["user_id"]),
        "study_id": str(row.get("study_id") or "prism"),
        "survey": _SURVEY,
        "answered_at": _time(row.get("generated_datetime")) or _UNKNOWN,
        "consent_version": "published",
        "simulated": row.get("simulated") is True,
    }
    for name, value in row.items():
        if name in _BESIDE or name.startswith("order_") or value is None:
            continue
        for column, kind, answer in _as_answers(name, value):
            yield Answer(question_id=column, kind=kind, value=answer, **common)


def _as_answers(name: str, value: Any) -> Iterator[tuple[str, str, Any]]:
    """A survey column as answers: (question, kind, value)."""
    if isinstance(value, str):
        yield name, "single", value
    elif isinstance(value, Mapping):
        told = {k: v for k, v in value.items() if v is not None and not k.endswith("_text")}
        if told and all(isinstance(v, bool) for v in told.values()):
            yield name, "multiple", [k for k, v in told.items() if v]
        elif any(isinstance(v, int | float) and not isinstance(v, bool) for v in told.values()):
            yield name, "vas", {k: v for k, v in told.items() if isinstance(v, int | float)}
        else:
            for inner in ("simplified", "special_region", "reside_country", "birth_country"):
                if isinstance(told.get(inner), str):
                    yield f"{name}_{inner}", "single", told[inner]


def _row(talk: PrismConversation, participant: int) -> ConversationRow:
    ended = _time(talk.generated_datetime)
    seconds = float(talk.timing_duration_s or 0)
    return ConversationRow(
        conversation_id=talk.conversation_id,
        participant=participant,
        type=talk.conversation_type,
        finished=True,
        simulated=talk.simulated is True,
        consent_version="published",
        started_at=(ended - dt.timedelta(seconds=seconds)) if ended else _UNKNOWN,
        finished_at=ended,
        performance=_marks(talk.performance_attributes),
        choice=_marks(talk.choice_attributes),
    )


def _marks(marks: Mapping[str, Any] | None) -> dict[str, int | None]:
    return {name: None if mark is None else int(mark) for name, mark in (marks or {}).items()}


def _utterances(records: PrismRecords, models: tuple[str, ...]) -> Utterances:
    row_of = {talk.conversation_id: i for i, talk in enumerate(records.conversations)}
    code = {name: i for i, name in enumerate(models)}
    said = [one for one in records.utterances if one.conversation_id in row_of]
    score = [np.nan if one.score is None else float(one.score) for one in said]
    return Utterances(
        conversation=np.array([row_of[one.conversation_id] for one in said], dtype=np.int64),
        turn=np.array([one.turn for one in said], dtype=np.int64),
        position=np.array([one.within_turn_id for one in said], dtype=np.int64),
        model=np.array([code[one.model_name] for one in said], dtype=np.int64),
        score=np.array(score, dtype=np.float64),
        chosen=np.array([bool(one.if_chosen) for one in said], dtype=np.bool_),
        failed=np.zeros(len(said), dtype=np.bool_),
    )


def _words() -> StudyWords:
    """The words of the shipped template, whose questions bear PRISM's names.

    What was asked in PRISM was worded otherwise; the codes and their order are the same.
    """
    words = study_words(load_study(template_path("prism")))
    questions = {key: known for key, known in words.questions.items() if key[0] == _SURVEY}
    for column in _FLATTENED:
        questions[_SURVEY, column] = QuestionWords(column_label(column), "single")
    return replace(words, title="", description="", questions=questions)


def _time(text: Any) -> dt.datetime | None:
    if not isinstance(text, str):
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment
