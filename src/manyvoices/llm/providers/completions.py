"""OpenAI's completions formats: a request as JSON, and an answer or an error read from JSON.

Chat completions take messages; the older completions take one text, for models that only go on
with a text (base models), written by a template.

Pure functions, so that the format is tested without a network. Servers differ (vLLM, TGI, Ollama,
hosted APIs): what is optional in any of them is optional here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from manyvoices.design.responders import ResponderSpec
from manyvoices.llm.chat_templates import TEMPLATES, cut_at_stop, write_prompt
from manyvoices.llm.port import ChatRequest, FailureKind, Reply, ResponderError, check_length

_RESERVED = ("messages", "prompt", "stream", "n", "echo")


def request_body(spec: ResponderSpec, request: ChatRequest) -> dict[str, Any]:
    """The JSON body. What the request says wins over the spec; `extra` may add, not replace, them.

    ``max_completion_tokens`` in `extra` takes the place of ``max_tokens``, which newer hosted
    models refuse.
    """
    body = parameters(spec, request)
    if spec.endpoint == "completions":
        template = TEMPLATES[spec.template_name]
        stop = body.get("stop", [])
        own = [stop] if isinstance(stop, str) else list(stop)
        return body | {
            "prompt": write_prompt(template, request.messages),
            # Four at most is what OpenAI's API takes.
            "stop": list(dict.fromkeys([*own, *template.stop]))[:4],
        }
    return body | {
        "messages": [{"role": m.role, "content": m.content} for m in request.messages],
    }


def parameters(spec: ResponderSpec, request: ChatRequest) -> dict[str, Any]:
    """The body without what was said: what is stored with each call."""
    extra = {**spec.extra, **request.extra}
    if clash := [key for key in _RESERVED if key in extra]:
        message = f"extra cannot set {', '.join(clash)}"
        raise ResponderError(FailureKind.MISCONFIGURED, message, retryable=False)
    body: dict[str, Any] = {"model": spec.model}
    for name in ("temperature", "top_p", "max_tokens"):
        asked = getattr(request, name)
        value = getattr(spec, name) if asked is None else asked
        if value is not None and not (name == "max_tokens" and "max_completion_tokens" in extra):
            body[name] = value
    if request.seed is not None:
        body["seed"] = request.seed
    return {**extra, **body}


def read_reply(raw: bytes, *, latency_ms: float, spec: ResponderSpec | None = None) -> Reply:
    """A completion's bytes as a `Reply`; raises `ResponderError` (MALFORMED, EMPTY, TOO_LARGE).

    `spec`: of a model that completes text, whose answer ends where its template says.
    """
    try:
        document = json.loads(raw)
        choice = document["choices"][0]
        if spec is not None and spec.endpoint == "completions":
            text = cut_at_stop(TEMPLATES[spec.template_name], storable(choice["text"]))
        else:
            text = _message_text(choice["message"])
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        message = f"not a chat completion ({type(error).__name__}): {shorten(raw)}"
        raise ResponderError(FailureKind.MALFORMED, message, retryable=True) from None
    finish_reason = _optional(choice.get("finish_reason"), str)
    if not text.strip():
        message = f"the answer has no text (finish_reason {finish_reason})"
        raise ResponderError(FailureKind.EMPTY, message, retryable=True)
    usage = document.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    return Reply(
        text=check_length(text),
        finish_reason=finish_reason,
        prompt_tokens=_optional(usage.get("prompt_tokens"), int),
        completion_tokens=_optional(usage.get("completion_tokens"), int),
        model_version=_optional(document.get("model"), str),
        latency_ms=latency_ms,
    )


def _message_text(message: Mapping[str, Any]) -> str:
    """A message's text: a string, a list of parts, or the refusal that stands in its place."""
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(str(part.get("text") or "") for part in content)
    text = content if content else message.get("refusal") or ""
    if not isinstance(text, str):
        raise TypeError("content is no text")
    return storable(text)


def storable(text: str) -> str:
    """The text without NUL and lone surrogates, which no database stores and no page shows."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")


def _optional(value: Any, kind: type[Any]) -> Any:
    return value if isinstance(value, kind) and not isinstance(value, bool) else None


def read_error(
    status: int, headers: Mapping[str, str], raw: bytes, *, secret: str | None, now: datetime
) -> ResponderError:
    """What a status other than 200 means. `secret` is blotted out: some servers echo the key."""
    detail = shorten(raw)
    if secret:
        detail = detail.replace(secret, "***")
    message = f"HTTP {status}: {detail}" if detail else f"HTTP {status}"
    retry_after_s = read_retry_after(headers.get("Retry-After"), now=now)
    if status in (401, 403):
        return ResponderError(FailureKind.REFUSED_CREDENTIALS, message, retryable=False)
    if status == 429:
        # An account without credit answers 429 as well, and waiting does not help it.
        retryable = b"insufficient_quota" not in raw
        return ResponderError(
            FailureKind.RATE_LIMITED, message, retryable=retryable, retry_after_s=retry_after_s
        )
    kind = FailureKind.TIMEOUT if status in (408, 504) else FailureKind.HTTP_ERROR
    retryable = status >= 500 or status in (408, 409, 425)
    return ResponderError(kind, message, retryable=retryable, retry_after_s=retry_after_s)


def shorten(raw: bytes, limit: int = 200) -> str:
    """The beginning of a body on one line."""
    text = " ".join(raw[: 8 * limit].decode("utf-8", "replace").split())
    return text if len(text) <= limit else text[: limit - 3] + "..."


def read_retry_after(value: str | None, *, now: datetime) -> float | None:
    """Seconds to wait from a Retry-After header (RFC 9110, 10.2.3): seconds, or a date."""
    if value is None:
        return None
    text = value.strip()
    if text.replace(".", "", 1).isascii() and text.replace(".", "", 1).isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (ValueError, TypeError):
        return None
