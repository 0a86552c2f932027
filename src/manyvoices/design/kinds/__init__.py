"""Kinds of question: what is written of each in ``survey.yaml``, and how its answer is read.

In: one question as written, posted fields. Out: its value, or what is to be put right. One file
for each kind; its page is the folder of the same name in ``collect/surveys/kinds``. A new kind is a
file here, a line in `KINDS`, and a folder there. May import: schema, io, design's own pieces.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from manyvoices.design.kinds.country import Country
from manyvoices.design.kinds.date import Date
from manyvoices.design.kinds.info import Info
from manyvoices.design.kinds.likert import Likert
from manyvoices.design.kinds.matrix import Matrix
from manyvoices.design.kinds.multiple import Multiple
from manyvoices.design.kinds.number import Number
from manyvoices.design.kinds.ranking import Ranking
from manyvoices.design.kinds.single import Single
from manyvoices.design.kinds.text import Text
from manyvoices.design.kinds.vas import Vas

__all__ = [
    "KINDS",
    "AnyQuestion",
    "Country",
    "Date",
    "Info",
    "Likert",
    "Matrix",
    "Multiple",
    "Number",
    "Question",
    "Ranking",
    "Single",
    "Text",
    "Vas",
]

AnyQuestion: TypeAlias = (
    Single | Multiple | Matrix | Likert | Text | Vas | Number | Date | Country | Ranking | Info
)
Question = Annotated[AnyQuestion, Field(discriminator="kind")]

KINDS = (
    *("single", "multiple", "matrix", "likert", "text", "vas"),
    *("number", "date", "country", "ranking", "info"),
)
"""Every kind there is; a test holds files, folders and this list against each other."""
