"""Asking a moderation model about many texts: each text once, kept at once, taken up again later.

Whatever the moderator is (`Moderator`), this decides what is asked, how often a failed call is
tried, how long is waited in between, and what becomes of a text that the model cannot take.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from manyvoices.curate.moderation import Moderator, text_key
from manyvoices.curate.moderation_file import VerdictFile
from manyvoices.llm.port import FailureKind, ResponderError

STOPS = (FailureKind.REFUSED_CREDENTIALS, FailureKind.MISCONFIGURED)
"""No other text would fare better."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on. Waits grow twofold from `first_wait_s` to `longest_wait_s`, each times a
    random share from a half to one; what the endpoint asks for counts if it is longer."""

    tries: int = 6
    """Calls for one batch, the first included."""
    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0
    longest_retry_after_s: float = 3600.0
    """What an endpoint may ask for at most; a longer wait ends the run instead."""


@dataclass(slots=True)
class Asked:
    """What became of the texts."""

    n_known: int = 0
    """Verdicts that were there before."""
    n_answered: int = 0
    n_failed: int = 0
    """Texts without a verdict; they are asked about again at the next run."""
    failures: dict[str, str] = field(default_factory=dict)
    """SHA-256 of a text -> why; the first hundred."""


@dataclass(slots=True)
class _Run:
    moderator: Moderator
    file: VerdictFile
    patience: Patience
    rng: random.Random
    on_progress: Callable[[int], object]
    asked: Asked = field(default_factory=Asked)


async def ask_about(
    texts: Iterable[str | None],
    moderator: Moderator,
    file: VerdictFile,
    *,
    batch_size: int = 16,
    concurrency: int = 4,
    patience: Patience | None = None,
    seed: int = 0,
    on_progress: Callable[[int], object] | None = None,
) -> Asked:
    """Fetch the verdicts that `file` lacks; texts that are null or empty are not asked about.

    Texts are taken from the iterable as they are needed. `on_progress` gets the number of texts
    that are done with each time. A batch that the endpoint will not take is halved until the text
    at fault stands alone; that one counts as failed and the others get their verdicts.

    Raises:
        ResponderError: The key is refused, the moderator cannot be used, or the endpoint asks to
            wait longer than `patience` allows. What was answered by then is kept.
    """
    run = _Run(moderator, file, patience or Patience(), random.Random(seed), on_progress or int)
    batches = _batches(texts, run, batch_size)
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                group.create_task(_worker(batches, run))
    except* ResponderError as several:
        raise several.exceptions[0] from None
    return run.asked


def _batches(texts: Iterable[str | None], run: _Run, size: int) -> Iterator[list[str]]:
    waiting: dict[str, str] = {}
    begun: set[str] = set()
    for text in texts:
        if not text:
            continue
        key = text_key(text)
        if key in begun:
            continue
        begun.add(key)
        if key in run.file.known:
            run.asked.n_known += 1
            run.on_progress(1)
            continue
        waiting[key] = text
        if len(waiting) == size:
            yield list(waiting.values())
            waiting = {}
    if waiting:
        yield list(waiting.values())


async def _worker(batches: Iterator[list[str]], run: _Run) -> None:
    for batch in batches:  # one iterator for all workers: nothing awaits between its steps
        await _ask(batch, run)


async def _ask(batch: list[str], run: _Run) -> None:
    for attempt in range(1, run.patience.tries + 1):
        try:
            verdicts = await run.moderator.moderate(batch)
        except ResponderError as error:
            if error.kind in STOPS or _too_long(error, run.patience):
                raise
            if not error.retryable:
                await _halve(batch, run, error)
                return
            last = error
            if attempt < run.patience.tries:
                await asyncio.sleep(_wait_s(attempt, error, run))
        else:
            run.file.add(verdicts)
            run.asked.n_answered += len(batch)
            run.on_progress(len(batch))
            return
    _fail(batch, run, last)


async def _halve(batch: list[str], run: _Run, error: ResponderError) -> None:
    if len(batch) == 1:
        _fail(batch, run, error)
        return
    middle = len(batch) // 2
    await _ask(batch[:middle], run)
    await _ask(batch[middle:], run)


def _fail(batch: list[str], run: _Run, error: ResponderError) -> None:
    run.asked.n_failed += len(batch)
    for text in batch:
        if len(run.asked.failures) < 100:
            run.asked.failures[text_key(text)] = str(error)
    run.on_progress(len(batch))


def _too_long(error: ResponderError, patience: Patience) -> bool:
    return (error.retry_after_s or 0.0) > patience.longest_retry_after_s


def _wait_s(attempt: int, error: ResponderError, run: _Run) -> float:
    patience = run.patience
    wait = min(patience.first_wait_s * 2.0 ** (attempt - 1), patience.longest_wait_s)
    return float(max(wait * run.rng.uniform(0.5, 1.0), error.retry_after_s or 0.0))
