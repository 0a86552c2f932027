"""Writing replies: the port `Generator`, our own loop on transformers, and a server.

Log-probabilities are never taken from who writes. The actor computes them anew from the token ids,
so that the ratio of new to old starts at exactly 1 whoever wrote and in whatever precision.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from manyvoices.llm.port import ChatMessage, ChatRequest, Responder, ResponderError
from manyvoices.train.config_ppo import GenerateConfig
from manyvoices.train.distributed import is_sharded
from manyvoices.train.ppo.rollouts import Asked, Written, batch_of
from manyvoices.train.templates import ROLE_NAMES


class Generator(Protocol):
    """Writes replies to prompts."""

    def __call__(self, asked: Sequence[Asked]) -> Sequence[Written | str]:
        """One per prompt, in order; a text in place of a reply says why there is none."""
        ...


def seed_of(*parts: int) -> int:
    """One seed from several numbers; equal parts, equal seed, on any machine."""
    return int(np.random.SeedSequence(parts).generate_state(1, np.uint64)[0] >> np.uint64(1))


class Drawn:
    """A `LogitsProcessor` that draws each row's next token with the row's own random numbers.

    `generate` would draw a whole batch from one stream, and the same prompt would get another
    reply in another batch, with more processes or after a resumption. Here a row's numbers are
    u_1, u_2, ... of its own seed, and its token is where the cumulated distribution passes u_t;
    all other tokens are made impossible, so that greedy decoding takes it.

    Temperature and top-p (Holtzman et al. 2020) are applied here too: the smallest set of likeliest
    tokens whose probabilities reach `top_p`.
    """

    def __init__(self, seeds: Sequence[int], tokens: int, temperature: float, top_p: float) -> None:
        rows = [np.random.default_rng(seed).random(tokens) for seed in seeds]
        self.uniform = torch.from_numpy(np.stack(rows))
        self.temperature, self.top_p, self.step = temperature, top_p, 0

    def __call__(self, _ids: Tensor, scores: Tensor) -> Tensor:
        """(rows, V) -> the same shape, 0 at the token drawn and -inf elsewhere."""
        u = self.uniform[:, self.step, None].to(scores.device)
        self.step += 1
        ordered, order = (scores.double() / self.temperature).sort(dim=-1, descending=True)
        odds = ordered.softmax(-1)
        before = odds.cumsum(-1) - odds
        odds = odds.masked_fill(before >= self.top_p, 0.0)
        odds[:, 0] = odds[:, 0].clamp(min=torch.finfo(odds.dtype).tiny)
        reached = odds.cumsum(-1)
        place = torch.searchsorted(reached, u * reached[:, -1:], right=True)
        # Rounding may let u reach the end; the last token that can be drawn is meant then.
        last = (odds > 0).sum(-1, keepdim=True) - 1
        place = torch.minimum(place, last).clamp(min=0)  # NaN reaches nothing; the round sees it
        chosen = order.gather(-1, place)
        return torch.full_like(scores, float("-inf")).scatter(-1, chosen, 0.0)


class LocalGenerator:
    """transformers' `generate` on the policy itself, prompts filled up on the left.

    Args:
        model: Anything with `generate`: an `ActorCritic`.
        stop, pad: Token ids.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        config: GenerateConfig,
        *,
        stop: int,
        pad: int,
        batch_size: int,
    ) -> None:
        self.model, self.tokenizer, self.config = model, tokenizer, config
        self.stop, self.pad, self.batch_size = stop, pad, batch_size
        self._is_registered = False

    @torch.no_grad()
    def __call__(self, asked: Sequence[Asked]) -> list[Written]:
        """Replies of at least one token each."""
        was_training = self.model.training
        self._register()
        self.model.eval()  # activation checkpointing switches the cache off while training
        try:
            starts = range(0, len(asked), self.batch_size)
            return [w for at in starts for w in self._batch(asked[at : at + self.batch_size])]
        finally:
            self.model.train(was_training)

    def _register(self) -> None:
        """Have FSDP2 gather its weights for `generate` as it does for a forward pass."""
        if not self._is_registered and is_sharded(self.model):
            from torch.distributed.fsdp import register_fsdp_forward_method

            register_fsdp_forward_method(self.model, "generate")
            self._is_registered = True

    def _batch(self, asked: Sequence[Asked]) -> list[Written]:
        from transformers import GenerationConfig, LogitsProcessorList

        c = self.config
        device = next(self.model.parameters()).device
        prompts = batch_of([(a.ids, ()) for a in asked], self.pad, 0).to(device)
        drawn: Any = Drawn([a.seed for a in asked], c.max_new_tokens, c.temperature, c.top_p)
        settings = GenerationConfig(
            max_new_tokens=c.max_new_tokens,
            do_sample=False,
            num_beams=1,
            repetition_penalty=1.0,
            use_cache=True,
            eos_token_id=self.stop,
            pad_token_id=self.pad,
        )
        ids = self.model.generate(
            input_ids=prompts.ids,
            attention_mask=prompts.attention.long(),
            generation_config=settings,
            logits_processor=LogitsProcessorList([drawn]),
            # Sharded weights need all processes until the last reply is done.
            synced_gpus=self._is_registered,
        )
        replies = ids[:, prompts.ids.shape[1] :].tolist()
        return [self._written(reply) for reply in replies]

    def _written(self, ids: list[int]) -> Written:
        ended = self.stop in ids
        kept = ids[: ids.index(self.stop) + 1] if ended else ids
        words = kept[:-1] if ended else kept
        return Written(tuple(kept), self.tokenizer.decode(words, skip_special_tokens=False), ended)


