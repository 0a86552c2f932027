"""What the comparisons of a release came to: verdicts, models, and what counts for nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from manyvoices.curate.describe_counts import Block, Share, block
from manyvoices.io import compared
from manyvoices.schema import Comparison, Outcome


@dataclass(frozen=True, slots=True)
class ModelVerdicts:
    """One model in all pairs of places of the comparisons that count."""

    model: str
    n_shown: int
    """Comparisons that it stood in, whatever came of them."""
    won: int
    lost: int
    tied: int
    all_bad: int
    """Pairs in which no side was any good."""
    no_verdict: int
    """Pairs that failed or could not be judged."""
    n_first: int
    """Comparisons in which it stood left, or first."""
    n_silent: int
    """Comparisons in which it gave no answer that did not fail."""

    @property
    def n_pairs(self) -> int:
        """Pairs that say something: all but those without a verdict."""
        return self.won + self.lost + self.tied + self.all_bad

    @property
    def share(self) -> float:
        """Of those pairs, won, with ties and all bad as a half; NaN of none."""
        half = self.won + 0.5 * (self.tied + self.all_bad)
        return half / self.n_pairs if self.n_pairs else float("nan")


@dataclass(frozen=True, slots=True)
class ComparisonCounts:
    """All comparisons of a release, people's and bots'."""

    n: int
    """Handed out."""
    n_judges: int
    """People of whom a verdict counts."""
    n_counted: int
    """Judged and not set aside."""
    n_open: int
    """Not judged."""
    verdicts: Block
    """Of those that count."""
    set_aside: Block
    """By the first rule that each was set aside by; shares of all that were judged."""
    blocks: tuple[Block, ...]
    """By source, stage, category, language, pool; of those that count."""
    models: tuple[ModelVerdicts, ...]
    """In order of name."""


def count_comparisons(records: Iterable[Comparison]) -> ComparisonCounts | None:
    """Count everything in one pass; None where there are no comparisons."""
    table = _Table()
    left_out: Counter[str] = Counter()
    for record in compared.counting(table.seen(records), left_out):
        table.add(record)
    return table.counts(left_out) if table.n else None


_BY = ("source", "stage", "category", "language", "pool")
_COLUMN = {Outcome.A: ("won", "lost"), Outcome.B: ("lost", "won")}
_BOTH = {Outcome.TIE: "tied", Outcome.BOTH_BAD: "all_bad", Outcome.FAILED: "no_verdict"}


class _Table:
    def __init__(self) -> None:
        self.n = 0
        self._judges: set[str] = set()
        self._values: dict[str, list[str | None]] = {name: [] for name in ("verdict", *_BY)}
        self._models: dict[str, Counter[str]] = {}

    def seen(self, records: Iterable[Comparison]) -> Iterable[Comparison]:
        """The same records, each counted for the models that stood in it."""
        for record in records:
            self.n += 1
            spoke = {
                answer.position
                for exchange in record.exchanges
                for answer in exchange.answers
                if answer.text is not None and answer.failure is None
            }
            for place, model in enumerate(record.models):
                counted = self._models.setdefault(model, Counter())
                counted["n_shown"] += 1
                counted["n_first"] += place == 0
                counted["n_silent"] += place not in spoke
            yield record

    def add(self, record: Comparison) -> None:
        """Count a verdict."""
        self._judges.add(record.participant_id)
        for name, values in self._values.items():
            values.append(getattr(record, name))
        for a, b, outcome in compared.place_pairs(record):
            columns = _COLUMN.get(outcome) or (_BOTH[outcome],) * 2
            for place, column in zip((a, b), columns, strict=True):
                self._models[record.models[place]][column] += 1

    def counts(self, left_out: Counter[str]) -> ComparisonCounts:
        """All that was counted, with what `compared.counting` left out."""
        n_open = left_out.pop(compared.UNJUDGED, 0)
        aside = {name.removeprefix(compared.SET_ASIDE): n for name, n in sorted(left_out.items())}
        n_counted = len(self._values["verdict"])
        n_judged = n_counted + sum(aside.values())
        names = ("n_shown", "won", "lost", "tied", "all_bad", "no_verdict", "n_first", "n_silent")
        return ComparisonCounts(
            n=self.n,
            n_judges=len(self._judges),
            n_counted=n_counted,
            n_open=n_open,
            verdicts=block("Verdict", self._values["verdict"]),
            set_aside=Block(
                "Set aside", tuple(Share(name, n, n_judged) for name, n in aside.items()), 0
            ),
            blocks=tuple(
                block(name.capitalize(), self._values[name], missing="(none)") for name in _BY
            ),
            models=tuple(
                ModelVerdicts(model, **{name: counted[name] for name in names})
                for model, counted in sorted(self._models.items())
            ),
        )
