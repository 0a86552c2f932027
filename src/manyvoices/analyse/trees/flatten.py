"""From a stream of trees to columns, once; memory holds numbers and one tree."""

from __future__ import annotations

import datetime as dt
import hashlib
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from manyvoices.analyse.table import BoolArray, IntArray
from manyvoices.analyse.trees.columns import NONE, FloatArray, Given, Marks, Rankings, TreeColumns
from manyvoices.analyse.trees.reading import find_trees, stream
from manyvoices.curate.checks_duplicates import LEAST_WORDS
from manyvoices.curate.checks_shingles import normalised
from manyvoices.io.converting import Apart
from manyvoices.io.oasst_flat import below
from manyvoices.schema import Message, MessageTree, Ranking
from manyvoices.schema.grown import GrownTree

_EVERY = 1000
Watch = Callable[[int], None]
"""Is called now and then with the number of trees read so far."""


def read_columns(path: Path | str, watch: Watch | None = None) -> TreeColumns:
    """The columns of a file of trees or of a release folder.

    Raises:
        NotEnough: It holds no trees.
        DataError: It has faults.
    """
    source = find_trees(path)
    try:
        return flatten(stream(source), source.form, watch)
    except Apart:
        return flatten(stream(source, gather=True), source.form, watch)


def flatten(
    trees: Iterable[MessageTree | GrownTree], form: str = "", watch: Watch | None = None
) -> TreeColumns:
    """Columns of trees in any order; the same for every order."""
    flat = _Flat()
    for number, record in enumerate(trees, start=1):
        flat.add(record)
        if watch is not None and number % _EVERY == 0:
            watch(number)
    return flat.columns(form)


class _Codes(dict[str, int]):
    """Name -> code, in the order in which names came."""

    def __missing__(self, name: str) -> int:
        self[name] = code = len(self)
        return code

    def in_order(self) -> tuple[tuple[str, ...], IntArray]:
        """The names sorted, and for each code its place among them."""
        names = sorted(self)
        place = np.zeros(len(self) + 1, dtype=np.int64)
        place[[self[name] for name in names]] = np.arange(len(names))
        place[-1] = NONE  # so that NONE stays NONE
        return tuple(names), place


@dataclass
class _Long:
    """Rows of (message, name, number of one kind or another)."""

    names: _Codes = field(default_factory=_Codes)
    message: array[int] = field(default_factory=lambda: array("q"))
    name: array[int] = field(default_factory=lambda: array("q"))
    value: array[float] = field(default_factory=lambda: array("d"))
    extra: array[int] = field(default_factory=lambda: array("q"))

    def add(self, message: int, name: str, value: float, extra: int = 1) -> None:
        self.message.append(message)
        self.name.append(self.names[name])
        self.value.append(value)
        self.extra.append(extra)

    def sorted(
        self, moved: IntArray, people: IntArray | None = None
    ) -> tuple[tuple[str, ...], IntArray, IntArray, FloatArray, IntArray]:
        """Names, message, name, value and extra, ordered by message, then name, then the rest;
        extra are codes of people where `people` says what becomes of them."""
        names, place = self.names.in_order()
        message, name = moved[_ints(self.message)], place[_ints(self.name)]
        value, extra = np.frombuffer(self.value or array("d"), dtype=np.float64), _ints(self.extra)
        extra = extra if people is None else people[extra]
        order = np.lexsort((value, extra, name, message))
        return names, message[order], name[order], value[order], extra[order]


_COLUMNS = (
    *("tree", "parent", "depth", "role", "language", "author", "deleted", "synthetic"),
    *("simulated", "review", "n_reviews", "rank", "day", "text"),
)


