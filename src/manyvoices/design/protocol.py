"""A study as one frozen object: what `load_study` returns and every other part works with.

`StudyFile` is what people write in ``study.yaml`` with the files that it names put in their
places; `Study` adds what is known only after loading. Reading is in `study`; the checks that need
more than one place are in `checks`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, StrictInt, StringConstraints

from manyvoices.design.questions import Line, Written
from manyvoices.design.responders import ResponderSpec
from manyvoices.design.stages import ConsentStage, ConversationsStage, Stage, SurveyStage

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
StudyId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
CompletionCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class Recruitment(Written):
    """How people come in."""

    provider: Literal["open", "prolific"] = "open"
    """``open`` = anyone with the link."""
    completion_code: CompletionCode | None = None
    """Shown at the end, so that the recruitment platform knows who finished."""
    quotas: dict[str, dict[str, Annotated[StrictInt, Field(ge=0)]]] = Field(default_factory=dict)
    """Question id -> option value -> how many people at most."""


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

    def responder(self, model_id: str) -> ResponderSpec:
        """The model with that id; KeyError where there is none."""
        for spec in self.models:
            if spec.id == model_id:
                return spec
        raise KeyError(model_id)
