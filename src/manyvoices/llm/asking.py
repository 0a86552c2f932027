"""One question at a time to a model, for work that is no conversation: groups, names of topics.

Temperature 0 and a fixed seed, so that the same question has the same answer as far as the endpoint
keeps that promise; whoever asks keeps answers, and treats them as proposals.
"""

from __future__ import annotations

import asyncio

from manyvoices.design.responders import ResponderSpec
from manyvoices.llm.port import ChatMessage, ChatRequest, Responder, ResponderError
from manyvoices.llm.providers import build_responder

TIMEOUT_S = 60.0


class Asking:
    """A model at an OpenAI-compatible endpoint, as a function from a prompt to an answer.

    Use it as a context: leaving it closes the connection. Not for code that runs in an event loop.
    """

    def __init__(self, url: str, model: str, key_env: str = "", *, max_tokens: int = 32) -> None:
        """`url` up to and with ``/v1``; `key_env` names the variable that holds the key, if any."""
        self.model = model
        self.last_failure = ""
        """Why the last question that failed had no answer; empty while none has failed."""
        self._max_tokens = max_tokens
        self._spec = ResponderSpec(
            id="asking",
            provider="openai",
            base_url=url,
            model=model,
            api_key_env=key_env or None,
        )
        self._runner = asyncio.Runner()
        self._responder: Responder | None = None

    def __enter__(self) -> Asking:
        return self

    def __exit__(self, *_: object) -> None:
        if self._responder is not None:
            self._runner.run(self._responder.aclose())
        self._runner.close()

    def __call__(self, prompt: str) -> str | None:
        """The answer; None where there is none, and then `last_failure` says why."""
        try:
            return self._runner.run(self._answer(prompt))
        except ResponderError as error:
            self.last_failure = str(error)
            return None

    async def _answer(self, prompt: str) -> str:
        if self._responder is None:
            self._responder = build_responder(self._spec)
        messages = (ChatMessage("user", prompt),)
        request = ChatRequest(messages, temperature=0.0, max_tokens=self._max_tokens, seed=0)
        reply = await self._responder.respond(request, timeout_s=TIMEOUT_S)
        return reply.text
