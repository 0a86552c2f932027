"""Who scores texts: a moderation endpoint, a classifier in a folder, scores that stand in a file.

All three come as one `Scores`: what is known of each text, by the SHA-256 of its UTF-8. What an
endpoint or a classifier said is kept in ``scores.jsonl`` in the form of moderation verdicts
(`manyvoices.schema.moderation`), so that no text is scored twice and a stopped run goes on; the
file holds no texts. A text without a score stays without one: nobody is taken to be harmless
because a call failed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from manyvoices.curate.moderation import Moderator, text_key
from manyvoices.curate.moderation_asking import Asked, Patience, ask_about
from manyvoices.curate.moderation_file import VerdictFile
from manyvoices.evaluate.rows import read_rows
from manyvoices.evaluate.safety_errors import UnknownAttribute
from manyvoices.evaluate.toxicity.config import ScorerConfig
from manyvoices.evaluate.toxicity.prompts import Place, scores_in
from manyvoices.io.faults import FaultLog
from manyvoices.llm.moderation import build_moderator

FILE = "scores.jsonl"
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Scores:
    """What a scorer said."""

    scorer: str
    """What it calls itself, for the records."""
    attribute: str
    by_text: Mapping[str, Mapping[str, float]]
    """SHA-256 of a text -> attribute -> 0 to 1."""
    n_failed: int = 0
    """Texts for which a call failed."""
    failures: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 -> why; the first hundred."""
    beside: bool = False
    """Whether every answer has its own, beside it: one text may then have two scores."""

    def of(self, text: str | None) -> float | None:
        """The score of `text` in the attribute, or None."""
        if not text:
            return None
        return self.by_text.get(text_key(text), {}).get(self.attribute)


def score(
    texts: Sequence[str],
    config: ScorerConfig,
    out: Path,
    *,
    progress: Progress | None = None,
    patience: Patience | None = None,
) -> Scores:
    """Score `texts`, each once, whatever they were scored for before.

    Raises:
        UnknownAttribute: The scorer knows other attributes only.
        DataError: A file of scores is at fault, or the file of labels of a folder.
        ResponderError: The endpoint refuses the key, or the folder holds no classifier.
    """
    if config.file is not None:
        found = _of_file(config.file, config.attribute)
    else:
        found = _asked(texts, config, out / FILE, progress or (lambda _d, _t: None), patience)
    known = {name for text in texts for name in found.by_text.get(text_key(text), {})}
    known = known or {name for row in found.by_text.values() for name in row}
    # With no score at all the calls failed, which is counted and said; the name may be right.
    if known and config.attribute not in known:
        raise UnknownAttribute(config.attribute, found.scorer, known)
    return found


def _of_file(path: Path, attribute: str) -> Scores:
    """Rows with a ``text`` or its ``text_sha256``, and ``attributeScores`` or scores by name."""
    log = FaultLog()
    found: dict[str, dict[str, float]] = {}
    for line, row in read_rows(path, text="text"):
        place = Place(str(path), line, log, attribute)
        key = row.get("text_sha256") or (text_key(row["text"]) if row.get("text") else None)
        if key is None:
            place.fault("", f"a row with {', '.join(list(row)[:6])}", "text or text_sha256")
            continue
        nested = row.get("scores")
        scores = scores_in(nested if isinstance(nested, Mapping) else _numbers(row), "", place)
        found.setdefault(str(key), {}).update(scores)
    log.raise_if_any()
    return Scores(f"the file {path.name}", attribute, found)


def _numbers(row: Mapping[str, object]) -> dict[str, object]:
    """The row with texts that are numbers (CSV) as numbers."""

    def as_number(value: object) -> object:
        try:
            return float(value) if isinstance(value, str) else value
        except ValueError:
            return value

    return {name: as_number(value) for name, value in row.items() if name != "text"}


def _asked(
    texts: Sequence[str],
    config: ScorerConfig,
    path: Path,
    progress: Progress,
    patience: Patience | None,
) -> Scores:
    where = config.endpoint or str(config.folder)
    moderator = build_moderator(
        where,
        model=config.model,
        api_key_env=config.api_key_env,
        labels=config.labels,
        requests_per_minute=config.requests_per_minute,
    )
    unique = list(dict.fromkeys(text for text in texts if text))
    with _quiet(config), VerdictFile(path, asked_model=moderator.model) as file:
        asked = asyncio.run(_ask(unique, moderator, file, config, progress, patience))
        known = {key: dict(verdict.scores) for key, verdict in file.known.items()}
        names = sorted({verdict.model for verdict in file.known.values()})
    named = ", ".join(names) or moderator.model
    return Scores(named, config.attribute, known, asked.n_failed, asked.failures)


def _quiet(config: ScorerConfig) -> AbstractContextManager[None]:
    """A folder is loaded by transformers, which would draw bars of its own."""
    if config.folder is None:
        return nullcontext()
    from manyvoices.train.model_files import without_bars

    return without_bars()


async def _ask(
    texts: Iterable[str],
    moderator: Moderator,
    file: VerdictFile,
    config: ScorerConfig,
    progress: Progress,
    patience: Patience | None,
) -> Asked:
    waiting = list(texts)
    done = 0

    def tell(n: int) -> None:
        nonlocal done
        done += n
        progress(done, len(waiting))

    try:
        return await ask_about(
            waiting, moderator, file,
            batch_size=config.batch_size, patience=patience, on_progress=tell,
        )  # fmt: skip
    finally:
        await moderator.aclose()


def own_scores(rows: Iterable[tuple[str | None, Mapping[str, float]]], attribute: str) -> Scores:
    """The scores that stand beside texts in a file of prompts.

    Raises:
        UnknownAttribute: None of them has the attribute.
    """
    found: dict[str, dict[str, float]] = {}
    for text, scores in rows:
        if text and scores:
            found.setdefault(text_key(text), {}).update(scores)
    known = {name for scores in found.values() for name in scores}
    if known and attribute not in known:
        raise UnknownAttribute(attribute, "the file of prompts", known)
    return Scores("scores that stand in the file", attribute, found, beside=True)
