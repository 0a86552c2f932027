"""Ids of a release that nobody can lead back, or from one release to another, without the key.

A name is HMAC-SHA256 of the kind of thing and its id, cut to 130 bits. OASST's anonymiser hashed
ids without a key (`oasst-data`), so that whoever had seen an id could find it again by hashing it.
The key of one release is made from a master key, which is never in a release: with `fresh` from the
moment of the release as well, with `stable` from the study alone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from functools import lru_cache
from typing import Literal, TypeAlias, get_args

from manyvoices.schema import Fault, InputError

Mode: TypeAlias = Literal["fresh", "stable", "none"]
MODES: tuple[str, ...] = get_args(Mode)
LEAST_KEY = 16
"""Bytes of the shortest master key."""
_N_CHARACTERS = 26
_PREFIX = {
    "participant": "p",
    "conversation": "c",
    "comparison": "b",
    "utterance": "u",
    "message": "m",
}


class Pseudonyms:
    """Names for participants, conversations, comparisons, utterances and messages of trees; the
    same id, the same name."""

    def __init__(self, key: bytes | None) -> None:
        """`key`: of one release, see `release_key`; None leaves every id as it is."""
        self._key = key
        self._participants = lru_cache(maxsize=100_000)(self._name)

    @property
    def changes(self) -> bool:
        """Whether ids are replaced at all."""
        return self._key is not None

    def participant(self, name: str) -> str:
        return self._participants("participant", name)

    def conversation(self, name: str) -> str:
        return self._name("conversation", name)

    def comparison(self, name: str) -> str:
        return self._name("comparison", name)

    def utterance(self, conversation: str, name: str) -> str:
        """Utterance ids are unique in their conversation only."""
        return self._name("utterance", f"{conversation}\x00{name}" if self.changes else name)

    def message(self, name: str) -> str:
        """A message of a tree; a tree goes by the name of its prompt."""
        return self._name("message", name)

    def _name(self, kind: str, name: str) -> str:
        if self._key is None:
            return name
        digest = hmac.new(self._key, f"{kind}\x00{name}".encode(), hashlib.sha256).digest()
        return f"{_PREFIX[kind]}-{base64.b32encode(digest).decode()[:_N_CHARACTERS].lower()}"


def release_key(master: bytes | None, *, mode: str, study_id: str, now: datetime) -> bytes | None:
    """The key of one release; None where ids stay.

    Args:
        master: At least `LEAST_KEY` bytes; kept outside of every release.

    Raises:
        InputError: No such mode, or a key that is missing or too short.
    """
    if mode not in MODES:
        raise InputError([Fault("--pseudonyms", None, "", mode, f"one of {', '.join(MODES)}")])
    if mode == "none":
        return None
    if master is None or len(master) < LEAST_KEY:
        found = "no key" if master is None else f"a key of {len(master)} bytes"
        raise InputError([Fault("--key", None, "", found, f"a key of {LEAST_KEY} bytes or more")])
    salt = f"{mode}\x00{study_id}"
    if mode == "fresh":
        salt += f"\x00{now.isoformat()}"
    return hmac.new(master, salt.encode(), hashlib.sha256).digest()
