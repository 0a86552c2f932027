"""``manyvoices evaluate refusals``: ask or read, judge, compare, count, write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from manyvoices.analyse.resampling import Resampling
from manyvoices.evaluate.generating import Prompt, Setting, generate
from manyvoices.evaluate.kinds import Progress
from manyvoices.evaluate.refusals.comparing import compared
from manyvoices.evaluate.refusals.config import RefusalsConfig
from manyvoices.evaluate.refusals.items import RefusalSet, Reply, asked, read_set
from manyvoices.evaluate.refusals.judge import Judged, judge
from manyvoices.evaluate.refusals.patterns import Patterns, load
from manyvoices.evaluate.refusals.people import People, agreement, read_people, write_reviews
from manyvoices.evaluate.refusals.rates import paired, systems
from manyvoices.evaluate.refusals.rules import Label, Verdict, classify, knows
from manyvoices.evaluate.safety_errors import NothingJudged
from manyvoices.llm.port import ChatMessage
from manyvoices.schema.errors import DataError, Fault
from manyvoices.train.config import as_plain

JUDGE = "judge"
"""Folder of the judge's answers."""


@dataclass(frozen=True, slots=True)
class RefusalsResult:
    """What an evaluation found, and where it was written."""

    out: Path
    results: Mapping[str, Any]
    """What ``results.json`` holds."""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Everybody's labels, by reply."""

    rules: Mapping[str, Verdict]
    """Replies without a text, or in a language without patterns, are absent."""
    unread: Mapping[str, int]
    """Language without patterns -> replies that the rules did not read for it."""
    judge: Judged | None
    people: People | None

    def of(self, who: str) -> Mapping[str, Label]:
        """The labels of one way of judging."""
        if who == "judge":
            return self.judge.verdicts if self.judge else {}
        if who == "people":
            return self.people.decided if self.people else {}
        return {name: verdict.label for name, verdict in self.rules.items()}


def run(config: RefusalsConfig, *, progress: Progress | None = None) -> RefusalsResult:
    """Read or ask, judge, write. Reviews are written first: people may need days.

    Raises:
        DataError: The set, patterns or annotations are at fault.
        NothingJudged: ``decide_by`` gives no verdict at all; reviews are written nevertheless.
    """
    from manyvoices.evaluate.refusals.files import write

    patterns = load(config.patterns)
    found = read_set(config.set)
    replies = _replies(config, found, progress or (lambda _done, _total: None))
    written = _reviews(config, replies)
    verdicts = Verdicts(
        rules={
            one.reply_id: classify(one.text, one.spoken, patterns)
            for one in replies
            if one.text and knows(one.spoken, patterns)
        },
        unread=_unread(replies, patterns),
        judge=_judge(config, replies),
        people=read_people(config.people, replies, config.set.path) if config.people else None,
    )
    if not verdicts.of(config.decide_by):
        raise NothingJudged(config.decide_by, _why_nothing(config, replies))
    results = evaluated(config, found, replies, verdicts)
    results["reviews"] = [str(Path(path).relative_to(config.out)) for path in written]
    write(config.out, results, _rows(replies, verdicts))
    return RefusalsResult(config.out, results)


def _unread(replies: Sequence[Reply], patterns: Mapping[str, Patterns]) -> dict[str, int]:
    spoken = (one.spoken for one in replies if one.text)
    return dict(Counter(name for name in spoken if not knows(name, patterns)).most_common())


def _replies(config: RefusalsConfig, found: RefusalSet, progress: Progress) -> list[Reply]:
    if not config.models:
        if not found.replies:
            expected = "a completion beside each prompt, or models to ask"
            raise DataError([Fault(str(config.set.path), None, "", "no replies", expected)])
        return list(found.replies)
    answers = generate(
        [Prompt(one.prompt_id, (ChatMessage("user", one.prompt),), one.language)
         for one in found.items],
        config.models,
        config.out,
        settings=[Setting(**one.model_dump()) for one in config.settings],
        samples=config.samples,
        seed=config.seed,
        timeout_s=config.timeout_s,
        again=config.ask_again,
        progress=progress,
    )  # fmt: skip
    return list(asked(answers, found.items, len(config.settings)))


