"""A study as one frozen object: what `load_study` returns and every other part works with.

`StudyFile` is what people write in ``study.yaml`` with the files that it names put in their
places; `Study` adds what is known only after loading. Reading is in `study`; the checks that need
more than one place are in `checks`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, StrictInt, StringConstraints, model_validator

from manyvoices.design.questions import Line, Unfit, Value, Written
from manyvoices.design.responders import Budget, ResponderSpec
from manyvoices.design.stages import ConsentStage, ConversationsStage, Stage, SurveyStage

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
StudyId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
CompletionCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


PROLIFIC_RETURN = "https://app.prolific.com/submissions/complete?cc={code}"

Places = Annotated[StrictInt, Field(ge=0)]
Values = Value | Annotated[tuple[Value, ...], Field(min_length=1)]


class QuotaCell(Written):
    """People of one kind, and how many of them the study takes."""

    name: Line | None = None
    """For people; by default the conditions themselves."""
    where: dict[str, Values] = Field(default_factory=dict)
    """Question id -> a value, several, or a range of numbers as ``18..24``. All must hold."""
    limit: Places | None = None
    """Hard: nobody is let in past it."""
    target: Places | None = None
    """Soft: shown as reached, and people still come in."""

    @model_validator(mode="after")
    def _counts(self) -> Self:
        if self.limit is None and self.target is None:
            raise Unfit("limit", "neither limit nor target", "a limit, a target, or both")
        return self

    @property
    def key(self) -> str:
        """Names the cell in its study."""
        if self.name:
            return self.name
        parts = [f"{name}={'|'.join(self.values_of(name))}" for name in sorted(self.where)]
        return " & ".join(parts) or "everybody"

    def values_of(self, question: str) -> tuple[str, ...]:
        """The values of one condition."""
        values = self.where[question]
        return (values,) if isinstance(values, str) else values


class ScreenOut(Written):
    """Answers after which somebody does not take part."""

    where: Annotated[dict[str, Values], Field(min_length=1)]
    """As in a cell; all must hold."""
    reason: Line = "This study looks for people with other answers."
    """Shown to the person."""


class Recruitment(Written):
    """How people come in."""

    provider: Literal["open", "prolific", "invitation"] = "open"
    """``open`` = anyone with the link; ``invitation`` = only by a personal invitation link."""
    platform_studies: tuple[Line, ...] = ()
    """The platform's own ids of the study (PRISM's was 33 on Prolific). Whoever comes by a link
    of another one is let in, and the quality checks say so."""
    completion_code: CompletionCode | None = None
    """Shown at the end, so that the recruitment platform knows who finished."""
    screen_out_code: CompletionCode | None = None
    """Shown to those who are screened out."""
    over_quota_code: CompletionCode | None = None
    """Shown to those for whom there is no place left."""
    return_url: Annotated[str, StringConstraints(pattern=r"^https://[^\s]+$")] | None = None
    """Link back to the platform, with ``{code}``; people click it, nothing is sent by itself. By
    default Prolific's own for ``prolific``."""
    places: Places | None = None
    """People at most, whoever they are."""
    quotas: dict[str, dict[str, Places]] = Field(default_factory=dict)
    """Question id -> option value -> how many people at most."""
    cells: tuple[QuotaCell, ...] = ()
    """Cells over several questions at once; or the name of a CSV file with a column for each
    question, and ``limit``, ``target`` and ``name``."""
    screen_out: tuple[ScreenOut, ...] = ()
    """Who does not take part."""
    timeout_minutes: Annotated[StrictInt, Field(ge=1)] | None = None
    """After this long without finishing, a place goes to somebody else. None = never."""

    def link_with(self, code: str | None) -> str | None:
        """Where somebody with `code` goes back to; None where there is no such place."""
        if code is None:
            return None
        pattern = self.return_url
        if pattern is None and self.provider == "prolific":
            pattern = PROLIFIC_RETURN
        return pattern.replace("{code}", code) if pattern else None


TO_BE_DECIDED = "TO BE DECIDED"
Licence = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


class Licences(Written):
    """Under which terms each kind of text of a release may be used. We never choose for you."""

    human_text: Licence = TO_BE_DECIDED
    """What people wrote: messages, feedback, free answers. An SPDX name such as ``CC-BY-4.0``, or
    your own words."""
    model_text: Licence = TO_BE_DECIDED
    """What models wrote; their providers' terms hold as well."""
    survey: Licence = TO_BE_DECIDED
    """Chosen answers, scores and everything else that is no free text."""


class StudyFile(Written):
    """What a ``study.yaml`` says, together with the files that it names."""

    manyvoices: Literal[1]
    """Version of this format."""
    id: StudyId
    title: Line
    description: str = ""
    """Markdown for the invitation."""
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = ("en",)
    recruitment: Recruitment = Recruitment()
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)]
    models: tuple[ResponderSpec, ...] = ()
    translations: dict[Language, dict[str, str]] = Field(default_factory=dict)
    """Language -> what stands in place of each text; see `manyvoices.design.translations`."""
    budget: Budget | None = None
    """What the models may use in all; None = no limit."""
    licences: Licences = Licences()
    """For the documents of a release."""


class Study(StudyFile):
    """A study that can be run."""

    digest: str
    """SHA-256 (hex) of what the study and its named files say; layout and comments do not count."""
    source_files: dict[str, str]
    """Name relative to the study's folder -> text, ``study.yaml`` first: what a release carries."""

    def surveys(self) -> Iterator[tuple[int, SurveyStage]]:
        """Each survey stage with its index."""
        return ((i, s) for i, s in enumerate(self.stages) if isinstance(s, SurveyStage))

    def conversation_stages(self) -> Iterator[tuple[int, ConversationsStage]]:
        """Each conversations stage with its index."""
        return ((i, s) for i, s in enumerate(self.stages) if isinstance(s, ConversationsStage))

    @property
    def consent(self) -> ConsentStage:
        """The consent stage; every study has one."""
        return next(stage for stage in self.stages if isinstance(stage, ConsentStage))

    @property
    def consent_version(self) -> str:
        """Names what people agree to, in whichever language they read it: the same text with
        another translation is another version. Of the study as loaded, in its first language."""
        text = self.consent.text
        words = {name: w[text] for name, w in self.translations.items() if text in w}
        return self.consent.version_with(words)

    def responder(self, model_id: str) -> ResponderSpec:
        """The model with that id; KeyError where there is none."""
        for spec in self.models:
            if spec.id == model_id:
                return spec
        raise KeyError(model_id)
