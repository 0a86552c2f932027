"""A model in a Hugging Face folder on this machine, through transformers.

transformers and torch are large and needed here alone, so they are imported at the first call's
build and named by the extra ``manyvoices[local]``. Nothing is downloaded and no code of the folder
is run: a study must not change with what a hub serves that day.

One generation runs at a time, on a thread of its own: seeds are global in torch, and two
generations would share them. For a busy study serve the model (vLLM, ``transformers serve``) and
use ``provider: openai``.
"""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from manyvoices.design.responders import ResponderSpec
from manyvoices.llm.chat_templates import TEMPLATES, cut_at_stop, write_prompt
from manyvoices.llm.port import (
    ChatRequest,
    FailureKind,
    Reply,
    ResponderError,
    check_length,
)
from manyvoices.llm.providers.completions import storable
from manyvoices.schema.errors import MissingExtraError

DEFAULT_MAX_TOKENS = 256
ALLOWED_EXTRA = (
    "top_k", "min_p", "typical_p", "repetition_penalty", "no_repeat_ngram_size", "min_new_tokens",
    "num_beams", "length_penalty",
)  # fmt: skip
"""What of `extra` reaches ``generate``; anything else is passed over."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A model in memory."""

    transformers: Any
    torch: Any
    tokenizer: Any
    model: Any


