"""The stage ``comparisons`` as people write it: a preference study, or an arena.

Two or more models stand side by side without their names. What they answer is one of three:
``outputs`` (texts that are there already), ``live`` (models answer a fixed prompt while the person
waits), ``arena`` (models answer what the person writes, for several turns, and are named after the
verdict).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StrictFloat, StrictInt, StringConstraints, model_validator

from manyvoices.design.comparisons.batch import Ask
from manyvoices.design.comparisons.stopping import Stopping
from manyvoices.design.responders import ModelId, ModelType
from manyvoices.design.stage_parts import AnswerLimits, MessageLimits, Seconds
from manyvoices.design.written import Identifier, Line, Unfit, Value, Written

Text = Annotated[str, StringConstraints(min_length=1, max_length=100_000)]
PromptId = Annotated[str, StringConstraints(min_length=1, max_length=128, strip_whitespace=True)]
Group = Annotated[str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True)]
Tongue = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Share = Annotated[StrictFloat | StrictInt, Field(ge=0, le=1)]


class PromptItem(Written):
    """One prompt of the fixed set. Written in JSONL or YAML, one to a line or entry."""

    id: PromptId
    text: Text
    category: Group | None = None
    """What it is about: results are shown by it."""
    language: Tongue | None = None
    """None = the study's first language."""
    earlier: tuple[Text, ...] = ()
    """What was said before, beginning with the prompter, an even number of texts."""

    @model_validator(mode="after")
    def _alternates(self) -> Self:
        if len(self.earlier) % 2:
            found = f"{len(self.earlier)} texts"
            raise Unfit("earlier", found, "prompter and assistant in turn, so an even number")
        return self


class OutputItem(Written):
    """What one model said to one prompt, before the study began."""

    prompt: PromptId
    model: ModelId
    text: Annotated[str, StringConstraints(max_length=100_000)] | None = None
    """None or empty = the model gave no answer: it is never shown, and counted."""
    failure: Group | None = None
    """Why not."""


class Pool(Written):
    """Raters of one kind, and how many verdicts of theirs each cell needs."""

    name: Identifier
    where: dict[str, Value | tuple[Value, ...]] = Field(default_factory=dict)
    """Survey question -> value, or several; all must hold. Empty = everybody not in one above."""
    per_cell: Annotated[StrictInt, Field(ge=1)] | None = None


class Tag(Written):
    """A reason that can be ticked."""

    id: Identifier
    label: Line


class Reasons(Written):
    """What is asked about a verdict beyond it; both may be left out."""

    tags: tuple[Tag, ...] = ()
    text: Literal["none", "optional", "required"] = "none"
    label: Line = "Why?"

    @model_validator(mode="after")
    def _tags_once(self) -> Self:
        ids = [tag.id for tag in self.tags]
        if repeated := next((name for name in ids if ids.count(name) > 1), None):
            raise Unfit("tags", f"the id {repeated} again", "each tag's id once")
        return self


class Assignment(Written):
    """Which prompt and models come next."""

    policy: Literal["balanced", "batch"] = "balanced"
    """``balanced``: the cell with the fewest verdicts; ``batch``: what `batch` asks for, first."""
    batch: tuple[Ask, ...] = ()
    """What ``manyvoices evaluate`` wrote into ``next_batch.jsonl``, or the name of that file."""
    exploration: Share = 0.2
    """Share of draws that are balanced whatever the batch says, so that no model starves."""

    @model_validator(mode="after")
    def _has_a_batch(self) -> Self:
        if self.policy == "batch" and not self.batch:
            raise Unfit("batch", "none", "batch: next_batch.jsonl, as the policy is batch")
        return self


class Integrity(Written):
    """From when on a vote is set aside. It is kept, shown as set aside, and counted."""

    min_seconds: Annotated[StrictFloat | StrictInt, Field(ge=0, le=600)] = 2
    """A verdict sooner after the answers were there is set aside as ``too_fast``."""
    most_per_hour: Annotated[StrictInt, Field(ge=1, le=10_000)] = 60
    """Verdicts of one person beyond this in an hour are set aside as ``too_many``."""
    repeated_prompts: Annotated[StrictInt, Field(ge=1, le=1000)] = 5
    """Arena: the same prompt of one person more often than this is ``repeated_prompt``."""
    one_sided: Annotated[StrictInt, Field(ge=5, le=1000)] = 20
    """So many verdicts for the same place in a row are ``one_sided`` from then on."""
    most_per_address: Annotated[StrictInt, Field(ge=1, le=10_000)] | None = None
    """Verdicts from one network address beyond this in an hour, whoever gives them, are set aside
    as ``busy_address``. None = 120 in an arena into which anyone may come, no limit elsewhere."""


