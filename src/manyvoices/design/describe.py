"""What a study asks of people, in numbers: pages, questions, conversations, minutes.

The minutes are a rule of thumb for planning and pay, not a measurement: fixed seconds that each
kind of question names, 200 words a minute for reading. A rehearsal with people is what tells the
truth.
"""

from __future__ import annotations

from dataclasses import dataclass

from manyvoices.design.comparisons.stage import ComparisonsStage
from manyvoices.design.dialogue import count_words
from manyvoices.design.protocol import Study
from manyvoices.design.questions import Attributes, Page, Vas
from manyvoices.design.stages import ConsentStage, ConversationsStage, Stage, SurveyStage
from manyvoices.design.trees.policy import TreeTasksStage

WORDS_PER_MINUTE = 200
PROMPT_S = 40
"""Writing one message to the models."""
PARAGRAPH_S = 75
"""Writing a paragraph."""
ANSWER_S = 20
"""Waiting for, reading and rating one answer."""

VERDICT_S = 10
"""Making up one's mind between answers that were read."""


@dataclass(frozen=True, slots=True)
class StageSummary:
    """One stage in numbers; what does not apply to its kind is 0."""

    kind: str
    id: str
    pages: int
    questions: int
    conversations: int
    minutes: float
    comparisons: int = 0


def summarise(study: Study) -> tuple[StageSummary, ...]:
    """Each stage of `study` in numbers, for someone who holds the least number of turns."""
    return tuple(_summarise_stage(stage) for stage in study.stages)


def estimate_minutes(study: Study) -> float:
    """Minutes for the whole study, by the rule of thumb above."""
    return sum(stage.minutes for stage in summarise(study))


def _summarise_stage(stage: Stage) -> StageSummary:
    if isinstance(stage, ConsentStage):
        minutes = len(stage.text.split()) / WORDS_PER_MINUTE
        return StageSummary(stage.kind, stage.id, 1, 0, 0, minutes)
    if isinstance(stage, SurveyStage):
        asked = [q for page in stage.pages for q in page.questions if q.kind != "info"]
        seconds = sum(_page_s(page) for page in stage.pages)
        n_pages = len(stage.pages)
        return StageSummary(stage.kind, stage.id, n_pages, len(asked), 0, seconds / 60)
    if isinstance(stage, TreeTasksStage):
        return StageSummary(stage.kind, stage.id, 0, 0, 0, 0.0)
    if isinstance(stage, ComparisonsStage):
        minutes = _comparison_s(stage) * stage.count / 60
        return StageSummary(stage.kind, stage.id, 0, 0, 0, minutes, comparisons=stage.count)
    seconds = _conversation_s(stage) * stage.n_conversations
    return StageSummary(stage.kind, stage.id, 0, 0, stage.n_conversations, seconds / 60)


def _comparison_s(stage: ComparisonsStage) -> float:
    """Seconds for one verdict: reading what is there, or writing and waiting for it."""
    texts = [text for output in stage.outputs if (text := output.text)]
    if texts:
        words = sum(map(count_words, texts)) / len(texts)
        reading = stage.side_by_side * words / WORDS_PER_MINUTE * 60
    else:
        reading = float(stage.side_by_side * ANSWER_S)
    writing = PROMPT_S * stage.turns[0] if stage.source == "arena" else 0
    why = {"none": 0, "optional": PARAGRAPH_S / 2, "required": PARAGRAPH_S}[stage.reasons.text]
    return reading + writing + VERDICT_S + why


def _page_s(page: Page) -> float:
    return sum(question.estimate_s() for question in page.questions)


def _conversation_s(stage: ConversationsStage) -> float:
    """Seconds for one conversation of the least allowed length, with its feedback."""
    later_turns = stage.continuing.turns[0] - 1
    opening = PROMPT_S + stage.opening.responders * ANSWER_S
    later = later_turns * (PROMPT_S + stage.continuing.responses * ANSWER_S)
    blocks: tuple[Attributes | None, ...] = (stage.feedback.performance, stage.feedback.choice)
    lines = sum(len(block.items) for block in blocks if block is not None)
    written = PARAGRAPH_S if stage.feedback.open is not None else 0
    return opening + later + lines * Vas.seconds + written
