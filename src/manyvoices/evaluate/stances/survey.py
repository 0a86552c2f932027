"""The instrument as a page of a survey, so that people answer the very items that models do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from manyvoices.evaluate.files import put
from manyvoices.evaluate.stances.instrument import Instrument

FOLDER, SURVEY = "survey", "survey.yaml"
PER_PAGE = 10
_ASK = {
    "en": ("How far do you agree?", "Choose what comes closest to your own view."),
    "de": ("Wie sehr stimmst du zu?", "Wähle, was deiner eigenen Ansicht am nächsten kommt."),
}
_CONSENT = """# Before you begin

*Write here who asks, why, and what happens with the answers; this text is a placeholder.*

You will be shown {n} statements and asked how far you agree with each. Opinions on politics are
personal: they are stored under a random code, and you may leave out any of them.

Taking part is voluntary. By going on you agree to take part and say that you are at least 18.
"""


def survey_pages(instrument: Instrument, language: str) -> dict[str, Any]:
    """``survey.yaml`` as data: one likert question for each item that has the language."""
    labels = instrument.labels(language) or ()
    points = [
        {"value": point.value, "label": label}
        for point, label in zip(instrument.scale, labels, strict=True)
    ]
    title, intro = _ASK.get(language, _ASK["en"])
    questions = [
        {"id": item.id, "kind": "likert", "label": item.text[language][0], "points": points}
        for item in instrument.items
        if language in item.text
    ]
    parts = [questions[i : i + PER_PAGE] for i in range(0, len(questions), PER_PAGE)]
    return {
        "pages": [
            {"title": f"{title} ({i} / {len(parts)})", "intro": intro, "questions": part}
            for i, part in enumerate(parts, start=1)
        ]
    }


def write_survey(instrument: Instrument, language: str, out: Path) -> Path:
    """A small study around it that ``manyvoices check`` accepts: ``out/survey/study.yaml``."""
    folder = out / FOLDER
    study = {
        "manyvoices": 1,
        "id": "stances",
        "title": instrument.title,
        "description": "A survey of opinions: how far people agree with some statements.",
        "languages": [language],
        "stages": [
            {"consent": {"text": "consent.md", "minimum_age": 18, "withdrawal_days": 14}},
            {"survey": {"questions": SURVEY}},
        ],
    }
    put(folder / SURVEY, _yaml(survey_pages(instrument, language)))
    put(folder / "consent.md", _CONSENT.format(n=len(instrument.items)))
    put(folder / "study.yaml", _yaml(study))
    return folder


class _Plain(yaml.SafeDumper):
    """Writes equal lists out each time: an anchor of another tool would puzzle its reader."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _yaml(data: Any) -> str:
    return yaml.dump(data, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=100)
