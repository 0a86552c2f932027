"""From what people wrote of themselves to groups, by decisions of people (PRISM, appendix F).

A text enters a group only where a named person decided so. Two annotators fill in a sheet each,
without seeing the other's; where they agree it is decided, where not it goes to a list to discuss.
Whatever nobody has decided is "Prefer not to say": nobody is put into a group by default, and a
model's proposal alone never counts.

Deviation: PRISM's annotators saw and corrected GPT-4's label; here they see a proposal only where
it is asked for, since a label shown first draws people to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from manyvoices.curate.categories_schemes import NOT_SAID, Scheme
from manyvoices.schema.errors import DataError, Fault


@dataclass(frozen=True, slots=True, order=True)
class Described:
    """One text as people wrote it, with what else is known (PRISM: the platform's ethnicity)."""

    text: str
    """White space as one space, lower case."""
    context: str = ""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One line of an annotator's sheet."""

    described: Described
    n: int
    """How many people."""
    group: str = ""
    """What the annotator decided; empty = not decided."""
    note: str = ""
    proposal: str = ""
    """A model's, where it was asked for and is shown."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of the mapping file: a text, its group, and who decided it."""

    described: Described
    group: str
    decided_by: str
    """Names of the people; never empty."""
    decided_on: str
    """ISO date."""
    how: str
    """``agreement`` of two annotators, ``discussion``, or ``by hand``."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Disputed:
    """A text for discussion: the annotators differ, or one did not decide."""

    described: Described
    n: int
    first: str
    second: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Merged:
    """Two sheets put together."""

    decided: tuple[Decision, ...]
    disputed: tuple[Disputed, ...]
    first: tuple[str | None, ...]
    """What the first annotator decided of each text, None = nothing; for an agreement."""
    second: tuple[str | None, ...]
    annotators: tuple[str, str]

    @property
    def n_both(self) -> int:
        """Texts that both decided on."""
        return sum(a is not None and b is not None for a, b in self._pairs)

    @property
    def share_agreed(self) -> float:
        """Of the texts that both decided on, 0 to 1; NaN where there are none."""
        alike = sum(a is not None and a == b for a, b in self._pairs)
        return alike / self.n_both if self.n_both else float("nan")

    @property
    def _pairs(self) -> list[tuple[str | None, str | None]]:
        return list(zip(self.first, self.second, strict=True))


@dataclass(frozen=True, slots=True)
class Categorised:
    """Everybody's group."""

    categorised: tuple[str, ...]
    simplified: tuple[str, ...]
    decided: tuple[bool, ...]
    """Whether a person decided it, or the person themselves said so or chose not to say."""
    undecided: Mapping[Described, int]
    """Texts that are `NOT_SAID` only because nobody has decided -> people."""


def plain(text: object) -> str:
    """A text as it is compared; empty where there is none."""
    return " ".join(text.split()).lower() if isinstance(text, str) else ""


def self_descriptions(
    rows: Iterable[Mapping[str, Any]], field: str, *, context: str = ""
) -> tuple[list[str], list[Any], list[Any]]:
    """User ids, what each wrote in `field`, and what stands in the column `context`.

    A row is one of PRISM's ``survey.jsonl``: the text is ``<field>.self_described``, or the column
    ``<field>`` or ``<field>_self_described`` itself.
    """
    users, texts, contexts = [], [], []
    for row in rows:
        value = row.get(field, row.get(f"{field}_self_described"))
        users.append(str(row["user_id"]))
        texts.append(value.get("self_described") if isinstance(value, Mapping) else value)
        contexts.append(row.get(context) if context else None)
    return users, texts, contexts


def describe(texts: Iterable[Any], contexts: Iterable[Any] | None = None) -> dict[Described, int]:
    """The different texts (with their contexts) that need a decision -> people, in order."""
    found = _all(texts, contexts)
    counts = Counter(one for one in found if one.text not in ("", NOT_SAID.lower()))
    return dict(sorted(counts.items()))


def sheet(
    described: Mapping[Described, int], proposals: Mapping[Described, str] | None = None
) -> list[SheetRow]:
    """An empty sheet for one annotator; blind to a model unless `proposals` are given."""
    shown = proposals or {}
    return [SheetRow(one, n, proposal=shown.get(one, "")) for one, n in described.items()]


def merge(
    first: Sequence[SheetRow],
    second: Sequence[SheetRow],
    *,
    annotators: tuple[str, str],
    scheme: Scheme,
    today: str,
) -> Merged:
    """Put two annotators' sheets together.

    Raises:
        DataError: Both are by the same person, the sheets are not about the same texts, or a group
            is none of the scheme's; all faults at once.
    """
    faults = _strange(first, annotators[0], scheme) + _strange(second, annotators[1], scheme)
    if not all(annotators) or plain(annotators[0]) == plain(annotators[1]):
        found = f"{annotators[0]!r} and {annotators[1]!r}"
        faults.append(Fault("sheets", None, "annotator", found, "two different people"))
    theirs = {row.described: row for row in second}
    odd = {row.described for row in first} ^ set(theirs)
    faults += [
        Fault("sheets", None, one.text[:60], "in one sheet alone", "the same texts in both")
        for one in sorted(odd)
    ]
    if faults:
        raise DataError(faults[:100], n_more=max(len(faults) - 100, 0))
    decided, disputed, ours, others = [], [], [], []
    for row in first:
        a, b = scheme.find(row.group), scheme.find(theirs[row.described].group)
        ours.append(a)
        others.append(b)
        note = "; ".join(filter(None, (row.note, theirs[row.described].note)))
        if a is not None and a == b:
            who = " and ".join(annotators)
            decided.append(Decision(row.described, a, who, today, "agreement", note))
        else:
            disputed.append(Disputed(row.described, row.n, a or "", b or "", note))
    return Merged(tuple(decided), tuple(disputed), tuple(ours), tuple(others), annotators)


def categorise(
    texts: Sequence[Any],
    decisions: Iterable[Decision],
    scheme: Scheme,
    *,
    contexts: Sequence[Any] | None = None,
) -> Categorised:
    """Everybody's group, by the decisions alone; `NOT_SAID` where there is none.

    A decision about a text with its context comes before one about the text alone.

    Raises:
        DataError: A decision names nobody, or a group that the scheme does not have.
    """
    rules = _rules(decisions, scheme)
    groups, sure, waiting = [], [], Counter[Described]()
    for one in _all(texts, contexts):
        group = rules.get(one) or rules.get(replace(one, context=""))
        if group is None and scheme.groups_are_choices:
            group = scheme.find(one.text)
        said = one.text not in ("", NOT_SAID.lower())
        groups.append(group or NOT_SAID)
        sure.append(group is not None or not said)
        if group is None and said:
            waiting[one] += 1
    return Categorised(
        categorised=tuple(groups),
        simplified=tuple(map(scheme.simple, groups)),
        decided=tuple(sure),
        undecided=dict(sorted(waiting.items())),
    )


def share_right(proposals: Mapping[Described, str], decisions: Iterable[Decision]) -> float:
    """How often a model's proposal is what people decided, 0 to 1 (GPT-4 in PRISM: .860, .949)."""
    rules = {one.described: one.group for one in decisions}
    both = [(proposals[one], rules[one]) for one in proposals if one in rules]
    return sum(a == b for a, b in both) / len(both) if both else float("nan")


def _all(texts: Iterable[Any], contexts: Iterable[Any] | None) -> list[Described]:
    written = [plain(text) for text in texts]
    around = [""] * len(written) if contexts is None else [plain(one) for one in contexts]
    return [Described(text, context) for text, context in zip(written, around, strict=True)]


def _rules(decisions: Iterable[Decision], scheme: Scheme) -> dict[Described, str]:
    faults: list[Fault] = []
    rules: dict[Described, str] = {}
    for one in decisions:
        group = scheme.find(one.group)
        where = one.described.text[:60]
        if group is None:
            expected = "one of " + ", ".join(scheme.groups)
            faults.append(Fault("mapping", None, where, repr(one.group)[:60], expected))
        if not one.decided_by.strip():
            faults.append(Fault("mapping", None, where, "nobody's decision", "who decided it"))
        if group is not None and rules.setdefault(one.described, group) != group:
            found = f"{rules[one.described]} and {group}"
            faults.append(Fault("mapping", None, where, found, "one group for a text"))
    if faults:
        raise DataError(faults[:100], n_more=max(len(faults) - 100, 0))
    return rules


def _strange(rows: Sequence[SheetRow], annotator: str, scheme: Scheme) -> list[Fault]:
    expected = "empty, or one of " + ", ".join(scheme.groups)
    return [
        Fault(f"sheet of {annotator}", line, "group", repr(row.group)[:60], expected)
        for line, row in enumerate(rows, start=2)
        if row.group.strip() and scheme.find(row.group) is None
    ]
