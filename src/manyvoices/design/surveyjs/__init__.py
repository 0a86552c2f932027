"""Surveys and answers from and to SurveyJS, a library of web forms with a JSON of its own.

In: a survey or results as SurveyJS's JSON, or a survey and answers here. Out: the same on the other
side, and a list of what is not carried. May import: schema, io, design's own pieces.
"""

from __future__ import annotations

from manyvoices.design.surveyjs.answers import (
    Asked,
    read_surveyjs_answers,
    write_surveyjs_answers,
)
from manyvoices.design.surveyjs.parts import Converted, NotCarried
from manyvoices.design.surveyjs.reading import from_surveyjs
from manyvoices.design.surveyjs.writing import to_surveyjs

__all__ = [
    "Asked",
    "Converted",
    "NotCarried",
    "from_surveyjs",
    "read_surveyjs_answers",
    "to_surveyjs",
    "write_surveyjs_answers",
]
