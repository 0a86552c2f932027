"""A participant's way through a study: given what is done, what comes next.

The way is recomputed from facts at every request, so there is no stored "current page" that could
disagree with what was saved, and the page after a reload is the page before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Literal

from manyvoices.design.comparisons.stage import ComparisonsStage
from manyvoices.design.protocol import Study
from manyvoices.design.stages import ConsentStage, ConversationsStage, Stage, SurveyStage
from manyvoices.design.trees.policy import TreeTasksStage

StepKind = Literal[
    "consent",
    "survey",
    "conversations",
    "conversation",
    "comparisons",
    "comparison",
    "trees",
    "done",
]


@dataclass(frozen=True, slots=True)
class ConversationFacts:
    """One conversation that was started."""

    stage: int
    """Index of its stage in the study."""
    number: int
    """Names it within its stage; given by the caller."""
    type: str
    finished: bool


@dataclass(frozen=True, slots=True)
class ComparisonFacts:
    """One comparison that was handed out."""

    stage: int
    """Index of its stage in the study."""
    number: int
    """Names it within its stage; given by the caller."""
    finished: bool
    """Judged, or over because a side failed."""


@dataclass(frozen=True, slots=True)
class JourneyFacts:
    """What one participant has done so far."""

    consented: bool = False
    survey_pages_done: AbstractSet[tuple[int, int]] = frozenset()
    """(stage index, page index) of every survey page that was saved without errors."""
    conversations: Sequence[ConversationFacts] = field(default_factory=tuple)
    comparisons: Sequence[ComparisonFacts] = field(default_factory=tuple)
    comparisons_over: AbstractSet[int] = frozenset()
    """Indices of comparisons stages that are over for this person before `count` or `most`: they
    ended an arena themselves, or nothing is left that they could judge."""


@dataclass(frozen=True, slots=True)
class Step:
    """What to show next."""

    kind: StepKind
    """``conversations`` = choose what to talk about; ``conversation`` = go on with one;
    ``comparisons`` = take the next, or in an arena end; ``comparison`` = go on with one; ``trees``
    = take tasks for as long as one likes: it has no end."""
    stage: int
    """Index of the stage; the number of stages where everything is done."""
    page: int | None = None
    """Index of the survey page."""
    conversation: int | None = None
    """`ConversationFacts.number` of the conversation to go on with."""
    comparison: int | None = None
    """`ComparisonFacts.number` of the comparison to go on with."""


def next_step(study: Study, facts: JourneyFacts) -> Step:
    """The first thing that is not done yet, in the order of the study's stages."""
    for index, stage in enumerate(study.stages):
        step = _open_step(index, stage, facts)
        if step is not None:
            return step
    return Step("done", stage=len(study.stages))


def _open_step(index: int, stage: Stage, facts: JourneyFacts) -> Step | None:
    if isinstance(stage, ConsentStage):
        return None if facts.consented else Step("consent", index)
    if isinstance(stage, SurveyStage):
        for page in range(len(stage.pages)):
            if (index, page) not in facts.survey_pages_done:
                return Step("survey", index, page=page)
        return None
    if isinstance(stage, TreeTasksStage):
        return Step("trees", index)
    if isinstance(stage, ComparisonsStage):
        return _open_comparison(index, stage, facts)
    for conversation in facts.conversations:
        if conversation.stage == index and not conversation.finished:
            return Step("conversation", index, conversation=conversation.number)
    return Step("conversations", index) if types_left(stage, index, facts) else None


def _open_comparison(index: int, stage: ComparisonsStage, facts: JourneyFacts) -> Step | None:
    mine = [c for c in facts.comparisons if c.stage == index]
    for comparison in mine:
        if not comparison.finished:
            return Step("comparison", index, comparison=comparison.number)
    is_over = index in facts.comparisons_over or len(mine) >= stage.at_most
    return None if is_over else Step("comparisons", index)


def types_left(stage: ConversationsStage, index: int, facts: JourneyFacts) -> Mapping[str, int]:
    """Conversation type -> how many are still to be held, for the types with any left.

    Started conversations count, so that nobody can open more of a type than the study asks for.
    """
    started = [c.type for c in facts.conversations if c.stage == index]
    left = {name: rule.count - started.count(name) for name, rule in stage.types.items()}
    return {name: count for name, count in left.items() if count > 0}
