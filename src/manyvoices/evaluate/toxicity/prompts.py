"""Prompts with what is known of them, and the answers that a file gives to them.

Rows have a ``prompt`` (a text, or an object with ``text`` and scores, as RealToxicityPrompts has
it), or ``text``, or ``messages``; and may have an id, ``language`` (or ``lang``), a category, and
answers: ``continuation``, ``completion`` or ``generations``. Trees and releases give their opening
prompts.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from manyvoices.evaluate.rows import Row, read_rows
from manyvoices.evaluate.toxicity.config import PromptsConfig
from manyvoices.io.faults import FaultLog, shorten
from manyvoices.llm.port import ChatMessage
from manyvoices.schema.errors import Fault

PERSPECTIVE = frozenset((
    "toxicity", "severe_toxicity", "identity_attack", "insult", "profanity", "threat",
    "sexually_explicit", "flirtation",
))  # fmt: skip
"""The attributes of RealToxicityPrompts."""
IDS = ("prompt_id", "id", "instance_id")
ANSWERS = ("generations", "continuation", "completion")


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """An answer that stands in the file."""

    text: str | None
    scores: Mapping[str, float]
    """Attribute -> 0 to 1; empty where it was not scored."""


@dataclass(frozen=True, slots=True)
class ToxicPrompt:
    """One prompt."""

    prompt_id: str
    messages: tuple[ChatMessage, ...]
    language: str | None
    category: str | None
    scores: Mapping[str, float] = field(default_factory=dict)
    """The prompt's own, attribute -> 0 to 1."""
    given: Mapping[str, tuple[GivenAnswer, ...]] = field(default_factory=dict)
    """Model -> its answers in the file; ``given`` where the file names no model."""

    @property
    def text(self) -> str:
        """What is answered to."""
        return self.messages[-1].content


@dataclass(frozen=True, slots=True)
class ReadPrompts:
    """What a file of prompts holds."""

    prompts: tuple[ToxicPrompt, ...]
    n_read: int
    n_repeated: int
    """Rows whose prompt stood there before, with the same id; their answers are added to it."""


def read_prompts(config: PromptsConfig, attribute: str = "toxicity") -> ReadPrompts:
    """Read, merge rows of one prompt, and draw where a limit is set.

    `attribute`: the score that will be used, which must be one wherever it stands.

    Raises:
        DataError: Rows without a prompt, with scores outside 0 to 1, or one id for two prompts.
    """
    if config.form == "trees" or (config.form == "auto" and _is_trees(config.path)):
        found = list(_of_trees(config))
        n_read = len(found)
    else:
        rows = read_rows(config.path)
        found, n_read = _of_rows(rows, config, attribute), len(rows)
    merged = _merged(found, str(config.path))
    unique = merged
    if config.limit is not None and config.limit < len(unique):
        drawn = random.Random(config.seed).sample(range(len(unique)), config.limit)
        unique = [unique[place] for place in sorted(drawn)]
    return ReadPrompts(tuple(unique), n_read, n_read - len(merged))


def _is_trees(path: Path) -> bool:
    if path.is_dir():
        return True
    if path.name.removesuffix(".gz").rpartition(".")[2] in ("csv", "tsv", "yaml", "yml", "txt"):
        return False
    _, first = read_rows(path)[0]
    return "message_tree_id" in first or {"message_id", "role"} <= first.keys()


def _of_trees(config: PromptsConfig) -> Iterator[ToxicPrompt]:
    from manyvoices.train.config import DataConfig, FilterConfig
    from manyvoices.train.views import read_views

    filters = FilterConfig(allow_simulated=config.allow_simulated, synthetic=True)
    views = read_views(DataConfig(path=config.path, lottery=True, filters=filters))
    for prompt in views.prompts():
        if len(prompt.turns) == 1:
            message = ChatMessage("user", prompt.turns[0].text)
            language = prompt.language or config.language
            yield ToxicPrompt(prompt.tree_id, (message,), language, None)


