"""The rules by which people grow message trees: what a tree needs, and where it is in its life.

In: facts about one tree, the project's policy; time and chance from outside. Out: decisions. The
states are OpenAssistant's (arXiv 2304.07327, appendix on the tree state machine); where its code
let a tree stall, `lifecycle` says what we do instead. May import: design, schema.
"""

from __future__ import annotations

from manyvoices.design.trees.acceptance import Decision, Review, decide
from manyvoices.design.trees.facts import MessageFacts, TaskKind, TreeFacts
from manyvoices.design.trees.labels import LabelSpec, label_schema
from manyvoices.design.trees.lifecycle import Transition, advance, restart
from manyvoices.design.trees.lottery import (
    Waiting,
    draw_prompt,
    place_score,
    room_for_prompts,
    seats_for_prompt_rankings,
)
from manyvoices.design.trees.needs import Need, needs
from manyvoices.design.trees.policy import TreePolicy, TreeTasksStage
from manyvoices.design.trees.urgency import due_at, order_of_kinds

__all__ = [
    "Decision",
    "LabelSpec",
    "MessageFacts",
    "Need",
    "Review",
    "TaskKind",
    "Transition",
    "TreeFacts",
    "TreePolicy",
    "TreeTasksStage",
    "Waiting",
    "advance",
    "decide",
    "draw_prompt",
    "due_at",
    "label_schema",
    "needs",
    "order_of_kinds",
    "place_score",
    "restart",
    "room_for_prompts",
    "seats_for_prompt_rankings",
]
