"""Whatever is sent to any address that the interface describes, the server has no fault of its own.

The document says what there is; bodies, queries and paths are drawn: fit ones, nearly fit ones and
nonsense. ``benchmarks/fuzz_api.py`` does the same from outside and for longer.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable
from typing import Any

from tests.collect.api.conftest import Program
from tests.collect.trees.growing import growing_tree

from manyvoices.collect.accounts.models import Bucket
from manyvoices.collect.studies.models import StudyVersion

N_EACH = 12
NONSENSE = (None, True, -1, 0, 2**70, 1e308, float("nan"), "", "\x00", "\ud800", "ä", "x" * 3000)
NONSENSE += ([], {}, [[]], {"": None}, "00000000-0000-0000-0000-000000000000", "%00")


def _draw(schema: dict[str, Any], parts: dict[str, Any], rng: random.Random, depth: int = 0) -> Any:
    """Something that fits a schema, mostly."""
    if rng.random() < 0.12 or depth > 6:
        return rng.choice(NONSENSE)
    if "$ref" in schema:
        return _draw(parts[schema["$ref"].rsplit("/", 1)[1]], parts, rng, depth + 1)
    if "enum" in schema:
        return rng.choice(schema["enum"])
    if options := schema.get("anyOf") or schema.get("allOf"):
        return _draw(rng.choice(options), parts, rng, depth + 1)
    kind = schema.get("type")
    if kind == "object":
        fields = schema.get("properties", {})
        found = {
            name: _draw(part, parts, rng, depth + 1)
            for name, part in fields.items()
            if rng.random() < 0.9
        }
        if isinstance(more := schema.get("additionalProperties"), dict):
            key = rng.choice(["spam", "quality", str(uuid.uuid4()), "\x00"])
            found[key] = _draw(more, parts, rng, depth + 1)
        return found
    if kind == "array":
        part = schema.get("items", {})
        return [_draw(part, parts, rng, depth + 1) for _ in range(rng.randint(0, 3))]
    if kind in ("integer", "number"):
        return rng.choice([0, 1, 0.5, 7, 500])
    if kind == "boolean":
        return rng.random() < 0.5
    if schema.get("format") == "uuid":
        return str(uuid.UUID(int=rng.getrandbits(128)))
    return rng.choice(["en", "de", "fresh", "Why do apples fall?", "u-1", "\u202e\ufdfa"])


def test_no_request_makes_a_fault_of_the_server(
    program: Program, orchard: StudyVersion, bring: Callable[[str], str]
) -> None:
    rng = random.Random(4)
    tree = growing_tree(orchard)
    who = bring("u-1")
    other = program.post(
        "/tasks", {"participant": bring("u-2"), "language": "en", "kinds": ["initial_prompt"]}
    ).json()
    program.post(f"/tasks/{other['task']['id']}/text", {"text": "Why do pears fall?"})
    tasks = [
        program.post("/tasks", {"participant": who, "language": "en", "kinds": [kind]}).json()
        for kind in ("initial_prompt", "assistant_reply", "label_initial_prompt")
    ]
    ids = {"tree": [str(tree.pk)], "task": [answer["task"]["id"] for answer in tasks]}
    document = program.client.get("/api/v1/openapi.json").json()
    parts = document["components"]["schemas"]
    faults, n_fit = [], 0
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for _ in range(N_EACH):
                Bucket.objects.all().delete()
                status, sent = _send(program, path, method, operation, parts, ids, who, rng)
                n_fit += status < 300
                if status >= 500:
                    faults.append((status, method, sent))
    assert not faults
    assert n_fit > 20  # Not everything was refused at the door.


def _send(
    program: Program,
    path: str,
    method: str,
    operation: dict[str, Any],
    parts: dict[str, Any],
    ids: dict[str, list[str]],
    who: str,
    rng: random.Random,
) -> tuple[int, Any]:
    place, query = path, {}
    for parameter in operation.get("parameters", ()):
        name, value = parameter["name"], _draw(parameter["schema"], parts, rng)
        if parameter["in"] == "path":
            there = ids.get(name, ["orchard"])
            good = rng.random() < 0.9
            place = place.replace(f"{{{name}}}", rng.choice(there) if good else str(uuid.uuid4()))
        elif name == "participant" and rng.random() < 0.8:
            query[name] = who
        elif rng.random() < 0.6:
            query[name] = str(value).encode("utf-8", "replace").decode()
    body = None
    if "requestBody" in operation:
        content = operation["requestBody"]["content"]["application/json"]["schema"]
        body = _draw(content, parts, rng)
        if isinstance(body, dict) and "participant" in body and rng.random() < 0.8:
            body["participant"] = who
    raw = json.dumps(body) if rng.random() < 0.95 else "[" * 50_000
    answer = program.client.generic(
        method.upper(),
        place,
        raw,
        "application/json",
        query_params=query,
        headers={"Authorization": f"Bearer {program.key}"},
    )
    if answer.streaming:
        b"".join(answer.streaming_content)
    return answer.status_code, (place, query, raw[:300])
