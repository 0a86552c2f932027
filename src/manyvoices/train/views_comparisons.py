"""Comparisons of models side by side, as `SourceTree`s: one tree to a prompt, a group to a verdict.

Several people judge the same answers to the same prompt; each verdict is a group of its own, by its
rater, and the answers stand in the tree once. A verdict over conversations that went apart over
several turns is about all of them, and no single reply: it is left out and counted.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from manyvoices.io import compared
from manyvoices.io.compared import PREFERENCES
from manyvoices.schema import ChatLine, Comparison, ComparisonVerdict, Participant
from manyvoices.train.config import DataConfig
from manyvoices.train.consent import Consent
from manyvoices.train.drafts import Draft, Drops, Place, finished, group_of
from manyvoices.train.languages import wanted
from manyvoices.train.views import ReplyGroup, Turn
from manyvoices.train.views_all import SourceTree
from manyvoices.train.views_talks import chain

SIMULATED = "comparisons of a rehearsal (simulated)"
OTHER_LANGUAGE = "comparisons in other languages, or without one"
NO_PREFERENCE = "comparisons without a preference"
NO_TEXT = "comparisons without a text of every side"
APART = "comparisons whose sides went apart over several turns"
SAME_TEXT = "comparisons in which two sides say the same"

Prompt = tuple[Turn, ...]


@dataclass(slots=True)
class _Judged:
    """All verdicts on one prompt."""

    tree_id: str
    language: str
    replies: dict[str, Draft] = field(default_factory=dict)
    """Text -> node, in the order in which they were met."""
    groups: list[ReplyGroup] = field(default_factory=list)


def comparison_trees(
    records: Iterable[Comparison],
    config: DataConfig,
    drops: Drops,
    *,
    consent: Consent | None = None,
    participants: Mapping[str, Participant] | None = None,
    groups: Mapping[str, dict[str, str]] | None = None,
    source: int = 0,
) -> Iterator[SourceTree]:
    """One tree to each prompt that was judged; what is left out is counted in `drops`.

    Args:
        groups: Rater -> what to report by; see `ReplyGroup.groups`.
    """
    consent = consent or Consent()
    prompts: dict[tuple[Prompt, str], _Judged] = {}
    for record in compared.counting(records, drops):
        reason = consent.refuses(record, participants or {}, config.filters)
        if reason is None:
            reason = _unwanted(record, config)
        said = compared.conversations(record)
        if reason is None and said is None:
            reason = NO_TEXT
        if reason is not None or said is None:
            drops[str(reason).replace("conversations", "comparisons")] += 1
            continue
        prompt, replies = _parted(said)
        if fault := _fault(prompt, replies):
            drops[fault] += 1
            continue
        key = (prompt, record.language or "")
        mine = prompts.setdefault(key, _Judged(record.comparison_id, record.language or ""))
        _add(mine, record, prompt, replies, (groups or {}).get(record.participant_id, {}), drops)
    for (prompt, language), judged in prompts.items():
        root, end = chain(prompt)
        end.children += judged.replies.values()
        given = tuple(judged.groups)
        yield SourceTree(finished(root, given, judged.tree_id, language), given, source)


def _unwanted(record: Comparison, config: DataConfig) -> str | None:
    if record.simulated and not config.filters.allow_simulated:
        return SIMULATED
    if not wanted(record.language or "", config.languages):
        return OTHER_LANGUAGE
    no_order = record.verdict not in PREFERENCES or record.verdict is ComparisonVerdict.ALL_BAD
    return NO_PREFERENCE if no_order else None


def _parted(said: list[list[ChatLine]]) -> tuple[Prompt, list[list[ChatLine]]]:
    """What all sides have in common from the start, and what each says after it."""
    n, limit = 0, len(said[0]) - 1
    while n < limit and all(lines[n] == said[0][n] for lines in said):
        n += 1
    shared = tuple(
        Turn("prompter" if line.role == "user" else "assistant", str(line.content))
        for line in said[0][:n]
    )
    return shared, [lines[n:] for lines in said]


def _fault(prompt: Prompt, replies: list[list[ChatLine]]) -> str | None:
    if any(len(lines) > 1 for lines in replies):
        return APART
    texts = [str(lines[0].content) for lines in replies]
    if not all(text.strip() for text in [*texts, *(turn.text for turn in prompt)]):
        return NO_TEXT
    return SAME_TEXT if len(set(texts)) < len(texts) else None


def _add(
    judged: _Judged,
    record: Comparison,
    prompt: Prompt,
    replies: list[list[ChatLine]],
    person: dict[str, str],
    drops: Drops,
) -> None:
    rank = compared.ranks(record)
    places = []
    for place, (line,) in enumerate(replies):
        text = str(line.content)
        node = judged.replies.setdefault(
            text, Draft(text, "assistant", f"reply-{len(judged.replies)}")
        )
        places.append(Place(node.node_id, text, float(rank.get(place, 0))))
    own = {k: v for k, v in compared.labels(record).items() if k != "prompt_id"}
    group = group_of(
        prompt,
        places,
        judged.tree_id,
        judged.language,
        drops,
        rater=record.participant_id,
        # One person's answers stand behind all their groups, once in memory.
        groups=ChainMap(own, person),
    )
    assert group is not None
    judged.groups.append(group)
