"""KTO's data: single replies, each desirable or undesirable, from ranks or scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from manyvoices.train.config_dpo import LabelsConfig
from manyvoices.train.dpo.pairs import NoPairsError
from manyvoices.train.dpo.rows import Ids, Tokens
from manyvoices.train.views import ReplyGroup

COLUMNS = ("prompt_ids", "completion_ids", "KL_completion_ids", "label")
"""As TRL's collator names them."""


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One reply as tokens."""

    prompt_ids: Ids
    completion_ids: Ids
    label: bool
    """Whether it is desirable."""
    tree_id: str
    KL_completion_ids: Ids = ()
    """Another reply of the same batch, from which TRL estimates the KL divergence."""


@dataclass(frozen=True, slots=True)
class LabelRows:
    """The replies of one side of a split."""

    rows: tuple[LabelRow, ...]
    groups: int
    unlabelled: int
    """Replies on the threshold, or of groups without ranks apart or without scores."""
    cuts: str

    @property
    def desirable(self) -> int:
        """How many are."""
        return sum(row.label for row in self.rows)

    def line(self) -> str:
        """For people."""
        text = (
            f"{self.desirable:,} desirable and {len(self.rows) - self.desirable:,} undesirable "
            f"replies of {self.groups:,} groups, {self.unlabelled:,} without a label"
        )
        return "; ".join(part for part in (text, self.cuts) if part)

    def weights(self) -> tuple[float, float]:
        """(desirable, undesirable): the rarer label counts as much as the other in all."""
        good = max(self.desirable, 1)
        bad = max(len(self.rows) - self.desirable, 1)
        return max(1.0, bad / good), max(1.0, good / bad)


def label_of(group: ReplyGroup, index: int, config: LabelsConfig) -> bool | None:
    """Whether a reply is desirable; None where it is neither."""
    if config.by == "score":
        if group.scores is None:
            return None
        apart = group.scores[index] - config.threshold
    else:
        worst = max(group.ranks)
        if worst == 0:
            return None
        apart = config.threshold - group.ranks[index] / worst
    return None if abs(apart) <= config.band else apart > 0


def label_rows(
    groups: Sequence[ReplyGroup], tokens: Tokens, config: LabelsConfig, side: str
) -> LabelRows:
    """Every reply of `groups` that has a label.

    Raises:
        NoPairsError: None is desirable, or none undesirable.
    """
    rows: list[LabelRow] = []
    unlabelled = 0
    for group in groups:
        for index, text in enumerate(group.replies):
            label = label_of(group, index, config)
            if label is None:
                unlabelled += 1
                continue
            prompt, (reply,) = tokens.prompt_and(group.prefix, (text,))
            rows.append(LabelRow(prompt, reply, label, group.tree_id))
    found = LabelRows(tuple(rows), len(groups), unlabelled, tokens.cuts.line(tokens.max_length))
    if not 0 < found.desirable < len(rows):
        raise NoPairsError(
            side, f"{found.line()} (labels.by {config.by}, threshold {config.threshold:g})"
        )
    return found


def with_others(rows: Sequence[LabelRow], batch_size: int) -> list[LabelRow]:
    """Each reply's prompt beside the reply before it in its batch, the first beside the last.

    As TRL's ``add_kl_completion_ids``: the batches must come in this order (KTO's sampler does).
    """
    found: list[LabelRow] = []
    for start in range(0, len(rows), batch_size):
        batch = rows[start : start + batch_size]
        shifted = [batch[-1], *batch[:-1]]
        found += [
            replace(row, KL_completion_ids=other.completion_ids)
            for row, other in zip(batch, shifted, strict=True)
        ]
    return found
