"""A survey here from SurveyJS's JSON, for the kinds of question that both have.

Format: SurveyJS form library, survey model JSON (pages, elements, choices, visibleIf).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from manyvoices.design.surveyjs.parts import Converted, Ids, Json
from manyvoices.design.surveyjs.reading_questions import question_in, text_of

_KNOWN_PAGE = {"name", "title", "description", "elements"}
_KNOWN_SURVEY = {"pages", "elements", "title", "description", "locale", "showProgressBar"}


def from_surveyjs(source: Mapping[str, Any]) -> Converted:
    """A ``survey.yaml`` (as data) from a SurveyJS survey."""
    done = Converted({"pages": []})
    for key in sorted(set(source) - _KNOWN_SURVEY):
        done.leave("survey", key, "no such setting here")
    pages = source.get("pages") or [{"elements": source.get("elements", [])}]
    ids = Ids(done)
    for number, page in enumerate(pages, start=1):
        name = str(page.get("name", f"page{number}"))
        for key in sorted(set(page) - _KNOWN_PAGE):
            done.leave(name, key, "no such setting of a page here")
        questions = [q for e in page.get("elements", []) if (q := question_in(e, ids, done))]
        if not questions:
            done.leave(name, "page", "none of its questions could be carried")
            continue
        title = text_of(page.get("title")) or text_of(source.get("title")) or f"Page {number}"
        written: Json = {"title": title, "questions": questions}
        if intro := text_of(page.get("description")):
            written["intro"] = intro
        done.survey["pages"].append(written)
    return done
