"""Verdicts as columns: who saw which two models on which prompt, in which order, and said what.

A comparison of more than two models gives a row for each pair of them. Every row stays, the failed
and the set-aside ones too; `Votes.counts` says which enter a rate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.evaluate.preference.rules import Rules

STATUSES = ("choice", "tie", "all_bad", "cannot_judge", "failed", "open")
CHOICE, TIE, ALL_BAD, CANNOT_JUDGE, FAILED, OPEN = range(len(STATUSES))
COLUMNS = ("won", "tied", "lost", "all_bad", "cannot_judge", "failed", "set_aside", "open")
"""What a table of outcomes counts; every row is in exactly one."""
NOT_SAID = "(not said)"
"""The group of those of whom a field is not known; it is shown and never tested."""


@dataclass(frozen=True, slots=True, eq=False)
class Votes:
    """One row to each pair of models in each comparison; all columns (rows,)."""

    a: IntArray
    """Code of the model shown first."""
    b: IntArray
    """Code of the other."""
    status: IntArray
    """Place in `STATUSES`."""
    score: FloatArray
    """1 where a won, 0.5 for a tie, 0 where b won; NaN for every other status."""
    aside: IntArray
    """1 where the vote was set aside."""
    rater: IntArray
    prompt: IntArray
    """Code of the prompt: what is drawn with all its rows. Without a prompt set, the comparison."""
    item: IntArray
    """Code of what was judged: prompt and turn. Two people on one item saw the same answers."""
    seconds: FloatArray
    """From shown to judged; NaN where not known."""
    words_a: FloatArray
    """Words of the last answer of a; NaN where its text is not there."""
    words_b: FloatArray
    simulated: IntArray
    order: IntArray
    """Place of the row's person in the order of finishing; 0 finished first."""
    models: tuple[str, ...]
    raters: tuple[str, ...]
    prompts: tuple[str, ...]
    items: tuple[str, ...]
    fields: Mapping[str, np.ndarray[Any, Any]] = field(default_factory=dict)
    """Field -> (rows,) labels: category, language, pool, and answers of the survey."""
    changed: IntArray | None = None
    """1 where a judging model changed its mind with the places; None where nobody says so."""

    def __len__(self) -> int:
        return len(self.a)

    def select(self, rows: np.ndarray[Any, Any]) -> Votes:
        """The rows that `rows` (mask or places) names; codes keep their meaning."""
        cut = {
            name: getattr(self, name)[rows]
            for name in (
                "a", "b", "status", "score", "aside", "rater", "prompt", "item", "seconds",
                "words_a", "words_b", "simulated", "order",
            )
        }  # fmt: skip
        fields = {name: labels[rows] for name, labels in self.fields.items()}
        changed = None if self.changed is None else self.changed[rows]
        return replace(self, **cut, fields=fields, changed=changed)

    def counts(self, rules: Rules) -> np.ndarray[Any, Any]:
        """(rows,) whether a row enters a rate: a choice, a tie, all bad by rule; not set aside."""
        entering = [CHOICE, TIE] + ([ALL_BAD] if rules.all_bad == "tie" else [])
        kept = np.isin(self.status, entering)
        return kept if rules.set_aside == "keep" else kept & (self.aside == 0)

    def scored(self, rules: Rules) -> Votes:
        """The rows of `counts`, both bad scored as a tie."""
        kept = self.select(self.counts(rules))
        return replace(kept, score=np.where(np.isnan(kept.score), 0.5, kept.score))

    def between(self, model: str, other: str | None) -> tuple[Votes, FloatArray]:
        """The rows of `model` (against `other`, or everybody), and its scores in them (rows,)."""
        code = self.models.index(model)
        mine = (self.a == code) | (self.b == code)
        if other is not None:
            theirs = self.models.index(other)
            mine &= (self.a == theirs) | (self.b == theirs)
        part = self.select(mine)
        return part, np.where(part.a == code, part.score, 1.0 - part.score)

    def outcomes(self, model: str, other: str | None, rules: Rules) -> dict[str, int]:
        """How many rows of `model` came to what, in `COLUMNS`; set aside goes before all else."""
        part, score = self.between(model, other)
        put_aside = (part.aside > 0) & (rules.set_aside == "leave_out")
        found: Counter[str] = Counter(dict.fromkeys(COLUMNS, 0))
        found["set_aside"] = int(put_aside.sum())
        rest = ~put_aside
        for code, name in enumerate(STATUSES):
            mine = rest & (part.status == code)
            if name == "choice":
                found["won"] = int((score[mine] == 1).sum())
                found["lost"] = int((score[mine] == 0).sum())
            else:
                found["tied" if name == "tie" else name] = int(mine.sum())
        return dict(found)

    def label_values(self, name: str) -> list[str]:
        """Values of a field, the most frequent first, `NOT_SAID` last."""
        count = Counter(self.fields[name].tolist())
        return sorted(count, key=lambda value: (value == NOT_SAID, -count[value], value))


