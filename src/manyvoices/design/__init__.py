"""What a study is and the rules by which it runs, as pure functions of facts.

In: ``study.yaml`` and its texts; facts about a participant or conversation; a seeded generator.
Out: frozen specifications and decisions (draw, lock, continue, finish). No clock, no database, no
network: time and randomness are passed in. May import: io, schema.
"""

from __future__ import annotations

from manyvoices.design.describe import StageSummary, estimate_minutes, summarise
from manyvoices.design.dialogue import (
    Candidate,
    NothingToLock,
    RatingsMissing,
    ScoresResult,
    TurnState,
    Winner,
    continuing_slots,
    derive_seed,
    draw_responders,
    generator,
    lock_winner,
    may_finish,
    missing_ratings,
    must_finish,
    read_scores,
    turn_state,
)
from manyvoices.design.journey import ConversationFacts, JourneyFacts, Step, next_step, types_left
from manyvoices.design.json_schema import study_json_schema
from manyvoices.design.problems import MESSAGES, Problem
from manyvoices.design.protocol import Recruitment, Study
from manyvoices.design.questions import (
    Attributes,
    Info,
    Item,
    Multiple,
    OpenQuestion,
    Option,
    Page,
    Question,
    Single,
    Text,
    Vas,
    VisibleIf,
)
from manyvoices.design.responders import ResponderSpec
from manyvoices.design.stages import (
    ConsentStage,
    Continuing,
    ConversationsStage,
    Feedback,
    Opening,
    Rating,
    Stage,
    SurveyStage,
    TypeRule,
)
from manyvoices.design.study import load_study, read_study
from manyvoices.design.survey import (
    NOT_APPLICABLE,
    AttributesResult,
    PageResult,
    is_visible,
    presented_order,
    read_attributes,
    read_open_question,
    read_page,
    visible_questions,
)

__all__ = [
    "MESSAGES",
    "NOT_APPLICABLE",
    "Attributes",
    "AttributesResult",
    "Candidate",
    "ConsentStage",
    "Continuing",
    "ConversationFacts",
    "ConversationsStage",
    "Feedback",
    "Info",
    "Item",
    "JourneyFacts",
    "Multiple",
    "NothingToLock",
    "OpenQuestion",
    "Opening",
    "Option",
    "Page",
    "PageResult",
    "Problem",
    "Question",
    "Rating",
    "RatingsMissing",
    "Recruitment",
    "ResponderSpec",
    "ScoresResult",
    "Single",
    "Stage",
    "StageSummary",
    "Step",
    "Study",
    "SurveyStage",
    "Text",
    "TurnState",
    "TypeRule",
    "Vas",
    "VisibleIf",
    "Winner",
    "continuing_slots",
    "derive_seed",
    "draw_responders",
    "estimate_minutes",
    "generator",
    "is_visible",
    "load_study",
    "lock_winner",
    "may_finish",
    "missing_ratings",
    "must_finish",
    "next_step",
    "presented_order",
    "read_attributes",
    "read_open_question",
    "read_page",
    "read_scores",
    "read_study",
    "study_json_schema",
    "summarise",
    "turn_state",
    "types_left",
    "visible_questions",
]
