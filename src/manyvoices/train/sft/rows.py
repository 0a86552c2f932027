"""Threads as rows of tokens with labels: what the trainer `trl` is given, already tokenised.

Over-long threads become several rows, or lose a part; `Lengths` says how much. TRL would
cut them without a word, and drop those of which only the question is left.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from manyvoices.train.errors import EmptySplitError
from manyvoices.train.lengths import TooLong, fitted
from manyvoices.train.masks import IGNORED, Encoded
from manyvoices.train.templates import MessageFormat
from manyvoices.train.views import Thread

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class Row:
    """One row of tokens; ``labels[t]`` is ``ids[t]`` where token t is a target, else `IGNORED`."""

    ids: tuple[int, ...]
    labels: tuple[int, ...]
    tree_id: str = ""

    @property
    def n_trained(self) -> int:
        """How many tokens are targets."""
        return sum(label != IGNORED for label in self.labels)


@dataclass(frozen=True, slots=True)
class Lengths:
    """How many tokens there were, and what became of those beyond ``max_length``."""

    threads: int
    tokens: int
    """In all threads, before anything is cut; shared beginnings count in each of them."""
    targets: int
    """Of which are trained, before anything is cut."""
    overlong: int
    """Threads longer than ``max_length``."""
    rows: int
    """Rows that were made of these."""
    lost_targets: int
    """Targets that are in no row."""
    lost_threads: int
    """Threads of which no target is left."""

    def line(self) -> str:
        """For people."""
        text = f"{self.threads:,} threads, {self.tokens:,} tokens, {self.targets:,} of them trained"
        if not self.overlong:
            return f"{text}; none is too long"
        lost = f"{self.lost_targets:,} trained tokens and {self.lost_threads:,} whole threads lost"
        return f"{text}; {self.overlong:,} too long: {self.rows:,} rows of them, {lost}"

    def as_json(self) -> Mapping[str, int]:
        """For the metrics."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one side of a split."""

    rows: tuple[Row, ...]
    lengths: Lengths


def rows_of(
    threads: Iterable[Thread],
    tokenizer: PreTrainedTokenizerBase,
    format: MessageFormat,
    max_length: int,
    overlong: TooLong = "split",
    *,
    seed: int = 0,
    side: str = "the training side",
) -> Rows:
    """Encode `threads` and make those fit that are longer than `max_length` tokens.

    Args:
        overlong: See `TooLong`. ``split`` trains every target once.
        seed: Of the places of ``window``.

    Raises:
        EmptySplitError: No row is left.
    """
    made: list[Row] = []
    rng = random.Random(f"{seed}/rows")
    count = dict.fromkeys(Lengths.__slots__, 0)
    for thread in threads:
        encoded = format.encode(thread.turns, tokenizer)
        parts, _ = fitted(encoded, max_length, overlong, rng=rng)
        mine = [Row(part.ids, part.labels, thread.tree_id) for part in parts]
        made += mine
        _count(count, encoded, mine, max_length)
    if not made:
        raise EmptySplitError(
            side,
            f"no assistant message fits into {max_length} tokens ({count['threads']} threads)",
            "give it threads that end on an assistant message, or a larger optim.max_length",
        )
    return Rows(tuple(made), Lengths(**count))


def _count(count: dict[str, int], encoded: Encoded, rows: list[Row], max_length: int) -> None:
    long = len(encoded) > max_length
    count["threads"] += 1
    count["tokens"] += len(encoded)
    count["targets"] += encoded.n_trained
    count["overlong"] += long
    count["rows"] += len(rows) if long else 0
    count["lost_targets"] += encoded.n_trained - sum(row.n_trained for row in rows)
    count["lost_threads"] += not rows


def as_dataset(rows: Iterable[Row]) -> Any:
    """A `datasets.Dataset` of the columns that TRL 1.16 takes as they are.

    With ``input_ids`` it does not tokenise, and with ``labels`` it builds none of its own
    (``SFTTrainer._prepare_dataset``); a column ``assistant_masks`` would do the same in one step
    more.
    """
    from datasets import Dataset

    listed = list(rows)
    return Dataset.from_dict(
        {
            "input_ids": [list(row.ids) for row in listed],
            "labels": [list(row.labels) for row in listed],
        }
    )
