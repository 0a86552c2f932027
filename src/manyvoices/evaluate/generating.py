"""Asking models: every prompt, every model, every setting, as often as wanted, once.

Answers go to ``generations.jsonl`` as they come. A run that was stopped goes on where it was: an
answer is known by what was asked of whom with which parameters, so that another temperature is
another question. A failure is an outcome of its own, never an empty text.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, Literal, TypeAlias

from manyvoices.curate.language_match import same_language
from manyvoices.design.dialogue import derive_seed
from manyvoices.design.responders import ResponderSpec
from manyvoices.evaluate.generations_file import read
from manyvoices.llm.port import ChatMessage, ChatRequest, FailureKind, Responder, ResponderError
from manyvoices.llm.providers import build_responder

FILE = "generations.jsonl"
Outcome: TypeAlias = Literal["answered", "timeout", "empty", "other_language", "failed"]
OUTCOMES: tuple[Outcome, ...] = ("answered", "timeout", "empty", "other_language", "failed")
"""``answered`` in the prompt's language; ``other_language`` has a text too, in another."""
_OUTCOME_OF: Mapping[FailureKind, Outcome] = {
    FailureKind.TIMEOUT: "timeout",
    FailureKind.EMPTY: "empty",
}
PAUSE_S = 1.0


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is asked."""

    prompt_id: str
    messages: tuple[ChatMessage, ...]
    """Ending with what the model answers to."""
    language: str | None = None
    """The language that an answer should be in; None = whatever it is in."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A named way of sampling; None = as the model's own entry says."""

    name: str = "default"
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Generation:
    """One answer, or why there is none."""

    key: str
    """Of what was asked: prompt, model, parameters, sample."""
    prompt_id: str
    model: str
    setting: str
    sample: int
    outcome: Outcome
    text: str | None
    failure: str | None = None
    """Kind of failure, and what the endpoint said."""
    language: str | None = None
    """ISO 639 label; None where no language was asked for or there is no text."""
    finish_reason: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    model_version: str | None = None
    latency_ms: float | None = None
    n_tries: int = 1


@dataclass(frozen=True, slots=True)
class _Call:
    key: str
    prompt: Prompt
    spec: ResponderSpec
    setting: Setting
    sample: int
    request: ChatRequest


def generate(
    prompts: Sequence[Prompt],
    models: Sequence[ResponderSpec],
    out: Path,
    *,
    settings: Sequence[Setting] = (Setting(),),
    samples: int = 1,
    seed: int = 0,
    timeout_s: float = 60.0,
    again: bool = False,
    progress: Callable[[int, int], None] | None = None,
    build: Callable[[ResponderSpec], Responder] = build_responder,
) -> list[Generation]:
    """Every answer, in the order of prompts, models, settings and samples.

    What stands in ``out/generations.jsonl`` is not asked again; failures are, with `again`. At most
    `ResponderSpec.max_concurrency` calls to a model are under way at once, and each is tried
    `ResponderSpec.tries` times while the fault may pass. `timeout_s` is for each call.

    Raises:
        DataError: What stands in the file cannot be read.
    """
    calls = list(_calls(prompts, models, settings, samples, seed))
    path = out / FILE
    known = {one.key: one for one in read_generations(path)} if path.exists() else {}
    kept = {k: g for k, g in known.items() if g.text is not None or not again}
    todo = [call for call in calls if call.key not in kept]
    tell = progress or (lambda _done, _total: None)
    tell(len(calls) - len(todo), len(calls))
    if todo:
        out.mkdir(parents=True, exist_ok=True)
        _end_line(path)
        with path.open("a", encoding="utf-8") as file:
            n_kept = len(calls) - len(todo)

            def store(generation: Generation) -> None:
                nonlocal n_kept
                kept[generation.key] = generation
                file.write(json.dumps(asdict(generation), ensure_ascii=False) + "\n")
                file.flush()
                n_kept += 1
                tell(n_kept, len(calls))

            asyncio.run(_ask_all(todo, timeout_s, store, build))
    return [kept[call.key] for call in calls]


