"""Answers as the columns of PRISM's ``survey.jsonl``: one row for each person, one column for each
question, and ``order_<question>`` where options were shown in a drawn order."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from manyvoices.io.countries import COUNTRIES, NOT_SAID
from manyvoices.schema import Answer, Json, Participant, PrismSurveyRow

_FIRST = ("user_id", "survey_only", "num_completed_conversations", "consent", "consent_age")
_LAST = (
    *("study_id", "study_locale", "generated_datetime", "timing_duration_s"),
    *("timing_duration_mins", "included_in_UK_REP", "included_in_US_REP"),
    *("included_in_balanced_subset", "simulated"),
)
_CONSENT = "Yes, I consent to take part"
_AGE = "I certify that I am 18 years of age or over"
_ADULT = 18
_SELF_DESCRIBED = {
    name: (f"{name}_self_described", f"{name}_categorised", f"{name}_simplified")
    for name in ("religion", "ethnicity")
}
"""Question -> the keys of its column. Only the first comes from the person; the others are what
people who look at the texts make of them."""
_PLACES = {"birth_country": "birth", "reside_country": "reside"}
_LOCATION = (
    *("birth_country", "birth_countryISO", "birth_subregion"),
    *("reside_country", "reside_countryISO", "reside_subregion"),
    *("same_birth_reside_country", "special_region"),
)
"""The keys of the column ``location``; the regions come from a later step."""


@dataclass(frozen=True, slots=True)
class SurveyQuestion:
    """One question of a study's survey, as far as it decides about columns."""

    survey: str
    question_id: str
    kind: str
    options: tuple[str, ...] = ()
    """Values of the options, or ids of the items."""
    is_ordered: bool = False
    """Whether the options are shown in a drawn order."""


class SurveyColumns:
    """The columns of a survey file: those of a study's questions, in its order, where these are
    given, so that a branch that nobody came to has its column; then whatever answers have."""

    def __init__(self, questions: Iterable[SurveyQuestion] = ()) -> None:
        self._surveys: dict[str, set[str]] = defaultdict(set)
        self._seen: dict[tuple[str, str], bool] = {}
        self._options: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        self._kinds: dict[tuple[str, str], str] = {}
        for question in questions:
            key = (question.survey, question.question_id)
            self._surveys[question.question_id].add(question.survey)
            self._kinds[key] = question.kind
            self._seen[key] = question.is_ordered
            self._options[key] = dict.fromkeys(question.options)

    def see(self, answer: Answer) -> None:
        """Learn one answer's question, and the options or items it is known to have."""
        key = (answer.survey, answer.question_id)
        self._surveys[answer.question_id].add(answer.survey)
        self._kinds[key] = answer.kind
        self._seen[key] = self._seen.get(key, False) or answer.order is not None
        for option in (*(answer.order or ()), *_named(answer)):
            self._options[key].setdefault(option)

    def column(self, answer: Answer) -> str:
        """The question's id, led by its survey's where that would name two columns alike."""
        name = self._name(answer.survey, answer.question_id)
        return "location" if _is_place(answer.kind, name) else name

    def row(
        self, person: Participant, answers: list[Answer], n_conversations: int
    ) -> PrismSurveyRow:
        """One person's row. Questions that they were not asked are null."""
        row: dict[str, Json] = dict.fromkeys(self._all())
        row |= self._about(person, answers, n_conversations)
        for answer in answers:
            name = self.column(answer)
            if name == "location":
                row[name] = _located(row.get(name), answer)
            elif name in _SELF_DESCRIBED and answer.kind == "single":
                keys = _SELF_DESCRIBED[name]
                row[name] = {
                    keys[0].removeprefix(f"{name}_"): _in_own_words(answer)
                } | dict.fromkeys(key.removeprefix(f"{name}_") for key in keys[1:])
            else:
                row[name] = self._value(answer)
            if answer.order is not None:
                row[f"order_{name}"] = {option: i for i, option in enumerate(answer.order, start=1)}
        return row

    def _name(self, survey: str, question: str) -> str:
        clash = len(self._surveys[question]) > 1 or question in _FIRST or question in _LAST
        return f"{survey}_{question}" if clash else question

    def _all(self) -> list[str]:
        names = list(_FIRST)
        for (survey, question), ordered in self._seen.items():
            name = self._name(survey, question)
            if _is_place(self._kinds[survey, question], name):
                name = "location"
                if name in names:
                    continue
            names += [name, f"order_{name}"] if ordered else [name]
        return names + list(_LAST)

    def _about(
        self, person: Participant, answers: list[Answer], n_conversations: int
    ) -> dict[str, Json]:
        end = max((answer.answered_at for answer in answers), default=None)
        seconds = None if end is None else (end - person.started_at).total_seconds()
        return {
            "user_id": person.participant_id,
            "survey_only": n_conversations == 0,
            "num_completed_conversations": n_conversations,
            "consent_age": _AGE if (person.confirmed_age or 0) >= _ADULT else None,
            "consent": None if person.consented_at is None else _CONSENT,
            "study_id": person.study_id,
            "generated_datetime": None if end is None else prism_time(end),
            "timing_duration_s": None if seconds is None else round(seconds, 2),
            "timing_duration_mins": None if seconds is None else round(seconds / 60, 2),
            "simulated": person.simulated,
        }

    def _value(self, answer: Answer) -> Json:
        """PRISM nests a question of several options or sliders under its column."""
        options = self._options[answer.survey, answer.question_id]
        if answer.kind == "multiple" and not isinstance(answer.value, dict):
            # Seen and nothing ticked is "false" throughout, as in PRISM (survey clean-up).
            chosen = answer.value if isinstance(answer.value, list) else []
            return {option: option in chosen for option in options} | _beside(answer, options)
        if answer.kind == "vas" and isinstance(answer.value, dict | None):
            return dict.fromkeys(options) | (answer.value or {}) | _beside(answer, options)
        return _in_own_words(answer)


