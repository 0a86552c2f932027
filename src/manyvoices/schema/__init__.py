"""The words of the house as records: people, conversations, trees, battles, ballots, releases.

In: decoded JSON. Out: frozen, typed, versioned msgspec structs and the errors every room raises.
May import: nothing of manyvoices; msgspec only.
"""

from __future__ import annotations

from manyvoices.schema._base import SCHEMA_VERSION, Instant, Json, Record
from manyvoices.schema.conversations import Conversation, Try, Turn, Utterance
from manyvoices.schema.errors import (
    ConvergenceError,
    DataError,
    Fault,
    InputError,
    ManyvoicesError,
    MissingExtraError,
    StudyError,
)
from manyvoices.schema.judgements import Ballot, Battle, Outcome, PreferencePair
from manyvoices.schema.people import Answer, Participant, ParticipantStatus
from manyvoices.schema.prism import (
    PrismConversation,
    PrismMessage,
    PrismMetadata,
    PrismSurveyRow,
    PrismUtterance,
)
from manyvoices.schema.releases import Release, ReleaseFile
from manyvoices.schema.traces import InputKind, SliderTrace
from manyvoices.schema.trees import (
    Label,
    LabelSummary,
    Message,
    MessageTree,
    Ranking,
    Role,
    TreeState,
)

__all__ = [
    "SCHEMA_VERSION",
    "Answer",
    "Ballot",
    "Battle",
    "ConvergenceError",
    "Conversation",
    "DataError",
    "Fault",
    "InputError",
    "InputKind",
    "Instant",
    "Json",
    "Label",
    "LabelSummary",
    "ManyvoicesError",
    "Message",
    "MessageTree",
    "MissingExtraError",
    "Outcome",
    "Participant",
    "ParticipantStatus",
    "PreferencePair",
    "PrismConversation",
    "PrismMessage",
    "PrismMetadata",
    "PrismSurveyRow",
    "PrismUtterance",
    "Ranking",
    "Record",
    "Release",
    "ReleaseFile",
    "Role",
    "SliderTrace",
    "StudyError",
    "TreeState",
    "Try",
    "Turn",
    "Utterance",
]
