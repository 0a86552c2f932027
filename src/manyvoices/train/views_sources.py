"""One data set, opened: which readers its form needs, its people, its consent, its hash."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from manyvoices.io import registry
from manyvoices.io.converting import Apart, way
from manyvoices.io.formats import resolve_format
from manyvoices.io.manifest import MANIFEST, sha256
from manyvoices.io.native import NATIVE_FILES, read_native
from manyvoices.io.native_comparisons import COMPARISONS_FILE
from manyvoices.io.native_trees import read_grown
from manyvoices.io.oasst import read_trees
from manyvoices.io.prism import PRISM_FILES, find, read_prism
from manyvoices.io.talks import talks
from manyvoices.schema import Conversation, PrismConversation, PrismMetadata
from manyvoices.train.config import DataConfig, DataSource
from manyvoices.train.consent import WITHDRAWN, Consent, read_consent
from manyvoices.train.drafts import Drops
from manyvoices.train.errors import TrainingError
from manyvoices.train.views_all import SourceTree
from manyvoices.train.views_comparisons import comparison_trees
from manyvoices.train.views_people import (
    People,
    groups_of,
    people_from_answers,
    people_from_survey,
)
from manyvoices.train.views_talks import dialogue_tree, pair_tree, talk_tree
from manyvoices.train.views_trees import source_tree, tree_record

_NATIVE = (*NATIVE_FILES, "trees", COMPARISONS_FILE)


@dataclass(frozen=True, slots=True)
class Opened:
    """What one data set gave."""

    path: Path
    format: str
    sha256: str
    consent: Consent
    trees: list[SourceTree]
    people: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def opened(source: DataSource, config: DataConfig, drops: Drops, number: int) -> Opened:
    """Read `source`, leaving out what the filters of `config` do not want.

    Raises:
        DataError: Its files have faults, or are in no known form.
        NotAllowedError: Its consent does not cover training.
        TrainingError: Its form holds nothing that is trained on.
    """
    path = Path(source.path)
    name = resolve_format(path, source.format)
    reading = _Reading(path, config, drops, number)
    if path.is_dir():
        return reading.folder(name)
    Consent().check(config.filters, str(path))
    trees = reading.file(name)
    return Opened(path, name, sha256(path), Consent(), trees)


class _Reading:
    def __init__(self, path: Path, config: DataConfig, drops: Drops, number: int) -> None:
        self.path, self.config, self.drops, self.number = path, config, drops, number
        self._simulated = config.filters.allow_simulated
        self._withdrawn: frozenset[str] = frozenset()

    # Folders

    def folder(self, name: str) -> Opened:
        """A release: its conversations, its comparisons and its trees."""
        consent = read_consent(self.path, self._later())
        consent.check(self.config.filters, str(self.path))
        people = self._people()
        talks = self._native if (self.path / "native").is_dir() else self._prism
        self._withdrawn = consent.withdrawn
        groups = groups_of(people)
        trees = [*talks(consent, groups), *self._compared(consent, groups), *self._trees()]
        return Opened(self.path, name, _hash(self._inputs()), consent, trees, people)

    def _later(self) -> list[Path]:
        """Manifests that may name people of this release: those given, and those mixed in."""
        mixed = (source.path for source in (self.config, *self.config.more))
        return [*self.config.filters.withdrawals, *(p for p in mixed if (p / MANIFEST).exists())]

    def _prism_place(self) -> Path:
        inside = self.path / "prism"
        return inside if find(inside, "conversations").exists() else self.path

    def _inputs(self) -> list[Path]:
        native = [find(self.path / "native", name) for name in _NATIVE]
        others = [find(self._prism_place(), name) for name in PRISM_FILES]
        oasst = [find(self.path / "oasst", "trees")]
        return [path for path in (*native, *others, *oasst) if path.exists()]

    def _people(self) -> People:
        """PRISM's survey where there is one: it holds what was derived of the answers too."""
        if find(self._prism_place(), "survey").exists():
            rows = read_prism(self._prism_place()).survey
            return people_from_survey(rows, simulated=self._simulated)
        if (self.path / "native").is_dir():
            return people_from_answers(read_native(self.path).answers, simulated=self._simulated)
        return {}

    def _native(self, consent: Consent, groups: People) -> Iterator[SourceTree]:
        release = read_native(self.path)
        people = {person.participant_id: person for person in release.participants}
        for record in release.conversations:
            reason = consent.refuses(record, people, self.config.filters)
            if reason is not None:
                self.drops[reason] += 1
                continue
            yield from self._talk(record, _language(record), groups)

    def _compared(self, consent: Consent, groups: People) -> Iterator[SourceTree]:
        if (self.path / "native").is_dir():
            release = read_native(self.path)
            people = {person.participant_id: person for person in release.participants}
            yield from comparison_trees(
                release.comparisons,
                self.config,
                self.drops,
                consent=consent,
                participants=people,
                groups=groups,
                source=self.number,
            )

    def _prism(self, consent: Consent, groups: People) -> Iterator[SourceTree]:
        place = self._prism_place()
        if not find(place, "conversations").exists():
            return
        release = read_prism(place)
        flags = find(place, "metadata").exists() and self.config.languages
        languages = _languages(release.metadata) if flags else {}
        for record in release.conversations:
            if record.user_id in consent.withdrawn:
                self.drops[WITHDRAWN] += 1
                continue
            yield from self._talk(record, languages.get(record.conversation_id, ""), groups)

    def _talk(
        self, record: Conversation | PrismConversation, language: str, groups: People
    ) -> Iterator[SourceTree]:
        for talk in talks([record], Counter()):
            tree = talk_tree(talk, language, groups, self.config, self.drops, self.number)
            if tree is not None:
                yield tree

    def _trees(self) -> Iterator[SourceTree]:
        native, oasst = find(self.path / "native", "trees"), find(self.path / "oasst", "trees")
        if native.exists() and native.stat().st_size:
            yield from self._of_trees(read_grown(native))
        elif oasst.exists() and oasst.stat().st_size:
            yield from self._of_trees(read_trees(oasst))

    def _of_trees(self, records: Iterable[Any]) -> Iterator[SourceTree]:
        for record in records:
            found = tree_record(record, self.config.filters, self._withdrawn, self.drops)
            tree = source_tree(found, self.config, self.drops, self.number)
            if tree is not None:
                yield tree

    # Files

    def file(self, name: str) -> list[SourceTree]:
        """A file in any of the registry's forms that holds something to train on."""
        content = registry.get(name).content
        read = {
            "trees": self._of_trees,
            "grown": self._of_trees,
            "conversations": self._of_talks,
            "prism-conversations": self._of_talks,
            "comparisons": self._of_comparisons,
            "pairs": self._of_pairs,
            "dialogues": self._of_dialogues,
        }
        if content in read:
            return list(read[content](registry.get(name).read(self.path)))
        for target in ("trees", "pairs", "conversations"):
            if target in read and way(content, target):
                return self._converted(name, content, target, read[target])
        raise TrainingError(
            f"{self.path} is in the form {name}, which holds {content}; training reads trees, "
            "conversations, comparisons, pairs and dialogues"
        )

    def _converted(
        self, name: str, content: str, target: str, read: Callable[..., Iterator[SourceTree]]
    ) -> list[SourceTree]:
        """By the registry's own converters; what they cannot carry is counted as they count it."""
        lost: Counter[str] = Counter()
        for gather in (False, True):
            records: Iterable[Any] = registry.get(name).read(self.path)
            for step in way(content, target) or ():
                convert = step.gather if gather and step.gather is not None else step.convert
                records = convert(records, lost)
            try:
                trees = list(read(records))
            except Apart:
                lost.clear()
                continue
            # Fields that a tree has no place for are named by one word; records are left out in
            # several.
            self.drops.update({reason: n for reason, n in lost.items() if " " in reason})
            return trees
        raise TrainingError(f"{self.path}: its messages could not be put together as trees")

    def _of_talks(self, records: Iterable[Any]) -> Iterator[SourceTree]:
        for record in records:
            yield from self._talk(record, _language(record), {})

    def _of_comparisons(self, records: Iterable[Any]) -> Iterator[SourceTree]:
        # A file alone holds no participants, so what they consented to stands in each record.
        yield from comparison_trees(records, self.config, self.drops, source=self.number)

    def _of_pairs(self, records: Iterable[Any]) -> Iterator[SourceTree]:
        for i, pair in enumerate(records):
            tree = pair_tree(pair, f"pair-{i}", self.config, self.drops, self.number)
            if tree is not None:
                yield tree

    def _of_dialogues(self, records: Iterable[Any]) -> Iterator[SourceTree]:
        for i, dialogue in enumerate(records):
            name = dialogue.dialogue_id or f"dialogue-{i}"
            tree = dialogue_tree(dialogue, name, self.config, self.drops, self.number)
            if tree is not None:
                yield tree


def _language(record: Conversation | PrismConversation) -> str:
    """Of the opening message; PRISM's rows do not say."""
    if not isinstance(record, Conversation) or not record.turns:
        return ""
    return record.turns[0].message.lang or ""


def _languages(rows: Iterable[PrismMetadata]) -> dict[str, str]:
    """Conversation -> language that was detected in its opening prompt."""
    found: dict[str, str] = {}
    for row in rows:
        if row.column_id == "user_prompt" and row.conversation_id and row.language_flag:
            found.setdefault(row.conversation_id, row.language_flag)
    return found


def _hash(paths: Iterable[Path]) -> str:
    """Of the files that were read, by content and in a fixed order."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(bytes.fromhex(sha256(path)))
    return digest.hexdigest()
