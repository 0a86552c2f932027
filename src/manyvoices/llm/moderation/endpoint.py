"""An endpoint that speaks OpenAI's ``/moderations``.

The key comes from the environment and goes to the named address alone. OpenAI's own variable is
read for OpenAI's own host only: naming another server must not hand it that key.
"""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import msgspec

from manyvoices.llm.limits import Pace, estimate_tokens
from manyvoices.llm.port import FailureKind, ResponderError
from manyvoices.llm.providers.completions import read_error
from manyvoices.schema.errors import MissingExtraError
from manyvoices.schema.moderation import Verdict

try:
    import aiohttp
except ImportError:
    raise MissingExtraError("A moderation endpoint", "server") from None

MAX_BODY_BYTES = 4 * 1024 * 1024
OPENAI_HOST, OPENAI_KEY = "api.openai.com", "OPENAI_API_KEY"


class _Result(msgspec.Struct):
    flagged: bool
    categories: dict[str, bool | None]
    category_scores: dict[str, float | None]


class _Answer(msgspec.Struct):
    results: list[_Result]
    model: str | None = None


class EndpointModerator:
    """One model at one endpoint. Belongs to the event loop that first calls it."""

    def __init__(
        self,
        base_url: str,
        *,
        model: str | None,
        api_key_env: str | None = None,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
        timeout_s: float = 60.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`base_url` ends before ``/moderations``; `timeout_s` is for one call, all in all."""
        if not model:
            message = "an endpoint's model must be named (as in omni-moderation-latest)"
            raise ResponderError(FailureKind.MISCONFIGURED, message, retryable=False)
        self._model = model
        self._url = f"{base_url.rstrip('/').removesuffix('/moderations')}/moderations"
        is_openai = urlsplit(base_url).hostname == OPENAI_HOST
        self._key_env = api_key_env or (OPENAI_KEY if is_openai else None)
        self._timeout_s, self._now = timeout_s, now
        self._pace = Pace(
            requests_per_minute=requests_per_minute, tokens_per_minute=tokens_per_minute
        )
        self._session: aiohttp.ClientSession | None = None

    @property
    def model(self) -> str:
        """The model as it is asked for."""
        return self._model

    def __repr__(self) -> str:
        return f"EndpointModerator({self._url!r}, {self._model!r})"

    async def moderate(self, texts: Sequence[str]) -> list[Verdict]:
        """One verdict for each text, in order; does not retry. Raises `ResponderError`."""
        key = self._key()
        expected = sum(estimate_tokens(text) for text in texts)
        # Waiting for one's turn is no fault of the endpoint, and counts for no time limit.
        await self._pace.wait(expected_tokens=expected, timeout_s=math.inf)
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._post({"model": self._model, "input": list(texts)}, key)
        except TimeoutError:
            message = f"{self._url} gave no answer within {self._timeout_s:g} s"
            raise ResponderError(FailureKind.TIMEOUT, message, retryable=True) from None
        except (aiohttp.ClientError, OSError) as error:
            message = _blot(f"{self._url}: {type(error).__name__}: {error}", key)
            raise ResponderError(FailureKind.UNREACHABLE, message, retryable=True) from None
        return self._verdicts(texts, answer)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _post(self, body: dict[str, Any], key: str | None) -> _Answer:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        if self._session is None:
            # The time limit is asyncio's, around everything.
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None))
        # No redirects: a key must not travel to an address that nobody named.
        async with self._session.post(
            self._url, json=body, headers=headers, allow_redirects=False
        ) as response:
            raw = await _read_limited(response)
            if response.status != 200:
                error = read_error(
                    response.status, response.headers, raw, secret=key, now=self._now()
                )
                if error.retry_after_s is not None:
                    self._pace.hold(error.retry_after_s)
                raise error
        try:
            return msgspec.json.decode(raw, type=_Answer)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            message = _blot(f"no moderation answer: {error}", key)
            raise ResponderError(FailureKind.MALFORMED, message, retryable=True) from None

    def _verdicts(self, texts: Sequence[str], answer: _Answer) -> list[Verdict]:
        if len(answer.results) != len(texts):
            message = f"{len(answer.results)} verdicts on {len(texts)} texts"
            raise ResponderError(FailureKind.MALFORMED, message, retryable=True)
        today = self._now().astimezone(UTC).date()
        return [
            self._verdict(text, result, answer.model, today)
            for text, result in zip(texts, answer.results, strict=True)
        ]

    def _verdict(self, text: str, result: _Result, model: str | None, today: date) -> Verdict:
        scores = {k: v for k, v in result.category_scores.items() if v is not None}
        if any(not 0 <= score <= 1 for score in scores.values()):
            message = "a score that is not between 0 and 1"
            raise ResponderError(FailureKind.MALFORMED, message, retryable=True)
        return Verdict(
            text_sha256=sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
            asked_model=self._model,
            model=model or self._model,
            moderated_on=today,
            flagged=result.flagged,
            categories={k: v for k, v in result.categories.items() if v is not None},
            scores=scores,
        )

    def _key(self) -> str | None:
        if self._key_env is None:
            return None
        key = os.environ.get(self._key_env, "").strip()
        if not key or not key.isascii() or not key.isprintable():
            state = "is not set" if not key else "holds something that is no key"
            message = f"the environment variable {self._key_env} {state}"
            raise ResponderError(FailureKind.REFUSED_CREDENTIALS, message, retryable=False)
        return key


def _blot(message: str, key: str | None) -> str:
    return message.replace(key, "***") if key else message


async def _read_limited(response: aiohttp.ClientResponse) -> bytes:
    raw = await response.content.read(MAX_BODY_BYTES + 1)
    while part := await response.content.read(65_536):
        raw += part
        if len(raw) > MAX_BODY_BYTES:
            message = f"an answer of more than {MAX_BODY_BYTES} bytes"
            raise ResponderError(FailureKind.TOO_LARGE, message, retryable=False)
    return raw