class ServerGenerator:
    """A model behind the `Responder` port: texts go out and texts come back.

    The policy needs the token ids that were drawn, and a server says text. A reply is kept only if
    its text, encoded anew, decodes to itself and has as many tokens as the server counted (with or
    without the end token); otherwise the ids are not those that were drawn, and the reply is
    dropped with the reason. Servers that do not count tokens are taken at their text.

    Args:
        responder: Called once per round: the server with the newest weights.
    """

    def __init__(
        self,
        responder: Callable[[], Responder],
        tokenizer: Any,
        config: GenerateConfig,
        *,
        stop: int,
        timeout_s: float = 120.0,
    ) -> None:
        self.responder, self.tokenizer, self.config = responder, tokenizer, config
        self.stop, self.timeout_s = stop, timeout_s

    def __call__(self, asked: Sequence[Asked]) -> list[Written | str]:
        """Replies, or why there is none."""
        return asyncio.run(self._all(asked, self.responder()))

    async def _all(self, asked: Sequence[Asked], responder: Responder) -> list[Written | str]:
        try:
            return list(await asyncio.gather(*(self._one(a, responder) for a in asked)))
        finally:
            await responder.aclose()

    async def _one(self, asked: Asked, responder: Responder) -> Written | str:
        c = self.config
        messages = tuple(
            ChatMessage(ROLE_NAMES[turn.role][0], turn.text)  # type: ignore[arg-type]
            for turn in asked.turns
            if turn.text or turn.role != "system"
        )
        request = ChatRequest(
            messages,
            temperature=c.temperature,
            top_p=c.top_p,
            max_tokens=c.max_new_tokens,
            seed=asked.seed % 2**31,
        )
        try:
            reply = await responder.respond(request, timeout_s=self.timeout_s)
        except ResponderError as error:
            return str(error)
        ended = reply.finish_reason != "length"
        return self.encoded(reply.text, ended, reply.completion_tokens)

    def encoded(self, text: str, ended: bool, counted: int | None = None) -> Written | str:
        """A server's text as token ids, or why these cannot be the ones that were drawn."""
        ids = self.tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
        back = self.tokenizer.decode(ids, skip_special_tokens=False)
        if back != text:
            return "the text does not survive encoding and decoding with the policy's tokenizer"
        if counted is not None and counted - len(ids) not in ((0, 1) if ended else (0,)):
            return f"the server drew {counted} tokens, and the text encodes to {len(ids)}"
        if len(ids) + ended > self.config.max_new_tokens:
            return f"{len(ids)} tokens are more than max_new_tokens"
        return Written((*ids, *([self.stop] if ended else ())), text, ended)
