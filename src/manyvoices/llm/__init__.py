"""Models as a study sees them: the `Responder` port, its providers, and scripted personas.

In: a chat request. Out: a reply with its evidence (latency, finish reason, tokens), or a
`ResponderError` that names the kind of failure. May import: design, io, schema.
"""

from __future__ import annotations

from manyvoices.llm.features import Features, measure
from manyvoices.llm.personas import PERSONAS, Persona, Spoken, answer
from manyvoices.llm.port import (
    ChatMessage,
    ChatRequest,
    FailureKind,
    Reply,
    Responder,
    ResponderError,
)
from manyvoices.llm.providers import build_responder

__all__ = [
    "PERSONAS",
    "ChatMessage",
    "ChatRequest",
    "FailureKind",
    "Features",
    "Persona",
    "Reply",
    "Responder",
    "ResponderError",
    "Spoken",
    "answer",
    "build_responder",
    "measure",
]
