"""A release as Polars tables in PRISM's columns, whatever form it came in.

`ReleaseTable` holds the numbers of a study's report; a `Dataset` holds everything else that the two
papers ask about: texts, survey columns, flags. Both are made from one reading (`read_dataset`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from manyvoices.analyse.table import ReleaseTable
from manyvoices.analyse.words import declines

if TYPE_CHECKING:
    import polars as pl

CONVERSATION_TYPE = "conversation_type"
DEMOGRAPHICS = (
    "gender",
    "age",
    "ethnicity_simplified",
    "religion_simplified",
    "location_special_region",
)
"""The columns by which PRISM's analyses split people (arXiv 2404.16019, appendices R to U)."""
MAX_LEVELS = 40
"""A column with more different answers than this makes no groups."""
_NOT_GROUPS = frozenset(
    ("user_id", "consent", "consent_age", "study_id", "study_locale", "generated_datetime")
)
_PLACES = {
    "location_special_region": "Region of birth",
    "location_birth_country": "Country of birth",
    "location_reside_country": "Country of residence",
}
_OWN_WORDS = ("_text", "_self_described", "self_description", "system_string")


class NotEnough(Exception):
    """The release lacks what an analysis needs; its text says what, for the reader of a report."""


@dataclass(frozen=True, slots=True)
class GroupField:
    """A column by whose values people, or conversations, are grouped."""

    column: str
    """Name of the column in `Dataset.people`, or ``conversation_type``."""
    label: str
    """As people read it."""
    levels: tuple[str, ...]
    """Its groups in the order of the study; people who would rather not say are in none."""


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """A release as tables. Nested columns of PRISM are flattened to ``column_inner``.

    Only conversations that were finished and people who did not withdraw are in it, as in PRISM's
    form. Rows are in the order of the files.
    """

    table: ReleaseTable
    form: Literal["native", "prism"]
    people: pl.DataFrame
    """One row per participant: ``user_id`` and a column for each survey variable."""
    conversations: pl.DataFrame
    """``conversation_id user_id conversation_type opening_prompt conversation_turns
    open_feedback``, ``performance_attributes_*`` and ``choice_attributes_*`` (null = does not
    apply, or untouched) and ``included_in_balanced_subset``."""
    utterances: pl.DataFrame
    """``utterance_id interaction_id conversation_id user_id turn within_turn_id conversation_type
    user_prompt model_response model_name model_provider score if_chosen``; ``score`` is a float,
    null where nobody rated. ``model`` is the short name (`short_model_name`)."""
    metadata: pl.DataFrame | None
    """PRISM's flags, one row per text; None where the release has none."""

    def openers(self) -> pl.DataFrame:
        """The rated answers of opening turns, in the order of the file."""
        import polars as pl

        return self.utterances.filter((pl.col("turn") == 0) & pl.col("score").is_not_null())

    def balanced(self) -> Dataset:
        """The balanced subset (appendix K of PRISM), where the release marks one; else itself."""
        import polars as pl

        column = "included_in_balanced_subset"
        if not self.conversations[column].fill_null(value=False).any():
            return self
        kept = self.conversations.filter(pl.col(column).fill_null(value=False))
        return replace(
            self,
            conversations=kept,
            utterances=self.utterances.filter(
                pl.col("conversation_id").is_in(kept["conversation_id"].implode())
            ),
            people=self.people.filter(pl.col("user_id").is_in(kept["user_id"].implode())),
        )

    def fields(self) -> tuple[GroupField, ...]:
        """The columns of `people` that make groups: PRISM's demographics first, then all others."""
        names = [name for name in DEMOGRAPHICS if name in self.people.columns]
        names += [name for name in self.people.columns if name not in names]
        return tuple(found for name in names if (found := self.field(name)) is not None)

    def demographics(self) -> tuple[GroupField, ...]:
        """PRISM's five where the release has them, else the first five fields that make groups."""
        fields = self.fields()
        known = tuple(one for one in fields if one.column in DEMOGRAPHICS)
        return known or fields[:5]

    def field(self, column: str) -> GroupField | None:
        """A column as a `GroupField`; None where it makes no groups."""
        import polars as pl

        if column == CONVERSATION_TYPE:
            given = sorted(self.conversations[column].drop_nulls().unique().to_list())
            return GroupField(column, "Conversation type", tuple(given)) if given else None
        if column in _NOT_GROUPS or column.endswith(_OWN_WORDS):
            return None
        if self.people.schema.get(column) != pl.String:
            return None
        answers = self.people[column].drop_nulls().unique().to_list()
        levels = [answer for answer in answers if answer.strip() and not declines(answer)]
        if not 2 <= len(levels) <= MAX_LEVELS:
            return None
        order = self._order(column)
        levels.sort(key=lambda level: (order.get(level, len(order)), level))
        return GroupField(column, column_label(column), tuple(levels))

    def _order(self, column: str) -> dict[str, int]:
        """Label -> its place in the study's question, where the study has that question."""
        for (_, name), words in self.table.words.questions.items():
            if name == column:
                return {label: i for i, (_, label) in enumerate(words.options)}
        return {}


def column_label(column: str) -> str:
    """A column's name as a heading: ``ethnicity_simplified`` is "Ethnicity"."""
    if column in _PLACES:
        return _PLACES[column]
    return column.removesuffix("_simplified").replace("_", " ").capitalize()


def short_model_name(name: str) -> str:
    """The last part of a model's path, as PRISM's tables name models."""
    return name.rsplit("/", 1)[-1]