class LocalResponder:
    """One folder. The model is loaded at the first call, which therefore takes longer."""

    def __init__(self, spec: ResponderSpec) -> None:
        """Raises `MissingExtraError` where transformers or torch is not installed."""
        if spec.folder is None:
            message = f"{spec.id} names no folder"
            raise ResponderError(FailureKind.MISCONFIGURED, message, retryable=False)
        self._spec = spec
        self._folder = Path(spec.folder)
        self._transformers = _import("transformers")
        self._torch = _import("torch")
        self._loaded: _Loaded | None = None
        self.on_text: Callable[[str], None] | None = None
        """Is given every part of an answer as it is written; what it raises ends the answer."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"local-{spec.id}")

    @property
    def id(self) -> str:
        """The model's id in the study."""
        return self._spec.id

    def __repr__(self) -> str:
        return f"LocalResponder({self.id!r}, {self._folder.name!r})"

    def parameters(self, request: ChatRequest) -> dict[str, Any]:
        """What generation is called with."""
        return {
            "folder": self._folder.name,
            "seed": request.seed,
            "template": self._spec.template or "the folder's own, if it has one",
            **self._generation(request),
        }

    async def respond(self, request: ChatRequest, *, timeout_s: float) -> Reply:
        """The model's answer; TIMEOUT where loading, waiting and writing take longer."""
        end = time.monotonic() + timeout_s
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout_s):
                return await loop.run_in_executor(self._thread, self._answer, request, end)
        except TimeoutError:
            message = f"{self.id} gave no answer within {timeout_s:g} s"
            raise ResponderError(FailureKind.TIMEOUT, message, retryable=False) from None

    async def aclose(self) -> None:
        """Let go of the model; a generation that runs ends at its own time limit."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._loaded = None

    def _answer(self, request: ChatRequest, end: float) -> Reply:
        loaded = self._load()
        started = time.monotonic()
        if started >= end:
            # Nobody waits any more, and others may be in the queue.
            raise TimeoutError
        try:
            return self._generate(loaded, request, started, end)
        except (RuntimeError, ValueError, IndexError) as error:
            # torch says "out of memory" with a RuntimeError, and a bad parameter with a ValueError.
            message = f"{self.id}: {type(error).__name__}: {str(error)[:200]}"
            raise ResponderError(FailureKind.MISCONFIGURED, message, retryable=False) from None

    def _load(self) -> _Loaded:
        if self._loaded is None:
            try:
                tokenizer = self._transformers.AutoTokenizer.from_pretrained(
                    str(self._folder), local_files_only=True, trust_remote_code=False
                )
                model = self._transformers.AutoModelForCausalLM.from_pretrained(
                    str(self._folder),
                    local_files_only=True,
                    trust_remote_code=False,
                    dtype="auto",
                )
            except (OSError, ValueError, ImportError) as error:
                message = f"cannot load {self._folder.name}: {str(error)[:200]}"
                raise ResponderError(FailureKind.MISCONFIGURED, message, retryable=False) from None
            if self._torch.cuda.is_available():
                model = model.to("cuda")
            self._loaded = _Loaded(self._transformers, self._torch, tokenizer, model.eval())
        return self._loaded

    def _generate(self, loaded: _Loaded, request: ChatRequest, started: float, end: float) -> Reply:
        inputs = self._encode(loaded, request)
        n_prompt = int(inputs["input_ids"].shape[1])
        if request.seed is not None:
            loaded.transformers.set_seed(request.seed % 2**32)
        settings = self._generation(request)
        with loaded.torch.inference_mode():
            output = loaded.model.generate(
                **inputs,
                **settings,
                **self._streamed(loaded),
                max_time=end - started,
                pad_token_id=_pad(loaded.tokenizer),
            )
        finished = time.monotonic()
        if finished >= end:
            raise TimeoutError
        tokens = output[0][n_prompt:]
        text = storable(loaded.tokenizer.decode(tokens, skip_special_tokens=True))
        text = cut_at_stop(TEMPLATES[self._spec.template_name], text)
        finish = "length" if len(tokens) >= settings["max_new_tokens"] else "stop"
        if not text:
            message = f"the answer has no text (finish_reason {finish})"
            raise ResponderError(FailureKind.EMPTY, message, retryable=False)
        return Reply(
            text=check_length(text),
            finish_reason=finish,
            prompt_tokens=n_prompt,
            completion_tokens=len(tokens),
            model_version=_version(loaded.model, self._folder),
            latency_ms=(finished - started) * 1000,
        )

    def _streamed(self, loaded: _Loaded) -> dict[str, Any]:
        """What makes ``generate`` tell `on_text`, where somebody listens."""
        told = self.on_text
        if told is None:
            return {}
        streamer = loaded.transformers.TextStreamer(
            loaded.tokenizer, skip_prompt=True, skip_special_tokens=True
        )
        # The way that transformers' own streamers go: they override this method.
        streamer.on_finalized_text = lambda text, stream_end=False: told(text)  # noqa: ARG005
        return {"streamer": streamer}

    def _encode(self, loaded: _Loaded, request: ChatRequest) -> dict[str, Any]:
        tokenizer = loaded.tokenizer
        if self._spec.template is None and getattr(tokenizer, "chat_template", None):
            messages = [{"role": m.role, "content": m.content} for m in request.messages]
            text = tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True
            )
            # The template has written the beginning of the text already.
            encoded = tokenizer(text, return_tensors="pt", add_special_tokens=False)
        else:
            text = write_prompt(TEMPLATES[self._spec.template_name], request.messages)
            encoded = tokenizer(text, return_tensors="pt")
        device = loaded.model.device
        return {
            name: encoded[name].to(device)
            for name in ("input_ids", "attention_mask")
            if name in encoded
        }

    def _generation(self, request: ChatRequest) -> dict[str, Any]:
        """Settings of ``generate``; a temperature of 0 takes the likeliest word each time."""
        temperature = _first(request.temperature, self._spec.temperature)
        top_p = _first(request.top_p, self._spec.top_p)
        extra: Mapping[str, Any] = {**self._spec.extra, **request.extra}
        settings: dict[str, Any] = {
            "max_new_tokens": _first(request.max_tokens, self._spec.max_tokens, DEFAULT_MAX_TOKENS),
            "do_sample": temperature is None or temperature > 0,
            **{name: extra[name] for name in ALLOWED_EXTRA if name in extra},
        }
        if settings["do_sample"]:
            settings |= {"temperature": temperature} if temperature is not None else {}
            settings |= {"top_p": top_p} if top_p is not None else {}
        return settings


def _import(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise MissingExtraError("A model in a local folder", "local") from None


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _pad(tokenizer: Any) -> int | None:
    pad: int | None = _first(tokenizer.pad_token_id, tokenizer.eos_token_id)
    return pad


def _version(model: Any, folder: Path) -> str:
    """The folder and, where its files were fetched from a hub, the commit they are of."""
    commit = getattr(model.config, "_commit_hash", None)
    return f"{folder.name}@{commit}" if commit else folder.name
