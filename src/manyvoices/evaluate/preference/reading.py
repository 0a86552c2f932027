"""Votes out of a release, a file of comparisons, or a file of battles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import combinations
from math import nan
from pathlib import Path
from typing import Any

from manyvoices.aggregate.labels import answer_labels
from manyvoices.evaluate.preference.errors import UnknownFieldError
from manyvoices.evaluate.preference.votes import (
    ALL_BAD,
    CANNOT_JUDGE,
    CHOICE,
    FAILED,
    OPEN,
    TIE,
    Collector,
    Votes,
)
from manyvoices.io import detect_format, read_battles, read_comparisons, read_native
from manyvoices.io.arena import conversations
from manyvoices.schema import ArenaBattle, Battle, Comparison, ComparisonVerdict, Outcome

OWN = ("category", "language", "pool")
"""Fields of a comparison itself."""
STATUS = {
    ComparisonVerdict.TIE: TIE,
    ComparisonVerdict.ALL_BAD: ALL_BAD,
    ComparisonVerdict.CANNOT_JUDGE: CANNOT_JUDGE,
    ComparisonVerdict.FAILED: FAILED,
}
OUTCOMES = {
    Outcome.A: (CHOICE, 1.0),
    Outcome.B: (CHOICE, 0.0),
    Outcome.TIE: (TIE, 0.5),
    Outcome.BOTH_BAD: (ALL_BAD, nan),
    Outcome.FAILED: (FAILED, nan),
}
INCONSISTENT = "tie (inconsistent)"
"""How MT-bench spells a judging model that changed its mind with the places."""


def read_votes(path: Path, by: Iterable[str] = ()) -> Votes:
    """All rows of `path`; `by` names fields beyond `OWN`.

    Raises:
        DataError: The files have faults, or are none of the three.
        UnknownFieldError: No vote has a field of `by`.
    """
    wanted = [name for name in dict.fromkeys(by) if name not in OWN]
    if path.is_dir():
        release = read_native(path)
        of_person = _answers(release, wanted)
        return votes_of(release.comparisons, of_person, wanted)
    if detect_format(path) == "native-comparisons":
        if wanted:
            raise UnknownFieldError(wanted[0], OWN)
        return votes_of(read_comparisons(path), lambda _: {}, ())
    return battle_votes(read_battles(path), wanted)


def votes_of(
    comparisons: Iterable[Comparison],
    of_person: Callable[[str], Mapping[str, str]],
    fields: Iterable[str] = (),
) -> Votes:
    """Rows of comparisons; `of_person` gives a rater's answers."""
    collector = Collector((*OWN, *fields))
    for record in comparisons:
        labels = {
            **of_person(record.participant_id),
            "category": record.category,
            "language": record.language,
            "pool": record.pool,
        }
        _add_comparison(collector, record, labels)
    return _without_empty(collector.votes())


def battle_votes(battles: Iterable[Battle], fields: Iterable[str] = ()) -> Votes:
    """Rows of battles; ``question_id`` is the prompt, and with ``turn`` the item."""
    wanted = tuple(fields)
    collector = Collector((*OWN, *wanted))
    known: set[str] = set()
    for row, battle in enumerate(battles):
        labels: dict[str, str | None] = {**battle.groups, "language": battle.language}
        if battle.turn is not None:
            labels["turn"] = str(battle.turn)
        known.update(labels)
        _add_battle(collector, battle, row, labels)
    for name in wanted:
        if name not in known:
            raise UnknownFieldError(name, sorted(known))
    return _without_empty(collector.votes())


def _answers(release: Any, wanted: list[str]) -> Callable[[str], Mapping[str, str]]:
    try:
        return answer_labels(release, wanted)
    except ValueError as error:
        known = [answer.question_id for answer in release.answers]
        missing = next(name for name in wanted if name not in known)
        raise UnknownFieldError(missing, [*OWN, *sorted(set(known))]) from error


def _add_comparison(
    collector: Collector, record: Comparison, labels: Mapping[str, str | None]
) -> None:
    prompt = record.prompt_id or f"comparison {record.comparison_id}"
    # Only stored texts are the same for two people; a live model answers anew.
    item = prompt if record.source == "outputs" else f"comparison {record.comparison_id}"
    seconds = nan
    if record.shown_at is not None and record.judged_at is not None:
        seconds = (record.judged_at - record.shown_at).total_seconds()
    at = record.judged_at or record.started_at
    words = _words(record)
    place = {position: n for n, group in enumerate(record.order or ()) for position in group}
    for one, two in combinations(range(len(record.models)), 2):
        status, score = _verdict(record, place.get(one), place.get(two))
        collector.add(
            labels,
            a=record.models[one],
            b=record.models[two],
            status=status,
            score=score,
            aside=bool(record.quarantined),
            rater=record.participant_id,
            prompt=prompt,
            item=item,
            seconds=seconds,
            words_a=words[one],
            words_b=words[two],
            simulated=record.simulated,
            at=at.timestamp(),
            changed=None,
        )


def _verdict(record: Comparison, one: int | None, two: int | None) -> tuple[int, float]:
    if record.verdict is None:
        return OPEN, nan
    if record.verdict is not ComparisonVerdict.CHOICE:
        return STATUS[record.verdict], 0.5 if record.verdict is ComparisonVerdict.TIE else nan
    if one is None or two is None:
        return FAILED, nan
    return (TIE, 0.5) if one == two else (CHOICE, float(one < two))


def _words(record: Comparison) -> list[float]:
    """Words of each place's last answer; NaN where there is none."""
    found = [nan] * len(record.models)
    for exchange in record.exchanges:
        for answer in exchange.answers:
            if answer.text is not None and answer.position < len(found):
                found[answer.position] = float(len(answer.text.split()))
    return found


def _add_battle(
    collector: Collector, battle: Battle, row: int, labels: Mapping[str, str | None]
) -> None:
    status, score = OUTCOMES[battle.outcome]
    prompt = battle.groups.get("question_id") or battle.conversation_id or f"row {row}"
    talks = conversations(battle)
    words = (nan, nan) if talks is None else tuple(_last_words(talk) for talk in talks)
    spelt = battle.published.row.get("winner") if isinstance(battle, ArenaBattle) else None
    collector.add(
        labels,
        a=battle.model_a,
        b=battle.model_b,
        status=status,
        score=score,
        aside=False,
        rater=battle.participant_id or f"unnamed {row}",
        prompt=prompt,
        item=prompt if battle.turn is None else f"{prompt} · turn {battle.turn}",
        seconds=nan,
        words_a=words[0],
        words_b=words[1],
        simulated=battle.simulated,
        at=float(row),
        changed=spelt == INCONSISTENT,
    )


def _last_words(talk: Iterable[Any]) -> float:
    said = [line.text for line in talk if line.role == "assistant"]
    return float(len(said[-1].split())) if said else nan


def _without_empty(votes: Votes) -> Votes:
    """Fields that no row knows are left out."""
    kept = {name: v for name, v in votes.fields.items() if len(votes.label_values(name)) > 1}
    single = {
        name: v for name, v in votes.fields.items()
        if name not in kept and name not in OWN
    }  # fmt: skip
    return replace(votes, fields={**kept, **single})
