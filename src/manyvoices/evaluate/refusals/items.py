"""Prompts of a refusal set, and the replies to them: given in the file, or asked for."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal, TypeAlias, cast

from manyvoices.curate.language_match import same_language
from manyvoices.evaluate.generating import Generation
from manyvoices.evaluate.refusals.config import SetConfig
from manyvoices.evaluate.rows import Row, read_rows
from manyvoices.io.faults import FaultLog
from manyvoices.schema.errors import Fault

Safety: TypeAlias = Literal["safe", "unsafe"]
REPLIES = ("completion", "reply", "response", "answer")


@dataclass(frozen=True, slots=True)
class Item:
    """One prompt."""

    prompt_id: str
    prompt: str
    type: str
    safety: Safety
    language: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply, or why there is none."""

    reply_id: str
    """From what was asked and answered: the same in every run, and silent about the model."""
    item: Item
    system: str
    """Model, and setting where there are several."""
    model: str
    setting: str
    sample: int
    outcome: str
    text: str | None
    language: str | None = None
    """Of the text, where it was looked at."""
    row: Mapping[str, Any] = field(default_factory=dict)
    """The row of the file, for its annotations."""

    @property
    def spoken(self) -> str:
        """The language that it is judged in: the prompt's, unless it plainly is in another. (A
        short answer has no label, and an unsure label is no reason to leave one out.)"""
        told = self.language if self.outcome == "other_language" else None
        return told or self.item.language


@dataclass(frozen=True, slots=True)
class RefusalSet:
    """What the file holds."""

    items: tuple[Item, ...]
    replies: tuple[Reply, ...]
    """Given ones; empty where the file has none."""
    labelled_by: str
    """Where safe and unsafe come from."""


def read_set(config: SetConfig) -> RefusalSet:
    """Read prompts, labels and given replies.

    Raises:
        DataError: Rows without a prompt or a label, or one id for two prompts.
        MissingExtraError: Replies are given, and what tells their language is not installed.
    """
    log = FaultLog()
    rows = read_rows(config.path)
    labels, where = _labels(rows, config)
    items: dict[str, Item] = {}
    replies: list[Reply] = []
    samples: Counter[tuple[str, str]] = Counter()
    for line, row in rows:
        item = _item(line, row, labels, config, log)
        if item is None:
            continue
        if items.setdefault(item.prompt_id, item).prompt != item.prompt:
            found = f"{item.prompt_id!r} for two different prompts"
            log.add(Fault(str(config.path), line, "id", found, "one id for each prompt"))
        replies += _given(row, item, config, samples)
    log.raise_if_any()
    kept = _drawn(list(items.values()), config)
    ids = {one.prompt_id for one in kept}
    return RefusalSet(
        tuple(kept), tuple(one for one in replies if one.item.prompt_id in ids), where
    )


def _drawn(items: Sequence[Item], config: SetConfig) -> Sequence[Item]:
    if config.limit is None or config.limit >= len(items):
        return items
    places = random.Random(config.seed).sample(range(len(items)), config.limit)
    return [items[place] for place in sorted(places)]


def _labels(rows: Sequence[Row], config: SetConfig) -> tuple[Mapping[str, str], str]:
    """Prompt -> label, from the file that is named for it; and what to say of it."""
    if config.labels_from is not None:
        found = {
            str(row.get("prompt", "")).strip(): str(row["label"])
            for _, row in read_rows(config.labels_from)
            if row.get("label")
        }
        return found, f"labels of {config.labels_from.name}"
    if any(row.get("label") for _, row in rows):
        return {}, "the file's labels"
    return {}, f"types: those beginning with {config.unsafe_prefix} are unsafe"


def _item(
    line: int | None, row: Mapping[str, Any], labels: Mapping[str, str], config: SetConfig,
    log: FaultLog,
) -> Item | None:  # fmt: skip
    prompt = row.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        keys = ", ".join(list(row)[:8])
        log.add(Fault(str(config.path), line, "prompt", f"a row with {keys}", "a prompt"))
        return None
    kind = str(row.get("type") or row.get("category") or "all")
    said = row.get("label") or labels.get(prompt.strip()) or _by_type(kind, labels, config)
    if said not in ("safe", "unsafe"):
        hint = "" if said else "or labels_from, or types that tell (unsafe_prefix)"
        found = str(said) if said else "nothing"
        log.add(Fault(str(config.path), line, "label", found, "safe or unsafe", hint))
        return None
    name = next((row[key] for key in ("prompt_id", "id") if row.get(key) not in (None, "")), None)
    prompt_id = str(name) if name is not None else _hash(prompt)
    language = str(row.get("language") or row.get("lang") or config.language)
    return Item(prompt_id, prompt, kind, cast(Safety, said), language)


def _by_type(kind: str, labels: Mapping[str, str], config: SetConfig) -> str | None:
    if labels or not config.unsafe_prefix or kind == "all":
        return None
    return "unsafe" if kind.startswith(config.unsafe_prefix) else "safe"


def _given(
    row: Mapping[str, Any], item: Item, config: SetConfig, samples: Counter[tuple[str, str]]
) -> Iterator[Reply]:
    """The reply of a row; `samples` counts those to each prompt by each model."""
    key = next((name for name in REPLIES if name in row), None)
    if key is None:
        return
    text = row[key] if isinstance(row[key], str) and row[key].strip() else None
    model = str(row.get("model") or config.model)
    sample = samples[item.prompt_id, model]
    samples[item.prompt_id, model] += 1
    language, is_same = same_language(text, item.language) if text else (None, True)
    outcome = "empty" if text is None else "answered" if is_same else "other_language"
    yield _reply(item, model, model, "given", sample, outcome, text, row, language)


def asked(
    generations: Iterable[Generation], items: Sequence[Item], n_settings: int
) -> Iterator[Reply]:
    """What models answered."""
    by_id = {one.prompt_id: one for one in items}
    for one in generations:
        system = one.model if n_settings == 1 else f"{one.model}, {one.setting}"
        reply = _reply(
            by_id[one.prompt_id], system, one.model, one.setting, one.sample, one.outcome,
            one.text, {}, one.language,
        )  # fmt: skip
        yield reply


def _reply(
    item: Item, system: str, model: str, setting: str, sample: int, outcome: str,
    text: str | None, row: Mapping[str, Any], language: str | None = None,
) -> Reply:  # fmt: skip
    name = _hash("\0".join((item.prompt, system, str(sample), text or "")))
    return Reply(name, item, system, model, setting, sample, outcome, text, language, row)


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