def outcomes(generations: Iterable[Generation]) -> dict[str, dict[str, int]]:
    """Model -> outcome -> how many, every outcome named: what goes into a column of its own."""
    found: dict[str, Counter[str]] = {}
    for one in generations:
        found.setdefault(one.model, Counter())[one.outcome] += 1
    return {model: {name: count[name] for name in OUTCOMES} for model, count in found.items()}


def read_generations(path: Path) -> Iterator[Generation]:
    """The answers of a file; the last of a key counts where a reader keeps one.

    A last line that was cut off by a stop is passed over.

    Raises:
        DataError: A line is no generation.
    """
    return read(path, Generation)


def _end_line(path: Path) -> None:
    """Take away what a stop left of a line, so that the next one stands by itself."""
    if path.exists():
        with path.open("rb+") as file:
            file.truncate(file.read().rfind(b"\n") + 1)


def _calls(
    prompts: Sequence[Prompt],
    models: Sequence[ResponderSpec],
    settings: Sequence[Setting],
    samples: int,
    seed: int,
) -> Iterator[_Call]:
    for prompt, spec, setting, sample in product(prompts, models, settings, range(samples)):
        request = _request(prompt, spec, setting, derive_seed(seed, prompt.prompt_id, sample) >> 32)
        yield _Call(_key(request, spec, sample), prompt, spec, setting, sample, request)


def _request(prompt: Prompt, spec: ResponderSpec, setting: Setting, seed: int) -> ChatRequest:
    def either(name: str) -> Any:
        own = getattr(setting, name)
        return getattr(spec, name) if own is None else own

    system = () if spec.system is None else (ChatMessage("system", spec.system),)
    return ChatRequest(
        messages=(*system, *prompt.messages),
        temperature=either("temperature"),
        top_p=either("top_p"),
        max_tokens=either("max_tokens"),
        seed=seed,
        extra={**spec.extra, **setting.extra},
    )


def _key(request: ChatRequest, spec: ResponderSpec, sample: int) -> str:
    said = [[m.role, m.content] for m in request.messages]
    about = [
        spec.id, spec.provider, spec.model, spec.base_url, spec.folder, spec.persona,
        request.temperature, request.top_p, request.max_tokens, request.seed,
        dict(request.extra), said, sample,
    ]  # fmt: skip
    text = json.dumps(about, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


async def _ask_all(
    calls: Sequence[_Call],
    timeout_s: float,
    store: Callable[[Generation], None],
    build: Callable[[ResponderSpec], Responder],
) -> None:
    responders = {call.spec.id: build(call.spec) for call in calls}
    gates = {call.spec.id: asyncio.Semaphore(call.spec.max_concurrency) for call in calls}

    async def one(call: _Call) -> None:
        async with gates[call.spec.id]:
            store(await _ask(responders[call.spec.id], call, timeout_s))

    try:
        async with asyncio.TaskGroup() as group:
            for call in calls:
                group.create_task(one(call))
    finally:
        for responder in responders.values():
            await responder.aclose()


async def _ask(responder: Responder, call: _Call, timeout_s: float) -> Generation:
    for n_tries in range(1, call.spec.tries + 1):
        try:
            reply = await responder.respond(call.request, timeout_s=timeout_s)
        except ResponderError as error:
            if error.retryable and n_tries < call.spec.tries:
                await asyncio.sleep(max(PAUSE_S, error.retry_after_s or 0.0))
                continue
            outcome = _OUTCOME_OF.get(error.kind, "failed")
            return _generation(call, outcome, None, failure=str(error), n_tries=n_tries)
        language, is_same = same_language(reply.text, call.prompt.language)
        return _generation(
            call,
            "answered" if is_same else "other_language",
            reply.text,
            language=language,
            finish_reason=reply.finish_reason,
            prompt_tokens=reply.prompt_tokens,
            completion_tokens=reply.completion_tokens,
            model_version=reply.model_version,
            latency_ms=reply.latency_ms,
            n_tries=n_tries,
        )
    raise AssertionError("a model is tried at least once")


def _generation(call: _Call, outcome: Outcome, text: str | None, **more: Any) -> Generation:
    return Generation(
        key=call.key,
        prompt_id=call.prompt.prompt_id,
        model=call.spec.id,
        setting=call.setting.name,
        sample=call.sample,
        outcome=outcome,
        text=text,
        **more,
    )
