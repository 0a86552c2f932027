"""The `Responder` port: a model as the study sees it.

A responder answers one request or raises one `ResponderError` that says what kind of failure it
was. It never returns an empty text, a placeholder or the text "None": PRISM's interface showed
such answers and people rated them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Protocol

from manyvoices.schema.errors import ManyvoicesError

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of the conversation so far."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What a responder is asked: the conversation, ending with what the person wrote.

    None means "not said": the endpoint's own default holds.
    """

    messages: tuple[ChatMessage, ...]
    """In order; a system instruction, if any, comes first and is put there by the caller."""
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    """Same request and seed, same answer, as far as the endpoint keeps that promise."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further parameters for the endpoint, as they are."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, with its evidence. None = the endpoint did not say."""

    text: str
    """Never empty."""
    finish_reason: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    model_version: str | None
    """What the endpoint says has answered; hosted names move from version to version."""
    latency_ms: float
    """From sending the request to having the whole answer; waiting for a free place is not in."""


class FailureKind(StrEnum):
    """Why there is no answer; stored with the place in the turn."""

    TIMEOUT = "timeout"
    RATE_LIMITED = "rate_limited"
    UNREACHABLE = "unreachable"
    HTTP_ERROR = "http_error"
    MALFORMED = "malformed"
    """The endpoint answered with something that is no chat completion."""
    EMPTY = "empty"
    """The endpoint answered, and there is no text in it."""
    TOO_LARGE = "too_large"
    """The answer is longer than anybody could read; it was not read to its end."""
    NOT_RECORDED = "not_recorded"
    """A replay holds no answer to this request."""
    ABANDONED = "abandoned"
    """The server was stopped in the middle of the call, again and again."""
    REFUSED_CREDENTIALS = "refused_credentials"
    MISCONFIGURED = "misconfigured"
    """The request cannot be made as the study describes it."""


MAX_TEXT = 100_000
"""Characters of an answer; a longer one is a fault of the model, and no page could hold it."""


def check_length(text: str) -> str:
    """The text, or `ResponderError` (TOO_LARGE) where it is longer than `MAX_TEXT`."""
    if len(text) > MAX_TEXT:
        message = f"an answer of {len(text)} characters"
        raise ResponderError(FailureKind.TOO_LARGE, message, retryable=False)
    return text


class ResponderError(ManyvoicesError):
    """A model gave no answer. The message never holds a key and fits on one line."""

    def __init__(
        self,
        kind: FailureKind,
        message: str,
        *,
        retryable: bool,
        retry_after_s: float | None = None,
    ) -> None:
        self.kind = kind
        self.message = " ".join(message.split())
        self.retryable = retryable
        """Whether the same request may succeed a little later."""
        self.retry_after_s = retry_after_s
        """How long the endpoint asks to wait, in seconds; None where it does not say."""
        super().__init__(f"{kind.value}: {self.message}")


class Responder(Protocol):
    """A model that can be asked."""

    @property
    def id(self) -> str:
        """The model's id in the study."""
        ...

    async def respond(self, request: ChatRequest, *, timeout_s: float) -> Reply:
        """Answer within `timeout_s` seconds or raise `ResponderError`."""
        ...

    def parameters(self, request: ChatRequest) -> dict[str, Any]:
        """What such a call sends besides the messages, as JSON; never a key."""
        ...

    async def aclose(self) -> None:
        """Give back connections; safe to call twice."""
        ...
