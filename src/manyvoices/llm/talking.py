"""A conversation of one person with one model, outside of any study: what ``chat`` holds."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from manyvoices.design.responders import ResponderSpec
from manyvoices.llm.port import ChatMessage, ChatRequest, Reply, Responder
from manyvoices.llm.providers import build_responder
from manyvoices.llm.streaming import OnPiece, Stopped, stream
from manyvoices.schema import Conversation, Message, Turn, Utterance

TIMEOUT_S = 600.0


class Talk:
    """A conversation with one model, and what was said so far."""

    def __init__(
        self,
        spec: ResponderSpec,
        on_piece: OnPiece,
        *,
        system: str = "",
        temperature: float | None = None,
        max_tokens: int | None = None,
        seed: int | None = None,
    ) -> None:
        self.spec, self.system, self.seed = spec, system, seed
        self._on_piece = on_piece
        self._temperature, self._max_tokens = temperature, max_tokens
        self._responder: Responder = build_responder(spec)
        if spec.provider == "local":
            from transformers.utils import logging

            logging.disable_progress_bar()  # its bars would stand between the lines of the talk
        self._runner = asyncio.Runner()
        self._stopped = False
        self.started_at = datetime.now(UTC)
        self.said: list[tuple[str, Reply, datetime]] = []

    def ask(self, text: str) -> Reply:
        """Answer `text`, given to `on_piece` as it comes.

        Raises:
            ResponderError: The model gave no answer; the talk is as it was.
            KeyboardInterrupt: Ctrl-C; the talk is as it was.
        """
        self._stopped = False

        def show(piece: str) -> None:
            if self._stopped:
                raise Stopped
            self._on_piece(piece)

        at = datetime.now(UTC)
        coming = stream(self.spec, self._responder, self._request(text), show, timeout_s=TIMEOUT_S)
        try:
            reply = self._runner.run(coming)
        except KeyboardInterrupt:
            self._stopped = True
            raise
        self.said.append((text, reply, at))
        return reply

    def again(self) -> Reply | None:
        """Another answer to the last message; None where there was none."""
        if not self.said:
            return None
        last = self.said.pop()
        try:
            return self.ask(last[0])
        except BaseException:
            self.said.append(last)
            raise

    def reset(self) -> None:
        """Forget what was said."""
        self.said.clear()
        self.started_at = datetime.now(UTC)

    def close(self) -> None:
        """Let go of the model and its connections."""
        self._stopped = True
        self._runner.run(self._responder.aclose())
        self._runner.close()

    def _request(self, text: str) -> ChatRequest:
        messages = [ChatMessage("system", self.system)] if self.system else []
        for asked, reply, _ in self.said:
            messages += [ChatMessage("user", asked), ChatMessage("assistant", reply.text)]
        return ChatRequest(
            (*messages, ChatMessage("user", text)),
            temperature=self._temperature,
            max_tokens=self._max_tokens,
            seed=None if self.seed is None else self.seed + len(self.said),
        )

    def record(self) -> Conversation:
        """The talk as a conversation of the native format, of nobody's study."""
        return Conversation(
            conversation_id="chat",
            participant_id="local",
            study_id="chat",
            conversation_type="chat",
            turns=[self._turn(i) for i in range(len(self.said))],
            consent_version=None,
            simulated=False,
            started_at=self.started_at,
        )

    def _turn(self, i: int) -> Turn:
        asked, reply, at = self.said[i]
        answer = Utterance(
            utterance_id=f"{i}-0",
            model=self.spec.model or self.spec.folder or self.spec.id,
            model_provider=self.spec.provider,
            text=reply.text,
            score=None,
            chosen=True,
            position=0,
            latency_ms=reply.latency_ms,
            finish_reason=reply.finish_reason,
            prompt_tokens=reply.prompt_tokens,
            completion_tokens=reply.completion_tokens,
            model_version=reply.model_version,
        )
        message = Message(message_id=f"{i}", text=asked, role="prompter")
        seed = (self.seed or 0) + i
        return Turn(turn=i, message=message, utterances=[answer], seed=seed, created_at=at)