def _is_place(kind: str, name: str) -> bool:
    return kind == "country" and name in _PLACES


def _located(so_far: Json, answer: Answer) -> dict[str, Json]:
    """The column ``location`` with one more answer: the country's name and its ISO code."""
    location: dict[str, Json] = dict.fromkeys(_LOCATION)
    if isinstance(so_far, dict):
        location |= so_far
    place, code = _PLACES[answer.question_id], answer.value
    location[f"{place}_country"] = COUNTRIES.get(code, code) if isinstance(code, str) else None
    location[f"{place}_countryISO"] = code if code in (*COUNTRIES, NOT_SAID) else None
    codes = [location[f"{where}_countryISO"] for where in _PLACES.values()]
    if None not in codes:
        same = "Yes" if codes[0] == codes[1] else "No"
        location["same_birth_reside_country"] = NOT_SAID if NOT_SAID in codes else same
    return location


def _in_own_words(answer: Answer) -> Json:
    """The text written beside the chosen option takes its place, in lower case as in PRISM."""
    texts, value = answer.texts or {}, answer.value
    return texts[value].lower() if isinstance(value, str) and value in texts else value


def _beside(answer: Answer, options: Iterable[str]) -> dict[str, Json]:
    """``other_text`` beside ``other``, and the like."""
    texts = answer.texts or {}
    keys = dict.fromkeys([*texts, *(option for option in options if option == "other")])
    return {f"{option}_text": texts.get(option) for option in keys}


def _named(answer: Answer) -> list[str]:
    value: Any = answer.value
    if answer.kind == "multiple" and isinstance(value, list):
        return [option for option in value if isinstance(option, str)]
    return list(value) if isinstance(value, dict) else []


def prism_time(moment: dt.datetime) -> str:
    """A moment as PRISM writes it, in UTC: ``2026-01-31 09:30:00``."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S")