class _Flat:
    """Collects columns while trees go by."""

    def __init__(self) -> None:
        self._of: dict[str, array[int]] = {name: array("q") for name in _COLUMNS}
        self._trees = _Codes()
        self._languages, self._states, self._people = _Codes(), _Codes(), _Codes()
        self._state = array("q")
        self._labels, self._scores, self._emojis, self._given = _Long(), _Long(), _Long(), _Long()
        self._rankings: list[tuple[int, int, bool]] = []
        self._places = (array("q"), array("q"), array("q"))
        self._n_unplaced = 0

    def add(self, record: MessageTree | GrownTree) -> None:
        """Take one tree."""
        grown = record if isinstance(record, GrownTree) else None
        tree = record.tree if isinstance(record, GrownTree) else record
        state = tree.tree_state
        self._state.append(self._states[str(state)] if isinstance(state, str) else NONE)
        code = self._trees[tree.message_tree_id]
        bots = {more.message_id for more in grown.messages if more.simulated} if grown else set()
        rows: dict[str, int] = {}
        events: list[tuple[str, dict[str, Any]]] = []
        for message, parent in below(tree.prompt):
            above = NONE if parent is None else rows[parent.message_id]
            rows[message.message_id] = self._message(
                message, code, above, message.message_id in bots
            )
            if grown is None and message.events:
                events += [(message.message_id, e) for e in message.events.get("ranking", ())]
        for name, event in events:
            self._event(event, name, rows)
        if grown is not None:
            self._judgements(grown, rows)

    def _message(self, message: Message, tree: int, above: int, is_bot: bool) -> int:
        row, of = len(self._of["tree"]), self._of
        of["tree"].append(tree)
        of["parent"].append(above)
        of["depth"].append(0 if above == NONE else of["depth"][above] + 1)
        of["role"].append(message.role == "assistant")
        of["language"].append(self._languages[message.lang or ""])
        of["author"].append(self._people[message.user_id] if message.user_id else NONE)
        of["deleted"].append(message.deleted is True)
        of["synthetic"].append(message.synthetic is True)
        of["simulated"].append(is_bot)
        result = message.review_result
        of["review"].append(int(result) if isinstance(result, bool) else NONE)
        of["n_reviews"].append(_number(message.review_count))
        of["rank"].append(_number(message.rank))
        date = message.created_date
        of["day"].append(_day(date[:10]) if isinstance(date, str) else NONE)
        of["text"].append(_fingerprint(message.text))
        self._marks(message, row)
        return row

    def _marks(self, message: Message, row: int) -> None:
        for name, summary in (message.labels or {}).items():
            self._labels.add(row, name, summary.value, summary.count)
        for name, value in (message.detoxify or {}).items():
            self._scores.add(row, name, value)
        for name, n in (message.emojis or {}).items():
            self._emojis.add(row, name, n)

    def _event(self, event: dict[str, Any], parent: str, rows: dict[str, int]) -> None:
        """A ranking as OASST's export writes it: ids of replies, the best first."""
        order = [[str(name)] for name in event.get("ranked_message_ids") or ()]
        person, bad = str(event.get("user_id") or ""), bool(event.get("not_rankable"))
        self._ranking(str(event.get("ranking_parent_id") or parent), person, order, bad, rows)

    def _judgements(self, grown: GrownTree, rows: dict[str, int]) -> None:
        for review in grown.reviews:
            if review.message_id not in rows:
                self._n_unplaced += 1
            elif review.source == "task" and review.counts:
                person = self._people[review.participant_id]
                for name, value in review.labels.items():
                    number = np.nan if value is None else value
                    self._given.add(rows[review.message_id], name, number, person)
        for one in grown.rankings:
            self._single(one, rows)

    def _single(self, one: Ranking, rows: dict[str, int]) -> None:
        self._ranking(one.parent_id, one.participant_id, one.ranking, one.not_rankable, rows)

    def _ranking(
        self, parent: str, person: str, groups: list[list[str]], bad: bool, rows: dict[str, int]
    ) -> None:
        ids = [name for group in groups for name in group]
        if parent not in rows or any(name not in rows for name in ids):
            self._n_unplaced += 1
            return
        number = len(self._rankings)
        self._rankings.append((rows[parent], self._people[person] if person else NONE, bad))
        for place, group in enumerate(() if bad else groups):
            for name in group:
                for column, value in zip(self._places, (number, rows[name], place), strict=True):
                    column.append(value)

    # Once everything has gone by

    def columns(self, form: str) -> TreeColumns:
        """The columns in the order of ids."""
        of = {name: _ints(column) for name, column in self._of.items()}
        _, tree_place = self._trees.in_order()
        languages, language_place = self._languages.in_order()
        states, state_place = self._states.in_order()
        people, person_place = self._people.in_order()
        order = np.argsort(tree_place[of["tree"]], kind="stable")
        moved = np.full(len(order) + 1, NONE)
        moved[order] = np.arange(len(order))
        state = np.full(len(self._state), NONE)
        state[tree_place[: len(state)]] = state_place[_ints(self._state)]
        labels, scores, emojis = (
            self._marks_of(one, moved) for one in (self._labels, self._scores, self._emojis)
        )
        names, message, name, value, person = self._given.sorted(moved, person_place)
        return TreeColumns(
            languages=languages,
            states=states,
            people=people,
            state=state,
            tree=tree_place[of["tree"][order]],
            parent=moved[of["parent"][order]],
            depth=of["depth"][order],
            is_assistant=of["role"][order] == 1,
            language=language_place[of["language"][order]],
            author=person_place[of["author"][order]],
            deleted=of["deleted"][order] == 1,
            synthetic=of["synthetic"][order] == 1,
            simulated=of["simulated"][order] == 1,
            review=of["review"][order],
            n_reviews=of["n_reviews"][order],
            rank=of["rank"][order],
            day=of["day"][order],
            fingerprint=of["text"][order],
            labels=labels,
            scores=scores,
            emojis=emojis,
            given=Given(names, message, name, person, value),
            rankings=self._rankings_of(moved, person_place),
            form=form,
            n_unplaced=self._n_unplaced,
        )

    @staticmethod
    def _marks_of(one: _Long, moved: IntArray) -> Marks:
        names, message, name, value, count = one.sorted(moved)
        return Marks(names, message, name, value, count)

    def _rankings_of(self, moved: IntArray, people: IntArray) -> Rankings:
        """Rankings in the order of parent, then person; so their order moves nothing either."""
        table = np.array(self._rankings, dtype=np.int64).reshape(-1, 3)
        parent, person = moved[table[:, 0]], people[table[:, 1]]
        order = np.lexsort((person, parent))
        place_of = np.empty(len(order), dtype=np.int64)
        place_of[order] = np.arange(len(order))
        number, message, place = (_ints(column) for column in self._places)
        ranking, message = place_of[number], moved[message]
        rows = np.lexsort((message, place, ranking))
        all_bad: BoolArray = table[order, 2] == 1
        return Rankings(
            parent[order], person[order], all_bad, ranking[rows], message[rows], place[rows]
        )


def _ints(column: array[int]) -> IntArray:
    return np.frombuffer(column, dtype=np.int64) if len(column) else np.zeros(0, dtype=np.int64)


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else NONE


@lru_cache(maxsize=10_000)
def _day(text: str) -> int:
    """The ordinal of an ISO date; `NONE` where it is none."""
    try:
        return dt.date.fromisoformat(text).toordinal()
    except ValueError:
        return NONE


def _fingerprint(text: str) -> int:
    """63 bits of a text as `curate.find_duplicates` compares it; 0 where it leaves it alone."""
    plain = normalised(text)
    if plain.count(" ") + 1 < LEAST_WORDS:
        return 0
    digest = hashlib.blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 1) or 1