class Collector:
    """Gathers rows into `Votes`."""

    def __init__(self, fields: Sequence[str] = ()) -> None:
        self.columns: dict[str, list[Any]] = {
            name: []
            for name in (
                "a", "b", "status", "score", "aside", "rater", "prompt", "item", "seconds",
                "words_a", "words_b", "simulated", "at", "changed",
            )
        }  # fmt: skip
        self.labels: dict[str, list[str]] = {name: [] for name in fields}

    def add(self, labels: Mapping[str, str | None], **row: Any) -> None:
        """Add a row; `at` sorts people by when they finished."""
        for name, column in self.columns.items():
            column.append(row[name])
        for name, values in self.labels.items():
            values.append(labels.get(name) or NOT_SAID)

    def votes(self) -> Votes:
        """All rows; names become codes, in sorted order."""
        columns = self.columns
        models = tuple(sorted({*columns["a"], *columns["b"]}))
        code = {name: place for place, name in enumerate(models)}
        rater, raters = _coded(columns["rater"])
        prompt, prompts = _coded(columns["prompt"])
        item, items = _coded(columns["item"])
        changed = columns["changed"]
        return Votes(
            a=_ints([code[name] for name in columns["a"]]),
            b=_ints([code[name] for name in columns["b"]]),
            status=_ints(columns["status"]),
            score=np.array(columns["score"], dtype=np.float64),
            aside=_ints(columns["aside"]),
            rater=rater,
            prompt=prompt,
            item=item,
            seconds=np.array(columns["seconds"], dtype=np.float64),
            words_a=np.array(columns["words_a"], dtype=np.float64),
            words_b=np.array(columns["words_b"], dtype=np.float64),
            simulated=_ints(columns["simulated"]),
            order=_finishing(rater, columns["at"]),
            models=models,
            raters=raters,
            prompts=prompts,
            items=items,
            fields={name: np.array(v, dtype=object) for name, v in self.labels.items()},
            changed=_ints(changed) if any(one is not None for one in changed) else None,
        )


def _ints(values: Sequence[Any]) -> IntArray:
    return np.array([0 if value is None else int(value) for value in values], dtype=np.int64)


def _coded(names: Sequence[str]) -> tuple[IntArray, tuple[str, ...]]:
    known = sorted(set(names))
    code = {name: place for place, name in enumerate(known)}
    return np.array([code[name] for name in names], dtype=np.int64), tuple(known)


def _finishing(rater: IntArray, at: Sequence[float]) -> IntArray:
    """(rows,) people in the order of their last row; where times are missing, of the file."""
    last: dict[int, tuple[float, int]] = {}
    for row, (code, when) in enumerate(zip(rater.tolist(), at, strict=True)):
        last[code] = max(last.get(code, (-np.inf, -1)), (when, row))
    place = {code: n for n, code in enumerate(sorted(last, key=lambda code: last[code]))}
    return np.array([place[code] for code in rater.tolist()], dtype=np.int64)
