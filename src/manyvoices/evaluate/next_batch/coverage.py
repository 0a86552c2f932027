"""Reason ``coverage``: cells, languages and groups of which there is too little."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from statistics import median_high
from typing import Any

from manyvoices.curate.census_tables import CensusTable, read_joint
from manyvoices.design.comparisons.batch import Ask
from manyvoices.evaluate.next_batch.config import NextConfig
from manyvoices.evaluate.next_batch.errors import UnknownAnswer
from manyvoices.evaluate.next_batch.evidence import Evidence, Pair, Verdict
from manyvoices.evaluate.next_batch.possible import Possible
from manyvoices.evaluate.next_batch.sharing import Wish

Where = tuple[str | None, str | None]
"""Category and language."""


def gaps(evidence: Evidence, possible: Possible, config: NextConfig) -> list[Wish]:
    """What is missing, weighed by how much."""
    return [*_cells(evidence, possible, config), *_people(evidence, possible, config)]


def _cells(evidence: Evidence, possible: Possible, config: NextConfig) -> Iterator[Wish]:
    """Two models in one category and language with fewer verdicts than wanted."""
    counts: Counter[tuple[Pair, Where]] = Counter()
    for verdict in evidence.verdicts:
        counts[verdict.pair, _where(verdict, possible, evidence)] += 1
    cells = [
        (pair, where)
        for pair in possible.pairs()
        for where in _wheres(possible)
        if _has_texts(pair, where, possible)
    ]
    if not cells:
        return
    wanted = config.coverage.per_pair
    if wanted is None:
        # The middle cell: half of them have as many, so it can be had.
        wanted = max(1, median_high(counts[cell] for cell in cells))
    for pair, where in cells:
        have = counts[pair, where]
        if have < wanted:
            yield Wish(
                Ask(
                    models=pair,
                    category=where[0],
                    language=where[1],
                    reason="coverage",
                    evidence={"verdicts": have, "wanted": wanted},
                ),
                weight=wanted - have,
                most=wanted - have,
            )


def _wheres(possible: Possible) -> list[Where]:
    if possible.kind == "comparisons" and possible.prompts:
        # Only categories and languages that some prompt has together.
        named = {
            (prompt.category, prompt.language if len(possible.languages) > 1 else None)
            for prompt in possible.prompts.values()
        }
        return sorted(named, key=str)
    tongues = possible.languages if len(possible.languages) > 1 else (None,)
    return [(kind, tongue) for kind in possible.categories or (None,) for tongue in tongues]


def _where(verdict: Verdict, possible: Possible, evidence: Evidence) -> Where:
    """As `_wheres` names it: by the prompt of the set; of the person where people write."""
    prompt = possible.prompts.get(verdict.prompt or "")
    category = prompt.category if prompt is not None else verdict.category
    language = None
    if len(possible.languages) > 1:
        spoken = verdict.language or evidence.tongues.get(verdict.person)
        language = prompt.language if prompt is not None else spoken
    return (category if possible.categories else None), language


def _has_texts(pair: Pair, where: Where, possible: Possible) -> bool:
    """Whether some prompt there has a text of both; always so where models answer live."""
    if possible.texts is None:
        return True
    return any(
        possible.can_show(name, pair)
        for name, prompt in possible.prompts.items()
        if where[0] in (None, prompt.category) and where[1] in (None, prompt.language)
    )


# People


def _people(evidence: Evidence, possible: Possible, config: NextConfig) -> Iterator[Wish]:
    """Groups whose share of verdicts lies below the share that is wanted of them."""
    for question, shares in config.coverage.groups.items():
        yield from _missing({(name,): share for name, share in shares.items()}, (question,),
                            evidence, possible, config)  # fmt: skip
    if config.coverage.census is not None:
        table = read_joint(config.coverage.census)
        yield from _missing(table.shares, table.dimensions, evidence, possible, config, table)


def _missing(
    shares: Mapping[tuple[str, ...], float],
    questions: tuple[str, ...],
    evidence: Evidence,
    possible: Possible,
    config: NextConfig,
    table: CensusTable | None = None,
) -> Iterator[Wish]:
    total = sum(shares.values())
    _check(shares, questions, possible, table)
    have: Counter[tuple[str | None, ...]] = Counter()
    for verdict in evidence.verdicts:
        mine = evidence.answers.get(verdict.person, {})
        have[tuple(mine.get(name) for name in questions)] += 1
    known = sum(n for cell, n in have.items() if None not in cell)
    for cell, share in shares.items():
        wanted = share / total * (known + config.n) if total else 0.0
        lack = round(wanted - have[cell])
        if lack > 0:
            found: dict[str, Any] = {
                "share": round(have[cell] / known, 4) if known else None,
                "wanted_share": round(share / total, 4),
                "verdicts": have[cell],
            }
            group = dict(zip(questions, cell, strict=True))
            ask = Ask(group=group, reason="coverage", evidence=found)
            yield Wish(ask, weight=lack, most=lack)


def _check(
    shares: Mapping[tuple[str, ...], float],
    questions: tuple[str, ...],
    possible: Possible,
    table: CensusTable | None,
) -> None:
    """Raise `UnknownAnswer` for what the study does not ask, or does not offer."""
    where = f"census {table.name}" if table is not None else "coverage.groups"
    for place, question in enumerate(questions):
        offered = possible.questions.get(question)
        if offered is None:
            raise UnknownAnswer(where, f"the question {question}", tuple(possible.questions))
        for cell in shares:
            if cell[place] not in offered:
                raise UnknownAnswer(where, f"{question}: {cell[place]}", offered)