def _of_rows(rows: Sequence[Row], config: PromptsConfig, attribute: str) -> list[ToxicPrompt]:
    log, name = FaultLog(), str(config.path)
    found = []
    for line, row in rows:
        messages = _messages(row)
        if messages is None:
            keys = ", ".join(list(row)[:8])
            log.add(Fault(name, line, "", f"a row with {keys}", "a prompt, text or messages"))
            continue
        found.append(_prompt(row, messages, config, Place(name, line, log, attribute)))
    log.raise_if_any()
    return found


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands, and who is told of its faults."""

    file: str
    line: int | None
    log: FaultLog
    attribute: str = "toxicity"
    """The score that will be used."""

    def fault(self, path: str, found: str, expected: str) -> None:
        """Note a fault of the row."""
        self.log.add(Fault(self.file, self.line, path, found, expected))


def _messages(row: Mapping[str, Any]) -> tuple[ChatMessage, ...] | None:
    for key in ("messages", "prompt", "text"):
        value = row.get(key)
        if isinstance(value, Mapping):
            value = value.get("text")
        if isinstance(value, str) and value.strip():
            return (ChatMessage("user", value),)
        if isinstance(value, list | tuple) and (said := _turns(value)):
            return said
    return None


def _turns(value: Sequence[Any]) -> tuple[ChatMessage, ...]:
    try:
        return tuple(ChatMessage(turn["role"], str(turn["content"])) for turn in value)
    except (KeyError, TypeError):
        return ()


def _prompt(
    row: Mapping[str, Any], messages: tuple[ChatMessage, ...], config: PromptsConfig, place: Place
) -> ToxicPrompt:
    own = row.get("prompt")
    model = str(row.get("model") or row.get("model_name") or "given")
    answers = tuple(_answers(row, place))
    wanted = [config.category] if config.category else ["category", "type"]
    category = next((str(row[name]) for name in wanted if row.get(name)), None)
    return ToxicPrompt(
        prompt_id=_id(row, messages),
        messages=messages,
        language=row.get("language") or row.get("lang") or config.language,
        category=category,
        scores=scores_in(own, "prompt", place) if isinstance(own, Mapping) else {},
        given={model: answers} if answers else {},
    )


def _id(row: Mapping[str, Any], messages: tuple[ChatMessage, ...]) -> str:
    for name in IDS:
        if row.get(name) not in (None, ""):
            return str(row[name])
    # RealToxicityPrompts names a prompt by the place it was cut from.
    if row.get("filename") and row.get("begin") is not None:
        return f"{row['filename']}:{row['begin']}-{row.get('end')}"
    said = "\0".join(f"{turn.role}\0{turn.content}" for turn in messages)
    return sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _answers(row: Mapping[str, Any], place: Place) -> Iterator[GivenAnswer]:
    for name in ANSWERS:
        value = row.get(name)
        several = value if isinstance(value, list | tuple) else [value]
        for number, one in enumerate(several):
            if isinstance(one, str):
                yield GivenAnswer(one or None, {})
            elif isinstance(one, Mapping):
                path = f"{name}[{number}]" if value is several else name
                yield GivenAnswer(one.get("text") or None, scores_in(one, path, place))


def scores_in(row: Mapping[str, Any], path: str, place: Place) -> dict[str, float]:
    """The scores of an object: every number in it that is one. Null is a missing score.

    Perspective's own answer (``attributeScores`` with a ``summaryScore``) has its names in small
    letters, as RealToxicityPrompts has them. A known attribute that is no number from 0 to 1 is a
    fault (a text that holds one is a score: tables have texts); of other names only numbers from 0
    to 1 are taken for scores, and the rest (a length, a place) is none.
    """
    theirs = row.get("attributeScores")
    pairs: Mapping[str, Any] = row
    if isinstance(theirs, Mapping):
        pairs = {str(name).lower(): _summary(value) for name, value in theirs.items()}
        path = f"{path}.attributeScores" if path else "attributeScores"
    found = {}
    for name, value in pairs.items():
        is_known = name in PERSPECTIVE or name == place.attribute or theirs is not None
        number = _number(value) if is_known or not isinstance(value, str) else None
        if number is not None and 0 <= number <= 1:
            found[name] = number
        elif is_known and value is not None and value != "":
            where = f"{path}.{name}".lstrip(".")
            place.fault(where, shorten(f"{value}"), "a score between 0 and 1")
    return found


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _summary(value: Any) -> Any:
    summary = value.get("summaryScore") if isinstance(value, Mapping) else None
    return summary.get("value") if isinstance(summary, Mapping) else value


def _merged(found: Sequence[ToxicPrompt], file: str) -> list[ToxicPrompt]:
    """One prompt for each id, with all answers given to it."""
    known: dict[str, ToxicPrompt] = {}
    log = FaultLog()
    for prompt in found:
        before = known.setdefault(prompt.prompt_id, prompt)
        if before is prompt:
            continue
        if before.messages != prompt.messages:
            found_text = f"{prompt.prompt_id!r} for two different prompts"
            log.add(Fault(file, None, "id", found_text, "one id for each prompt"))
        given = {m: (*before.given.get(m, ()), *prompt.given.get(m, ()))
                 for m in (*before.given, *prompt.given)}  # fmt: skip
        known[prompt.prompt_id] = ToxicPrompt(
            before.prompt_id, before.messages, before.language, before.category,
            before.scores, given,
        )  # fmt: skip
    log.raise_if_any()
    return list(known.values())
