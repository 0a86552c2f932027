"""The personas behind OpenAI's chat completions, so that any client of that format can be tried.

``python -m manyvoices.llm.persona_server --port 8001`` serves ``/v1/models`` and
``/v1/chat/completions`` on this machine only. A study reaches it with ``provider: openai`` and
``base_url: http://localhost:8001/v1``; a persona's name is the model's name. Streaming is not
offered: no part of this project asks for it.
"""

from __future__ import annotations

import argparse
import json
import time
import uuid
from typing import Any

from aiohttp import web

from manyvoices.llm.personas import PERSONAS, answer
from manyvoices.llm.port import ChatMessage, Role

CREATED = 1_700_000_000
"""A fixed date for the models list, as the format asks for one."""

_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
}


class BadRequest(Exception):
    """The request is not one that the format allows; becomes OpenAI's error object."""

    def __init__(self, message: str, *, status: int = 400, code: str | None = None) -> None:
        self.message, self.status, self.code = message, status, code
        super().__init__(message)


def build_app(*, api_key: str | None = None) -> web.Application:
    """The server as an aiohttp application; with `api_key`, requests must carry it."""
    app = web.Application(middlewares=[_errors(api_key)])
    app.router.add_get("/v1/models", list_models)
    app.router.add_post("/v1/chat/completions", chat_completions)
    return app


def _errors(api_key: str | None) -> Any:
    @web.middleware
    async def middleware(request: web.Request, handler: Any) -> web.StreamResponse:
        try:
            given = request.headers.get("Authorization", "")
            if api_key is not None and given != f"Bearer {api_key}":
                raise BadRequest("Incorrect API key.", status=401, code="invalid_api_key")
            response: web.StreamResponse = await handler(request)
        except BadRequest as error:
            kind = "invalid_request_error"
            body = {"message": error.message, "type": kind, "param": None, "code": error.code}
            return web.json_response({"error": body}, status=error.status)
        return response

    return middleware


async def list_models(request: web.Request) -> web.Response:  # noqa: ARG001
    """Every persona as a model."""
    models = [
        {"id": name, "object": "model", "created": CREATED, "owned_by": "manyvoices"}
        for name in PERSONAS
    ]
    return web.json_response({"object": "list", "data": models})


async def chat_completions(request: web.Request) -> web.Response:
    """One completion by the persona that ``model`` names."""
    try:
        body = await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BadRequest("The body is not JSON.") from error
    if not isinstance(body, dict):
        raise BadRequest("The body is not an object.")
    return web.json_response(complete(body))


def complete(body: dict[str, Any]) -> dict[str, Any]:
    """A chat completion for `body`; raises `BadRequest`."""
    name = body.get("model")
    if name not in PERSONAS:
        message = f"The model {name!r} does not exist."
        raise BadRequest(message, status=404, code="model_not_found")
    if body.get("stream"):
        raise BadRequest("Streaming is not offered here.")
    messages = _read_messages(body.get("messages"))
    limit = body.get("max_completion_tokens", body.get("max_tokens"))
    seed = body.get("seed")
    if not _is_count(limit) or not _is_count(seed):
        raise BadRequest("max_tokens and seed must be whole numbers.")
    # Without a seed a real model would answer differently each time, and so does a persona.
    seed = uuid.uuid4().int % 2**31 if seed is None else seed
    spoken = answer(PERSONAS[str(name)], messages, seed=seed, max_words=limit)
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex[:24]}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": spoken.version,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": spoken.text, "refusal": None},
                "logprobs": None,
                "finish_reason": spoken.finish_reason,
            }
        ],
        "usage": {
            "prompt_tokens": spoken.prompt_words,
            "completion_tokens": spoken.words,
            "total_tokens": spoken.prompt_words + spoken.words,
        },
    }


def _is_count(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool))


def _read_messages(written: Any) -> list[ChatMessage]:
    if not isinstance(written, list) or not written:
        raise BadRequest("messages must be a list that is not empty.")
    messages: list[ChatMessage] = []
    for number, message in enumerate(written):
        role = _ROLES.get(str(message.get("role"))) if isinstance(message, dict) else None
        if role is None:
            raise BadRequest(f"messages[{number}] has no known role.")
        content = message.get("content")
        if isinstance(content, list):
            content = "".join(str(part.get("text", "")) for part in content)
        if not isinstance(content, str):
            raise BadRequest(f"messages[{number}].content must be a text.")
        messages.append(ChatMessage(role, content))
    return messages


def main() -> None:
    """Serve the personas on this machine until interrupted."""
    parser = argparse.ArgumentParser(description="Serve scripted personas as an OpenAI-like API.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    arguments = parser.parse_args()
    web.run_app(build_app(), host=arguments.host, port=arguments.port)


if __name__ == "__main__":
    main()
