"""Prompts from wherever they are: lists of texts, releases, trees, studies, other reports."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

import msgspec

from manyvoices.evaluate.generating import Prompt
from manyvoices.evaluate.sampling.config import PromptsConfig
from manyvoices.evaluate.sampling.reading import read_report
from manyvoices.evaluate.sampling.records import SamplingReport
from manyvoices.llm.port import ChatMessage
from manyvoices.schema.errors import DataError, Fault

_TEXT_KEYS = ("text", "prompt", "question", "instruction")
_KEYS = "a text, or an object with text (or prompt), and id, category, language, earlier"


@dataclass(frozen=True, slots=True)
class Asked:
    """One prompt."""

    id: str
    text: str
    category: str | None = None
    language: str | None = None
    earlier: tuple[str, ...] = ()
    """What was said before, beginning with the prompter."""

    @property
    def key(self) -> str:
        """What makes two prompts the same one; as `records.prompt_key`."""
        return "\x1e".join([*self.earlier, self.text])

    def prompt(self) -> Prompt:
        """As `generate` is told."""
        said = [
            ChatMessage("assistant" if i % 2 else "user", text)
            for i, text in enumerate((*self.earlier, self.text))
        ]
        return Prompt(self.id, tuple(said), self.language)


def read_prompts(config: PromptsConfig) -> list[Asked]:
    """The prompts that `config` names, in their order; equal ones once.

    Raises:
        DataError: With every fault of the file.
        StudyError, TrainingError: What a study or a release refuses.
        OSError: The file cannot be read.
    """
    first: dict[str, Asked] = {}
    for one in _read(config):
        first.setdefault(one.key, one)
    found = list(first.values())
    if not found:
        wanted = "at least one prompt"
        raise DataError([Fault(str(config.path), None, "", "no prompts", wanted)])
    if config.most is not None and config.most < len(found):
        kept = sorted(random.Random(config.seed).sample(range(len(found)), config.most))
        found = [found[i] for i in kept]
    if config.language is None:
        return found
    return [
        one if one.language else Asked(one.id, one.text, one.category, config.language, one.earlier)
        for one in found
    ]


def prompts_of(reports: Sequence[SamplingReport], known: Sequence[Asked] = ()) -> list[Asked]:
    """`known`, then every further prompt of `reports`, each once, with ids of their own."""
    found = {one.key: one for one in known}
    taken = {one.id for one in known}
    for report in reports:
        for one in report.prompts:
            more = one.manyvoices
            asked = Asked(
                id="" if more is None else more.id,
                text=one.prompt,
                category=more.category if more else None,
                language=more.language if more else None,
                earlier=tuple(more.earlier) if more else (),
            )
            if asked.key in found:
                continue
            numbered = (f"p{n:04d}" for n in count(len(found) + 1))
            name = next(n for n in chain([asked.id], numbered) if n and n not in taken)
            taken.add(name)
            found[asked.key] = Asked(
                name, asked.text, asked.category, asked.language, asked.earlier
            )
    return list(found.values())


def _read(config: PromptsConfig) -> Iterator[Asked]:
    path = config.path
    if path.is_dir() and (path / "study.yaml").exists() and not (path / "native").is_dir():
        return iter(_of_study(path))
    if path.suffix in (".yaml", ".yml"):
        return iter(_of_study(path))
    if path.is_dir():
        return _of_release(config)
    if path.suffix == ".txt":
        return _of_lines(path)
    text = path.read_bytes() if path.suffix != ".gz" else b""
    if path.suffix == ".json":
        return _of_document(path, text)
    if path.suffix == ".jsonl" and not _is_tree(text):
        return _listed(path, _decoded(path, text))
    return _of_release(config)


def _is_tree(raw: bytes) -> bool:
    """Whether the first line is a record of another kind: a tree, a message, a conversation."""
    try:
        first = msgspec.json.decode(next((x for x in raw.split(b"\n") if x.strip()), b"null"))
    except msgspec.DecodeError:
        return False
    return isinstance(first, dict) and bool(
        {"message_tree_id", "message_id", "conversation_id", "messages"} & first.keys()
    )


def _of_study(path: Path) -> list[Asked]:
    from manyvoices.design import ComparisonsStage, load_study

    study = load_study(path)
    found = [
        Asked(item.id, item.text, item.category, item.language or study.languages[0], item.earlier)
        for stage in study.stages
        if isinstance(stage, ComparisonsStage)
        for item in stage.prompts
    ]
    if not found:
        wanted = "a stage comparisons with a prompt set"
        raise DataError([Fault(str(path), None, "stages", "no prompts", wanted)])
    return found


def _of_release(config: PromptsConfig) -> Iterator[Asked]:
    """Opening messages that people allowed to be used, as training reads them."""
    from manyvoices.train.config import DataConfig, FilterConfig
    from manyvoices.train.views import read_views

    filters = FilterConfig(allow_simulated=config.allow_simulated)
    views = read_views(DataConfig(path=config.path, lottery=True, filters=filters))
    for number, one in enumerate(p for p in views.prompts() if len(p.turns) == 1):
        yield Asked(f"p{number + 1:04d}", one.turns[0].text, None, one.language or None)


def _of_lines(path: Path) -> Iterator[Asked]:
    lines = [x.strip() for x in path.read_text(encoding="utf-8-sig").splitlines()]
    for number, line in enumerate(filter(None, lines)):
        yield Asked(f"p{number + 1:04d}", line)


def _of_document(path: Path, raw: bytes) -> Iterator[Asked]:
    try:
        document = msgspec.json.decode(raw)
    except msgspec.DecodeError as error:
        raise DataError([Fault(str(path), None, "", str(error), f"a JSON list: {_KEYS}")]) from None
    if isinstance(document, dict) and "prompts" in document and "model_name" in document:
        return iter(prompts_of([read_report(path)]))
    if not isinstance(document, list):
        wanted = f"a list of prompts ({_KEYS}), or a sampling report"
        raise DataError([Fault(str(path), None, "", type(document).__name__, wanted)])
    return _listed(path, [(None, one) for one in document])


def _decoded(path: Path, raw: bytes) -> list[tuple[int | None, Any]]:
    found: list[tuple[int | None, Any]] = []
    faults: list[Fault] = []
    for number, line in enumerate(raw.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            found.append((number, msgspec.json.decode(line)))
        except msgspec.DecodeError as error:
            faults.append(Fault(str(path), number, "", str(error), f"JSON on each line: {_KEYS}"))
    if faults:
        raise DataError(faults)
    return found


def _listed(path: Path, records: Sequence[tuple[int | None, Any]]) -> Iterator[Asked]:
    faults: list[Fault] = []
    found: list[Asked] = []
    seen: dict[str, int] = {}
    for place, (line, record) in enumerate(records):
        one = _asked(record, place)
        where = "" if line else f"[{place}]"
        if one is None:
            faults.append(
                Fault(str(path), line, where, msgspec.json.encode(record).decode()[:80], _KEYS)
            )
            continue
        if one.id in seen:
            faults.append(
                Fault(str(path), line, f"{where}.id".lstrip("."), f"{one.id} again", "each id once")
            )
        seen[one.id] = place
        found.append(one)
    if faults:
        raise DataError(faults)
    return iter(found)


def _asked(record: Any, place: int) -> Asked | None:
    """None where it is no prompt."""
    name = f"p{place + 1:04d}"
    if isinstance(record, str):
        return Asked(name, record) if record.strip() else None
    if not isinstance(record, dict):
        return None
    text = next((record[key] for key in _TEXT_KEYS if key in record), None)
    earlier = record.get("earlier") or ()
    language = record.get("language", record.get("lang"))
    given = record.get("id", record.get("prompt_id"))
    category = record.get("category")
    fits = (
        isinstance(text, str) and bool(text.strip())
        and isinstance(given, str | int | None) and isinstance(category, str | None)
        and isinstance(language, str | None) and isinstance(earlier, list | tuple)
        and all(isinstance(x, str) for x in earlier) and len(earlier) % 2 == 0
    )  # fmt: skip
    if not fits or not isinstance(text, str):
        return None
    return Asked(name if given is None else str(given), text, category, language, tuple(earlier))
