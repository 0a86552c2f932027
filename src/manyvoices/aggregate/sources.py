"""Battles out of files. The one module of this room that knows of `manyvoices.io`.

A comparison is a verdict over models that stood side by side: every two places are a battle. A live
conversation holds no battles: it holds the scores that one person gave to the answers of its
opening turn. Every unordered pair of those answers is a battle, as in PRISM (arXiv 2404.16019,
appendix on preference aggregation): scores no further apart than the tie threshold are a tie, else
the higher one wins. Later turns are left out, because by then one model answers twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path
from typing import Literal

from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.counts import read_counts
from manyvoices.aggregate.labels import answer_labels, require_groups
from manyvoices.aggregate.outcomes import BothBad
from manyvoices.aggregate.scores import Scores
from manyvoices.aggregate.turns import Side, Table, prism_turns, release_turns, scores_of
from manyvoices.io import read_battles, read_comparisons, read_native, read_prism
from manyvoices.io.compared import labels, place_pairs
from manyvoices.schema import Comparison, ComparisonVerdict, Outcome

__all__ = [
    "COMPARISON_GROUPS",
    "Side",
    "Source",
    "battles_from_arena",
    "battles_from_comparisons",
    "battles_from_prism",
    "battles_from_release",
    "read_counts",
    "release_sources",
    "scores_from_prism",
    "scores_from_release",
]

Source = Literal["conversations", "comparisons", "both"]
"""Which judgements of a release are read as battles."""

COMPARISON_GROUPS = ("stage", "prompt_id", "category", "language", "pool")
"""What every comparison can be grouped by."""

_OWN = (*COMPARISON_GROUPS, "source")
_OUTCOMES = {Outcome.A: 1.0, Outcome.B: 0.0, Outcome.TIE: 0.5}


def battles_from_prism(
    directory: str | PathLike[str],
    *,
    tie_threshold: float = 5,
    groups: Sequence[str] = ("conversation_type",),
) -> Battles:
    """Read the opening turns (turn 0) of a folder in PRISM's form.

    `groups`: ``conversation_type``, or columns of ``survey.jsonl``; inner fields are joined by an
    underscore, as in ``location_special_region``. An answer without a score counts as unrated;
    PRISM's own files hold none that failed. Raises `DataError` for faults in the files, and
    `ValueError` for a group that they do not have.
    """
    table = Table(groups)
    table.add_turns(prism_turns(read_prism(Path(fspath(directory))), groups), tie_threshold)
    return table.battles(str(directory))


def release_sources(directory: str | PathLike[str]) -> Source:
    """Which judgements a native release holds; ``conversations`` where it holds none."""
    release = read_native(Path(fspath(directory)))
    # Only whether there is a first record is asked: faults are for those who read to the end.
    compared = next(iter(release.comparisons), None) is not None
    talked = next(iter(release.conversations), None) is not None
    if compared:
        return "both" if talked else "comparisons"
    return "conversations"


def battles_from_release(
    directory: str | PathLike[str],
    *,
    tie_threshold: float = 5,
    groups: Sequence[str] | None = None,
    source: Source | None = None,
    with_quarantined: bool = False,
    both_bad: BothBad = "tie",
) -> Battles:
    """Read the comparisons of a native release, and the opening turns (turn 0) of conversations.

    Of conversations, a pair with a model that gave no answer counts as failed, one with an answer
    that was not rated as unrated. Of comparisons, `a` stood before `b`; every two places of one
    that failed, could not be judged, was not judged or was set aside are counted by that reason.

    Args:
        groups: ``conversation_type``, ``language``, ids of survey questions; with comparisons also
            `COMPARISON_GROUPS` and ``source``. None means all that is no survey's. The language of
            a conversation is its participant's, of a comparison its prompt's.
        source: None means all there is; see `release_sources`.
        with_quarantined: Whether votes that were set aside count.
        both_bad: What "all bad" is; of comparisons alone.

    Raises:
        DataError: The files have faults.
        ValueError: There is no such group, or no such source.
    """
    if source not in (None, "conversations", "comparisons", "both"):
        wanted = "conversations, comparisons or both"
        raise ValueError(f"source must be {wanted}, found {source!r}")
    source = source or release_sources(directory)
    own = _own(source)
    if groups is None:
        groups = own if source == "comparisons" else ("conversation_type", *own)
    release = read_native(Path(fspath(directory)))
    table, counted = Table(groups), Counter[str]()
    if source != "comparisons":
        table.add_turns(release_turns(release, groups, own), tie_threshold)
    if source != "conversations":
        of_person = answer_labels(release, table.groups, _OWN)
        counted = _add_comparisons(table, release.comparisons, of_person, with_quarantined)
    return _counted(table.battles(str(directory), both_bad), counted)


def battles_from_comparisons(
    path: str | PathLike[str],
    *,
    groups: Sequence[str] = COMPARISON_GROUPS,
    with_quarantined: bool = False,
    both_bad: BothBad = "tie",
) -> Battles:
    """Read a file of comparisons alone, ``comparisons.jsonl``; see `battles_from_release`.

    `groups` are of `COMPARISON_GROUPS`: what judges said in surveys is in other files.
    """
    require_groups(groups, COMPARISON_GROUPS)
    table = Table(groups)
    records = read_comparisons(Path(fspath(path)))
    counted = _add_comparisons(table, records, lambda _: {}, with_quarantined)
    return _counted(table.battles(str(path), both_bad), counted)


def _counted(battles: Battles, counted: Counter[str]) -> Battles:
    """With what `_add_comparisons` counted; who could not judge is no longer among the failed."""
    failed = battles.excluded.get("failed", 0) - counted["cannot_judge"]
    rest = {name: n for name, n in battles.excluded.items() if name != "failed"}
    return replace(battles, excluded={**({"failed": failed} if failed else {}), **rest}).excluding(
        counted
    )


def _own(source: Source) -> tuple[str, ...]:
    """Groups that come from what was judged, where a survey question may have the same name."""
    return () if source == "conversations" else _OWN


def _add_comparisons(
    table: Table,
    records: Iterable[Comparison],
    of_person: Callable[[str], Mapping[str, str]],
    with_quarantined: bool,
) -> Counter[str]:
    """Add every two places; return reason -> pairs that are no battle, or will be counted apart."""
    counted: Counter[str] = Counter()
    for record in records:
        n_pairs = len(record.models) * (len(record.models) - 1) // 2
        if record.verdict is None:
            counted["not judged"] += n_pairs
            continue
        if record.quarantined and not with_quarantined:
            counted[f"set aside ({record.quarantined[0]})"] += n_pairs
            continue
        own = {**labels(record), "source": "comparisons"}
        if record.language is not None:
            own["language"] = record.language
        if record.verdict is ComparisonVerdict.CANNOT_JUDGE:
            counted["cannot_judge"] += n_pairs
        models = record.models
        table.add(
            ((models[a], models[b], _OUTCOMES.get(o, o.value)) for a, b, o in place_pairs(record)),
            record.participant_id,
            record.simulated,
            {**of_person(record.participant_id), **own},
        )
    return counted


def scores_from_prism(
    directory: str | PathLike[str],
    *,
    tie_threshold: float = 5,
    groups: Sequence[str] = ("conversation_type",),
) -> Scores:
    """Read the scores of all turns of a folder in PRISM's form; `groups` as above."""
    turns = prism_turns(read_prism(Path(fspath(directory))), groups)
    return scores_of(turns, tie_threshold, groups)


def scores_from_release(
    directory: str | PathLike[str],
    *,
    tie_threshold: float = 5,
    groups: Sequence[str] = ("conversation_type",),
) -> Scores:
    """Read the scores of all turns of a native release; `groups` as above.

    Comparisons have no scores, and give none.
    """
    own = _own(release_sources(directory))
    turns = release_turns(read_native(Path(fspath(directory))), groups, own)
    return scores_of(turns, tie_threshold, groups)


def battles_from_arena(
    path: str | PathLike[str], *, groups: Sequence[str] = (), both_bad: BothBad = "tie"
) -> Battles:
    """Read a file of battles, an arena's rows or native `Battle` lines; judges are participants.

    `groups`: ``language``, ``turn``, or a key of the battles' own groups (``question_id``).
    "Both bad" is a tie, or left out and counted.
    """
    rows = list(read_battles(Path(fspath(path))))
    known = {"language", "turn"}.union(*(row.groups for row in rows))
    require_groups(groups, known)
    return Battles.from_rows(rows, groups=groups, both_bad=both_bad)