class ComparisonsStage(Written):
    """Models side by side, without their names; people say which they prefer."""

    kind: Literal["comparisons"]
    id: Identifier = "comparisons"
    source: Literal["outputs", "live", "arena"] = "outputs"
    count: Annotated[StrictInt, Field(ge=1, le=1000)] = 10
    """Comparisons that each person makes. In an arena they may make more."""
    most: Annotated[StrictInt, Field(ge=1, le=10_000)] | None = None
    """Arena: comparisons of one person at most; None = as `count`."""
    side_by_side: Annotated[StrictInt, Field(ge=2, le=5)] = 2
    """Two: a choice. More: an order."""
    prompts: tuple[PromptItem, ...] = ()
    """The prompt set: ``prompts.jsonl``, ``prompts.yaml``, or the prompts themselves."""
    outputs: tuple[OutputItem, ...] = ()
    """With ``source: outputs``: ``outputs.jsonl``, ``outputs.yaml``, or the texts themselves."""
    among: tuple[ModelId, ...] = ()
    """Models that are compared; empty = all of ``models`` (``outputs``: all that have one)."""
    baseline: ModelId | None = None
    """Every comparison holds this model; None = all pairs."""
    tie: StrictBool = True
    all_bad: StrictBool = True
    cannot_judge: StrictBool = True
    reasons: Reasons = Reasons()
    label: Line = "Which answer is better?"
    """The question above every verdict."""
    guidance: str = ""
    """Markdown beside every comparison; or the name of a ``.md`` file."""
    turns: tuple[
        Annotated[StrictInt, Field(ge=1, le=50)], Annotated[StrictInt, Field(ge=1, le=50)]
    ] = (1, 6)
    """Arena: least and most messages of the person in one comparison."""
    timeout_s: Seconds = 60.0
    """For one answer of a live model."""
    same_language: StrictBool = False
    """Whether an answer in another language than the prompt's counts as failed."""
    per_cell: Annotated[StrictInt, Field(ge=1)] | None = None
    """Verdicts wanted of each prompt and set of models; None = as many as people give. A verdict
    that comes more than an hour after its comparison was handed out, when its seat has gone to
    somebody else, counts as well: the cell then holds one more."""
    pools: tuple[Pool, ...] = ()
    """Raters by kind; the first that fits counts. None = everybody in one."""
    assignment: Assignment = Assignment()
    stopping: Stopping | None = None
    """When enough is known, so that nobody new is asked; None = never by itself."""
    integrity: Integrity = Integrity()
    reveal: Literal["never", "after_verdict"] | None = None
    """Whether people learn the names after their verdict; by default in an arena alone."""
    system_by_type: dict[ModelType, str] = Field(default_factory=dict)
    answers: AnswerLimits = AnswerLimits()
    messages: MessageLimits = MessageLimits()

    @model_validator(mode="after")
    def _fits_its_source(self) -> Self:
        for problem in self._problems():
            raise problem
        return self

    def _problems(self) -> Iterator[Unfit]:
        if self.source == "arena":
            for name in ("prompts", "outputs"):
                if getattr(self, name):
                    yield Unfit(name, f"the key {name}", "none in an arena: people write there")
        elif not self.prompts:
            yield Unfit("prompts", "none", f"a prompt set, as source is {self.source}")
        if (self.source == "outputs") is not bool(self.outputs):
            found = "none" if not self.outputs else "the key outputs"
            yield Unfit("outputs", found, "stored texts, with source: outputs and only there")
        if self.source != "arena" and self.most is not None:
            yield Unfit("most", str(self.most), "none: only an arena goes on beyond count")
        if self.most is not None and self.most < self.count:
            yield Unfit("most", str(self.most), f"at least count ({self.count})")
        if self.turns[0] > self.turns[1]:
            found = f"[{self.turns[0]}, {self.turns[1]}]"
            yield Unfit("turns", found, "the least number of turns first, then the most")
        yield from self._doubles()

    def _doubles(self) -> Iterator[Unfit]:
        for name, ids in (
            ("among", list(self.among)),
            ("pools", [pool.name for pool in self.pools]),
        ):
            if again := next((a for a, b in pairwise(sorted(ids)) if a == b), None):
                yield Unfit(name, f"{again} twice", "each once")

    @property
    def reveals(self) -> bool:
        """Whether people learn the models' names after their verdict."""
        return self.source == "arena" if self.reveal is None else self.reveal == "after_verdict"

    @property
    def at_most(self) -> int:
        """Comparisons of one person at most."""
        return self.most or self.count
