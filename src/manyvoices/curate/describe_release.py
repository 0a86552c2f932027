"""All tables that describe a release, from its folder, in PRISM's form or ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from manyvoices.curate.describe_comparisons import ComparisonCounts, count_comparisons
from manyvoices.curate.describe_counts import Block
from manyvoices.curate.describe_people import (
    Demographics,
    Geography,
    Recruited,
    demographics,
    geography,
    llm_use,
    recruitment,
)
from manyvoices.curate.describe_texts import TextFlags, TextLength, text_flags, text_lengths
from manyvoices.curate.place import find_release
from manyvoices.io.native import read_native
from manyvoices.io.prism import find, read_prism
from manyvoices.io.prism_rows import PrismBuilder
from manyvoices.schema import PrismConversation, PrismMetadata, PrismUtterance

FIXED_TEXTS = ("user_prompt", "model_response", "open_feedback")


@dataclass(frozen=True, slots=True)
class Description:
    """PRISM's tables 2-5 and 8-11 of any release."""

    source: str
    """Name of the folder."""
    flags: TextFlags | None
    """Tables 2, 3, 4; None without metadata."""
    demographics: Demographics
    """Table 5."""
    geography: Geography
    """Table 8, figures 6 and 7."""
    llm_use: tuple[Block, ...]
    """Table 9."""
    recruitment: tuple[Recruited, ...]
    """Table 10."""
    lengths: tuple[TextLength, ...]
    """Table 11."""
    n_simulated: int
    """People who were bots of a rehearsal; they are counted like the others."""
    comparisons: ComparisonCounts | None = None
    """What people preferred side by side; None where a release holds no comparisons."""


def describe_release(
    folder: Path | str,
    *,
    compat: Literal["prism"] | None = None,
    usecase_labels: Mapping[str, str] | None = None,
    reward: float | None = None,
) -> Description:
    """Count everything that the tables need; texts are read once and not kept.

    Args:
        compat: ``"prism"`` counts words as PRISM did, and a prompt once for each of its answers
            (its table 11 has 68,371 prompts; there are 27,172).

    Raises:
        DataError: The folder is no release, or a file of it has faults.
    """
    survey, metadata, texts = _parts(Path(folder), compat)
    rows = list(survey)
    names = _text_columns(rows)
    return Description(
        source=Path(folder).name,
        flags=None if metadata is None else text_flags(metadata),
        demographics=demographics(rows),
        geography=geography(rows),
        llm_use=llm_use(rows, labels=usecase_labels),
        recruitment=recruitment(rows, reward=reward),
        lengths=text_lengths(_all_texts(rows, names, texts), compat=compat),
        n_simulated=sum(row.get("simulated") is True for row in rows),
        comparisons=_comparisons(Path(folder)),
    )


def _comparisons(folder: Path) -> ComparisonCounts | None:
    if not find_release(folder).native:
        return None
    return count_comparisons(read_native(folder).comparisons)


def survey_rows(folder: Path | str) -> list[Mapping[str, Any]]:
    """The rows of ``survey.jsonl``, made from native records where a release has no other form.

    Raises:
        DataError: The folder is no release, or a file of it has faults.
    """
    place = find_release(folder)
    if place.prism is not None:
        return list(read_prism(place.prism).survey)
    native = read_native(folder)
    return [row for row, _ in PrismBuilder(native.participants, native.answers).survey()]


def _parts(
    folder: Path, compat: str | None
) -> tuple[
    Iterable[Mapping[str, Any]], Iterable[PrismMetadata] | None, Iterator[tuple[str, str | None]]
]:
    place = find_release(folder)
    if place.prism is not None:
        release = read_prism(place.prism)
        has_metadata = find(place.prism, "metadata").exists()
        talks = _texts(release.utterances, release.conversations, compat)
        return release.survey, release.metadata if has_metadata else None, talks
    native = read_native(folder)
    builder = PrismBuilder(native.participants, native.answers)
    made = [row for row in map(builder.conversation, native.conversations) if row is not None]
    people = list(builder.survey())
    utterances = (one for row in made for one in row.utterances)
    talks = _texts(utterances, (row.conversation for row in made), compat)
    metadata = [text for row in made for text in row.metadata]
    metadata += [text for _, texts in people for text in texts]
    return [row for row, _ in people], metadata, talks


def _texts(
    utterances: Iterable[PrismUtterance],
    conversations: Iterable[PrismConversation],
    compat: str | None,
) -> Iterator[tuple[str, str | None]]:
    for talk in conversations:
        yield "open_feedback", talk.open_feedback
    last = None
    for row in utterances:
        # The answers to one prompt stand together.
        if compat == "prism" or row.interaction_id != last:
            yield "user_prompt", row.user_prompt
        last = row.interaction_id
        yield "model_response", row.model_response


def _all_texts(
    rows: list[Mapping[str, Any]], names: list[str], texts: Iterator[tuple[str, str | None]]
) -> Iterator[tuple[str, str | None]]:
    for row in rows:
        yield from ((name, row.get(name)) for name in names)
    yield from texts


def _text_columns(rows: list[Mapping[str, Any]]) -> list[str]:
    """PRISM's two text questions, or, in another study, columns of mostly different long texts."""
    known = [n for n in ("system_string", "self_description") if any(r.get(n) for r in rows)]
    if known:
        return known
    found = []
    for name in dict.fromkeys(name for row in rows for name in row):
        values = [row[name] for row in rows if isinstance(row.get(name), str)]
        long = [value for value in values if len(value.split()) >= 4]
        if values and len(set(values)) > len(values) / 2 and len(long) > len(values) / 2:
            found.append(name)
    return found
