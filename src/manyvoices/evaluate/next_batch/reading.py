"""Evidence out of a release, a file of comparisons, or a file of battles."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from typing import Any

from manyvoices.evaluate.next_batch.config import NextConfig
from manyvoices.evaluate.next_batch.evidence import Evidence, Shown
from manyvoices.io import detect_format, read_battles, read_comparisons, read_native
from manyvoices.schema import Battle, Comparison, ComparisonVerdict, Conversation, Outcome

FROM_BATTLE = {Outcome.A: 1.0, Outcome.B: 0.0, Outcome.TIE: 0.5, Outcome.BOTH_BAD: 0.5}
TIES = (ComparisonVerdict.TIE, ComparisonVerdict.ALL_BAD)


def read_evidence(config: NextConfig, prefers: str | None) -> Evidence:
    """All that `config.data` says; `prefers`: kind of the stage that will be asked.

    Raises:
        DataError: The files have faults, or are in none of the forms.
    """
    path = config.data
    if not path.is_dir():
        return _of_file(path, config)
    release = read_native(path)
    found = {"comparisons": Evidence(str(path)), "openings": Evidence(str(path))}
    _comparisons(found["comparisons"], release.comparisons, config)
    _openings(found["openings"], release.conversations, config)
    evidence = _chosen(found, config, prefers)
    for person in release.participants:
        evidence.tongues[person.participant_id] = person.language
    for answer in release.answers:
        if isinstance(answer.value, str):
            mine = evidence.answers.setdefault(answer.participant_id, {})
            mine.setdefault(answer.question_id, answer.value)
    return evidence


def _chosen(found: dict[str, Evidence], config: NextConfig, prefers: str | None) -> Evidence:
    own = "openings" if prefers == "conversations" else "comparisons"
    wanted: tuple[str, ...] = config.read or ((own,) if found[own].verdicts else tuple(found))
    both = Evidence(found[own].where)
    for name in wanted:
        part = found[name]
        both.verdicts += part.verdicts
        both.shown += part.shown
        both.left_out += part.left_out
    for part in found.values():
        both.models_of |= part.models_of
    return both


def _of_file(path: Path, config: NextConfig) -> Evidence:
    evidence = Evidence(str(path))
    if detect_format(path) == "native-comparisons":
        _comparisons(evidence, read_comparisons(path), config)
        return evidence
    for row, battle in enumerate(read_battles(path)):
        _battle(evidence, battle, row, config)
    return evidence


def _counts(evidence: Evidence, record: Any, config: NextConfig, what: str) -> bool:
    if record.simulated and not config.simulated:
        evidence.left_out[f"{what} of a rehearsal's bots"] += 1
        return False
    return True


def _comparisons(evidence: Evidence, records: Iterable[Comparison], config: NextConfig) -> None:
    for record in records:
        if _counts(evidence, record, config, "comparisons"):
            _comparison(evidence, record, config)


def _comparison(evidence: Evidence, record: Comparison, config: NextConfig) -> None:
    failed = {
        answer.position
        for exchange in record.exchanges
        for answer in exchange.answers
        if answer.failure is not None or not (answer.text or "").strip()
    }
    for position, model in enumerate(record.models):
        fails = position in failed
        evidence.shown.append(Shown(model, fails, record.prompt_id, record.category))
    if record.verdict not in (ComparisonVerdict.CHOICE, *TIES):
        why = "not judged yet" if record.verdict is None else record.verdict.value
        evidence.left_out[f"comparisons: {why.replace('_', ' ')}"] += 1
        return
    if record.quarantined and not config.quarantined:
        evidence.left_out["comparisons: set aside"] += 1
        return
    place = {position: n for n, group in enumerate(record.order or ()) for position in group}
    for one, two in combinations(range(len(record.models)), 2):
        score = 0.5
        if record.verdict is ComparisonVerdict.CHOICE:
            if one not in place or two not in place:
                continue
            score = 0.5 * (1 + (place[one] < place[two]) - (place[one] > place[two]))
        evidence.add(
            (record.models[one], record.models[two]),
            score,
            person=record.participant_id,
            source=record.comparison_id,
            prompt=record.prompt_id,
            category=record.category,
            language=record.language,
        )


def _openings(evidence: Evidence, records: Iterable[Conversation], config: NextConfig) -> None:
    for record in records:
        for turn in record.turns:
            evidence.models_of.update({one.utterance_id: one.model for one in turn.utterances})
        if record.turns and _counts(evidence, record, config, "conversations"):
            _opening(evidence, record, config)


def _opening(evidence: Evidence, record: Conversation, config: NextConfig) -> None:
    sides = record.turns[0].utterances
    kind = record.conversation_type
    evidence.shown += [Shown(one.model, one.text is None, None, kind) for one in sides]
    rated = [one for one in sides if one.text is not None and one.score is not None]
    for one, two in combinations(rated, 2):
        if one.model == two.model:
            continue
        gap = float(one.score or 0) - float(two.score or 0)
        score = 0.5 if abs(gap) <= config.tie_threshold else float(gap > 0)
        evidence.add(
            (one.model, two.model),
            score,
            person=record.participant_id,
            source=record.conversation_id,
            prompt=None,
            category=kind,
            language=None,
        )


def _battle(evidence: Evidence, battle: Battle, row: int, config: NextConfig) -> None:
    if not _counts(evidence, battle, config, "battles"):
        return
    prompt = battle.groups.get("question_id")
    category = battle.groups.get("category")
    failed = battle.outcome is Outcome.FAILED
    if failed:
        # Which of the two failed, a battle does not say.
        evidence.left_out["battles: failed"] += 1
        return
    for model in (battle.model_a, battle.model_b):
        evidence.shown.append(Shown(model, False, prompt, category))
    if battle.model_a == battle.model_b:
        evidence.left_out["battles: a model against itself"] += 1
        return
    evidence.add(
        (battle.model_a, battle.model_b),
        FROM_BATTLE[battle.outcome],
        person=battle.participant_id or f"unnamed {row}",
        source=battle.battle_id or f"row {row}",
        prompt=prompt,
        category=category,
        language=battle.language,
    )
