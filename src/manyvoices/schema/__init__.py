"""The words of the house as records: people, conversations, trees, battles, ballots, releases.

In: decoded JSON. Out: frozen, typed, versioned msgspec structs and the errors every room raises.
May import: nothing of manyvoices; msgspec only.
"""

from __future__ import annotations

from manyvoices.schema._base import SCHEMA_VERSION, Instant, Json, Record
from manyvoices.schema.comparisons import (
    Comparison,
    ComparisonVerdict,
    SideAnswer,
    SideExchange,
)
from manyvoices.schema.conversations import Conversation, Try, Turn, Utterance
from manyvoices.schema.dialogues import (
    ChatLine,
    ChatRole,
    Dialogue,
    LabelledCompletion,
    Published,
    Said,
)
from manyvoices.schema.errors import (
    ConvergenceError,
    DataError,
    Fault,
    InputError,
    ManyvoicesError,
    MissingExtraError,
    StudyError,
)
from manyvoices.schema.judgements import ArenaBattle, Ballot, Battle, Outcome, PreferencePair
from manyvoices.schema.people import Answer, Participant, ParticipantStatus
from manyvoices.schema.prism import (
    PrismConversation,
    PrismMessage,
    PrismMetadata,
    PrismSurveyRow,
    PrismUtterance,
)
from manyvoices.schema.rated import RatedText
from manyvoices.schema.releases import (
    RELEASE_VERSION,
    RELEASE_VERSIONS,
    ParentRelease,
    Release,
    ReleaseFile,
    WithdrawnFrom,
)
from manyvoices.schema.traces import InputKind, SliderTrace
from manyvoices.schema.trees import (
    Label,
    LabelSummary,
    Message,
    MessageThread,
    MessageTree,
    Ranking,
    Role,
    TreeState,
)

__all__ = [
    "RELEASE_VERSION",
    "RELEASE_VERSIONS",
    "SCHEMA_VERSION",
    "Answer",
    "ArenaBattle",
    "Ballot",
    "Battle",
    "ChatLine",
    "ChatRole",
    "Comparison",
    "ComparisonVerdict",
    "ConvergenceError",
    "Conversation",
    "DataError",
    "Dialogue",
    "Fault",
    "InputError",
    "InputKind",
    "Instant",
    "Json",
    "Label",
    "LabelSummary",
    "LabelledCompletion",
    "ManyvoicesError",
    "Message",
    "MessageThread",
    "MessageTree",
    "MissingExtraError",
    "Outcome",
    "ParentRelease",
    "Participant",
    "ParticipantStatus",
    "PreferencePair",
    "PrismConversation",
    "PrismMessage",
    "PrismMetadata",
    "PrismSurveyRow",
    "PrismUtterance",
    "Published",
    "Ranking",
    "RatedText",
    "Record",
    "Release",
    "ReleaseFile",
    "Role",
    "Said",
    "SideAnswer",
    "SideExchange",
    "SliderTrace",
    "StudyError",
    "TreeState",
    "Try",
    "Turn",
    "Utterance",
    "WithdrawnFrom",
]
