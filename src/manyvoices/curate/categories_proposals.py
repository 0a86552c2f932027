"""A model's proposals for groups: cached, at temperature 0, and never more than proposals.

What asks is behind `Ask`, so this room holds no network. The answer to a prompt is kept by the hash
of model and prompt (which holds the text, the context and the groups), so a second run asks nothing
and a changed list of groups asks anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from manyvoices.curate.categories import Described
from manyvoices.curate.categories_schemes import NOT_SAID, Scheme
from manyvoices.io.writing import write_records

_SAVE_EVERY = 25


class Ask(Protocol):
    """Something that answers a prompt at temperature 0."""

    @property
    def model(self) -> str:
        """Its name, as it enters the cache."""
        ...

    def __call__(self, prompt: str) -> str | None:
        """The answer; None where there is none."""
        ...


class Asked(msgspec.Struct, frozen=True):
    """One line of the cache."""

    key: str
    model: str
    answer: str


@dataclass(frozen=True, slots=True)
class Proposals:
    """What a model proposes."""

    groups: dict[Described, str]
    """Text -> group of the scheme; texts whose answer was none of the groups are absent."""
    n_asked: int
    """Calls that were made; the others came from the cache."""
    n_failed: int
    """Calls without an answer."""
    n_unusable: int
    """Answers that are none of the groups."""


def prompt_for(one: Described, scheme: Scheme) -> str:
    """The question about one text; the text is quoted as data."""
    groups = "\n".join(f"- {group}" for group in scheme.groups)
    also = f'\nOn a list they chose: "{one.context}"' if one.context else ""
    return (
        f"A survey asked people to describe their {scheme.field} in their own words.\n"
        f'One person wrote: "{one.text}"{also}\n\n'
        f"Which of these groups does this person say that they belong to?\n{groups}\n\n"
        f"Judge by their words alone. A nationality is not an ethnicity, and a country is not a"
        f' religion: where the words do not say it, answer "{NOT_SAID}".\n'
        "Answer with the name of one group and nothing else."
    )


def propose(
    described: Iterable[Described],
    scheme: Scheme,
    ask: Ask,
    *,
    cache: Path | str,
    progress: Callable[[int], None] | None = None,
) -> Proposals:
    """Ask about each text that the cache has no answer for; the cache is written as it grows."""
    known = _read(cache)
    groups: dict[Described, str] = {}
    n_asked = n_failed = n_unusable = 0
    for i, one in enumerate(described, start=1):
        prompt = prompt_for(one, scheme)
        key = hashlib.sha256(f"{ask.model}\0{prompt}".encode("utf-8", "replace")).hexdigest()
        if key not in known:
            n_asked += 1
            answer = ask(prompt)
            if answer is not None:
                known[key] = Asked(key, ask.model, answer)
                if n_asked % _SAVE_EVERY == 0:
                    write_records(known.values(), cache)
        if key not in known:
            n_failed += 1
        elif group := scheme.find(known[key].answer.strip().strip("\"'.`*- ")):
            groups[one] = group
        else:
            n_unusable += 1
        if progress is not None:
            progress(i)
    if known:
        write_records(known.values(), cache)
    return Proposals(groups, n_asked, n_failed, n_unusable)


def _read(cache: Path | str) -> dict[str, Asked]:
    path = Path(cache)
    if not path.exists():
        return {}
    decoder = msgspec.json.Decoder(Asked)
    rows = []
    for line in path.read_bytes().splitlines():
        try:
            rows.append(decoder.decode(line))
        except msgspec.DecodeError:
            continue  # A line that cannot be read is asked again; nothing is lost but a call.
    return {row.key: row for row in rows}
