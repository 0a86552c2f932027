"""DPO's data: which pairs, how much each counts, and how sure people were."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from manyvoices.train.config_dpo import DpoConfig
from manyvoices.train.dpo.rows import Ids, Tokens
from manyvoices.train.errors import TrainingError
from manyvoices.train.views import Pair, ReplyGroup, Turn

COLUMNS = ("prompt_ids", "chosen_ids", "rejected_ids")
"""As TRL's collator names them."""

EXTRAS = ("offset", "smoothing", "weight")
"""What TRL's losses have no place for."""


class NoPairsError(TrainingError):
    """There is no pair, or reply, of which one could say that people preferred it."""

    def __init__(self, side: str, why: str) -> None:
        super().__init__(
            f"{side} holds nothing to prefer: {why}. Preference training needs replies to one "
            "message with different ranks or scores; use sft, or a release in which people ranked"
        )


@dataclass(frozen=True, slots=True)
class PairRow:
    """One pair as tokens."""

    prompt_ids: Ids
    chosen_ids: Ids
    rejected_ids: Ids
    offset: float
    """By how much the chosen reply's reward must lead."""
    smoothing: float
    """Probability that the preference is the wrong way round."""
    weight: float
    """Mean 1 over all rows."""
    tree_id: str


@dataclass(frozen=True, slots=True)
class PairRows:
    """The pairs of one side of a split."""

    rows: tuple[PairRow, ...]
    groups: int
    tied: int
    """Pairs of replies with equal ranks: left out."""
    near: int
    """Pairs below ``min_margin``: left out."""
    same: int
    """Pairs whose replies are the same after cutting: left out."""
    asked: int
    """Pairs that several people ordered, where smoothing is by disagreement."""
    cuts: str

    def line(self) -> str:
        """For people."""
        text = f"{len(self.rows):,} pairs of {self.groups:,} groups"
        notes = [
            (self.tied, "tied pairs left out"),
            (self.near, "pairs below min_margin left out"),
            (self.same, "pairs the same after cutting left out"),
            (self.asked, "pairs that several people ordered"),
        ]
        parts = [text, *(f"{n:,} {what}" for n, what in notes if n), self.cuts]
        return "; ".join(part for part in parts if part)


def pair_rows(
    groups: Sequence[ReplyGroup],
    rater_groups: Iterable[ReplyGroup],
    tokens: Tokens,
    config: DpoConfig,
    side: str,
) -> PairRows:
    """All pairs of `groups` that `config` wants, with what each counts.

    Raises:
        NoPairsError: No group, only ties, or nothing above the margin.
    """
    from manyvoices.train.views_all import pairs_of

    pairs = [pair for group in groups for pair in pairs_of(group)]
    tied = sum(len(g.ranks) * (len(g.ranks) - 1) // 2 - g.n_pairs for g in groups)
    kept = [pair for pair in pairs if pair.margin >= config.min_margin]
    if not kept:
        raise NoPairsError(side, _why(groups, tied, pairs, config))
    sides = disagreement(rater_groups) if config.smooth_by == "disagreement" else {}
    rows = [_row(pair, tokens, config, sides) for pair in kept]
    rows = _weighed(rows, kept, config)
    different = [row for row in rows if row.chosen_ids != row.rejected_ids]
    if not different:
        raise NoPairsError(side, "all replies are the same in optim.max_length tokens")
    return PairRows(
        tuple(different),
        len(groups),
        tied,
        len(pairs) - len(kept),
        len(rows) - len(different),
        sum(_key(pair) in sides for pair in kept),
        tokens.cuts.line(tokens.max_length),
    )


def _why(groups: Sequence[ReplyGroup], tied: int, pairs: Sequence[Pair], config: DpoConfig) -> str:
    if not groups:
        return "no group of ranked or scored replies"
    if not pairs:
        return f"all {tied} pairs of its {len(groups)} groups are ties"
    most = max(pair.margin for pair in pairs)
    return f"the largest margin of its {len(pairs)} pairs is {most:g}, min_margin is " + (
        f"{config.min_margin:g}"
    )


def _row(pair: Pair, tokens: Tokens, config: DpoConfig, sides: Mapping[_Key, float]) -> PairRow:
    prompt, (chosen, rejected) = tokens.prompt_and(pair.prompt, (pair.chosen, pair.rejected))
    return PairRow(
        prompt,
        chosen,
        rejected,
        config.margin_scale * pair.margin if config.margins == "offset" else 0.0,
        sides.get(_key(pair), config.smoothing),
        pair.weight * (pair.margin if config.margins == "weight" else 1.0),
        pair.tree_id,
    )


def _weighed(rows: list[PairRow], pairs: list[Pair], config: DpoConfig) -> list[PairRow]:
    """Weights that are 1 on average: then a batch's mean is the mean of its weighted losses."""
    weights = [row.weight for row in rows]
    if config.average == "group":
        names = [(pair.tree_id, pair.prompt, pair.rater) for pair in pairs]
        count = Counter(names)
        weights = [w / count[name] for w, name in zip(weights, names, strict=True)]
    mean = sum(weights) / len(weights)
    return [replace(row, weight=w / mean) for row, w in zip(rows, weights, strict=True)]


_Key = tuple[tuple[Turn, ...], str, str]


def _key(pair: Pair) -> _Key:
    return (pair.prompt, pair.chosen, pair.rejected)


def disagreement(groups: Iterable[ReplyGroup]) -> Mapping[_Key, float]:
    """(prompt, a, b) -> share of people who preferred b, a tie counting half; at most one half.

    Only pairs that at least two people ordered. A merged order may go against most people in one
    pair (ranked pairs breaks cycles so); there the share is one half, and nothing is learnt.
    """
    against: dict[_Key, list[float]] = defaultdict(list)
    for group in groups:
        n = len(group.replies)
        for i in range(n):
            for j in range(n):
                if i == j:
                    continue
                key = (group.prefix, group.replies[i], group.replies[j])
                better = group.ranks[i] - group.ranks[j]
                against[key].append(0.5 if better == 0 else float(better > 0))
    return {k: min(sum(v) / len(v), 0.5) for k, v in against.items() if len(v) > 1}
