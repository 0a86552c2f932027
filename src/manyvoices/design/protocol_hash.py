"""One hash of what participants saw: two releases with the same hash asked the same of people.

A study's `digest` covers everything that was written, quotas and budgets included. This hash
leaves out what nobody who takes part can notice: who is recruited and how many, what it costs,
where a model's endpoint is and how it is called. Secrets are in neither.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from manyvoices.design.protocol import Study

_UNSEEN = frozenset({"recruitment", "budget", "digest", "source_files", "licences"})
_SEEN_OF_A_MODEL = (
    *("id", "provider", "type", "persona", "model", "endpoint", "template", "system"),
    *("temperature", "top_p", "max_tokens", "extra"),
)
_SECRET = ("key", "token", "secret", "password", "authorization", "credential")
_NO_SECRET = frozenset({"max_tokens", "max_new_tokens", "min_tokens", "min_new_tokens"})


def protocol_hash(study: Study) -> str:
    """SHA-256 (hex) of the instruments, their texts, and the models' settings without secrets."""
    text = json.dumps(protocol_facts(study), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def protocol_facts(study: Study) -> dict[str, Any]:
    """What the hash is of, as JSON values."""
    facts: dict[str, Any] = study.model_dump(mode="json", by_alias=True, exclude=set(_UNSEEN))
    facts["models"] = [
        {name: without_secrets(model[name]) for name in _SEEN_OF_A_MODEL}
        for model in facts["models"]
    ]
    for stage in facts["stages"]:
        # What was not there before steering was, and changes nothing, is no part of the hash.
        if stage["kind"] == "conversations" and stage["assignment"]["policy"] == "random":
            del stage["assignment"]
    return facts


def without_secrets(value: Any) -> Any:
    """`value` without the entries of mappings whose names say that they are secret."""
    if isinstance(value, dict):
        return {k: without_secrets(v) for k, v in value.items() if not _is_secret(str(k))}
    if isinstance(value, list | tuple):
        return [without_secrets(entry) for entry in value]
    return value


def _is_secret(name: str) -> bool:
    lower = name.lower().replace("-", "_")
    return lower not in _NO_SECRET and any(word in lower for word in _SECRET)
