"""Trees, their messages, and what people gave for them: reviews, rankings, tasks in their hands.

Counters here are not counted up and down: `refresh` computes them from the rows whenever a tree
changes. Only `Need.seats` and `Tree.room` are taken from in between, by a task that is handed out.
"""

from __future__ import annotations

from manyvoices.collect.trees.models.computed import ReviewerWeight, SetConsensus
from manyvoices.collect.trees.models.given import LabelsGiven, PromptPlace, RankingGiven
from manyvoices.collect.trees.models.messages import Message, Revision
from manyvoices.collect.trees.models.projects import LanguageRound, PolicyChange
from manyvoices.collect.trees.models.tasks import Need, Task
from manyvoices.collect.trees.models.trees import MERGED_STATES, OPEN_STATES, Tree, TreeEvent

__all__ = [
    "MERGED_STATES",
    "OPEN_STATES",
    "LabelsGiven",
    "LanguageRound",
    "Message",
    "Need",
    "PolicyChange",
    "PromptPlace",
    "RankingGiven",
    "ReviewerWeight",
    "Revision",
    "SetConsensus",
    "Task",
    "Tree",
    "TreeEvent",
]
