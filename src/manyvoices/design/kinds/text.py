"""Answer in one's own words."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictBool, StrictInt

from manyvoices.design.written import Posted, QuestionBase, Reading, read_text


class Text(QuestionBase):
    """Answer in one's own words. Stored: the text, or None."""

    kind: Literal["text"]
    max_length: Annotated[int, Field(ge=1, le=50_000)] = 2000
    """Characters."""
    multiline: StrictBool = False
    placeholder: str = ""
    guidance: str = ""
    """Markdown shown beside the field while writing."""
    suggested_words: tuple[StrictInt, StrictInt] | None = None
    """[least, most] words that would be good; said while writing, never enforced."""

    seconds: ClassVar[float] = 25

    def read(self, posted: Posted) -> Reading:
        """Field ``q-<id>``."""
        given = posted.get(self.name, ())
        return Reading(*read_text(given, max_length=self.max_length, required=self.required))

    def estimate_s(self) -> float:
        """A paragraph takes three times as long as a line."""
        return self.seconds * (3 if self.multiline else 1)