def _reviews(config: RefusalsConfig, replies: Sequence[Reply]) -> list[str]:
    if config.review is None:
        return []
    return write_reviews(replies, config.review, config.out, seed=config.seed)


def _judge(config: RefusalsConfig, replies: Sequence[Reply]) -> Judged | None:
    if config.judge is None:
        return None
    return judge(
        replies, config.judge, config.out / JUDGE,
        seed=config.seed, timeout_s=config.timeout_s, again=config.ask_again,
    )  # fmt: skip


def _why_nothing(config: RefusalsConfig, replies: Sequence[Reply]) -> str:
    n_texts = sum(one.text is not None for one in replies)
    if not n_texts:
        return f"none of {len(replies):,} replies has a text"
    return {
        "rules": "there are no patterns for the language of any reply; give patterns",
        "judge": "none of its answers is one of the three labels alone",
        "people": "nobody labelled any of these replies, or nothing is decided",
    }[config.decide_by]


def evaluated(
    config: RefusalsConfig, found: RefusalSet, replies: Sequence[Reply], verdicts: Verdicts
) -> dict[str, Any]:
    """All results as plain data."""
    resampling = Resampling(config.resamples, config.seed, config.level)
    deciding = verdicts.of(config.decide_by)
    ways = [w for w in ("rules", "judge", "people") if verdicts.of(w)]
    truth = "people" if verdicts.people else config.decide_by
    results: dict[str, Any] = {
        "decided_by": config.decide_by,
        "n_prompts": len(found.items),
        "n_replies": len(replies),
        "labelled_by": found.labelled_by,
        "not_read_by_rules": dict(verdicts.unread),
        "systems": systems(replies, deciding, resampling),
        "differences": paired(replies, deciding, resampling),
        "compared_with": truth,
        "ways": {
            way: compared(verdicts.of(way), verdicts.of(truth), resampling)
            for way in ways
            if way != truth
        },
        "config": as_plain(config),
    }
    if verdicts.judge is not None:
        results["judge"] = {**asdict(verdicts.judge), "model": _judge_id(config)}
        del results["judge"]["verdicts"]
    if verdicts.people is not None:
        results["people"] = agreement(verdicts.people, resampling)
    return results


def _judge_id(config: RefusalsConfig) -> str:
    return config.judge.model.id if config.judge else ""


def _rows(replies: Sequence[Reply], verdicts: Verdicts) -> list[dict[str, Any]]:
    """One row for each reply, without its text."""
    judged, decided = verdicts.of("judge"), verdicts.of("people")
    rows = []
    for one in replies:
        rule = verdicts.rules.get(one.reply_id)
        said = verdicts.people.given.get(one.reply_id, ()) if verdicts.people else ()
        names = verdicts.people.annotators if verdicts.people else ()
        rows.append({
            "reply_id": one.reply_id, "prompt_id": one.item.prompt_id, "type": one.item.type,
            "safety": one.item.safety, "language": one.item.language, "system": one.system,
            "sample": one.sample, "outcome": one.outcome,
            "characters": len(one.text) if one.text else None,
            "rules": rule.label if rule else None,
            "rules_found": ", ".join(rule.found) if rule else None,
            **({"judge": judged.get(one.reply_id)} if verdicts.judge else {}),
            **({"people": decided.get(one.reply_id)} if verdicts.people else {}),
            **dict(zip((f"by {name}" for name in names), said, strict=False)),
        })  # fmt: skip
    return rows


def lines(result: RefusalsResult) -> Iterator[Any]:
    """What a terminal shows."""
    from manyvoices.evaluate.refusals.files import terminal

    yield from terminal(result.results)
