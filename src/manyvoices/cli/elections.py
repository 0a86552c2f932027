"""Elections out of files, for the verbs that merge or compare rankings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from manyvoices.schema import Message


@dataclass
class Election:
    """What is known of one set of candidates."""

    election_id: str
    rankings: list[Any] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    candidates: list[str] | None = None
    published: list[str] | None = None
    """The order by merged ranks in the file, best first; None where there are none."""
    not_rankable: int = 0
    """Ballots that said "all are bad" and so rank nothing."""


def read_elections(path: Path, kind: str) -> Iterable[Election]:
    """Return the elections of a file of ballots, or one for each set of sibling replies."""
    if kind == "places":
        return _table_elections(path)
    return _ballot_elections(path) if kind == "ballots" else _tree_elections(path)


def first_keys(path: Path) -> set[str]:
    """Return the field names of a file's first record; empty where it is no such file."""
    import msgspec

    from manyvoices.io import FaultLog
    from manyvoices.io.lines import iter_lines

    for _, line in iter_lines(path, FaultLog()):
        try:
            record = msgspec.json.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return set()
        return set(record) if isinstance(record, dict) else set()
    return set()


def _table_elections(path: Path) -> Iterator[Election]:
    """Read a row for each voter and candidate: election_id, voter_id, candidate, place, weight."""
    from manyvoices.aggregate import elections_from_frame
    from manyvoices.aggregate.columns import column_names
    from manyvoices.aggregate.tables import read_table

    table = read_table(path)
    weight = "weight" if "weight" in column_names(table) else None
    found = elections_from_frame(table, election="election_id", voter="voter_id", weight=weight)
    for name, ballots in found.items():
        rankings = []
        for row in ballots.places.tolist():
            groups: list[list[str]] = [[] for _ in range(max(row, default=-1) + 1)]
            for label, place in zip(ballots.candidates, row, strict=True):
                if place >= 0:
                    groups[place].append(label)
            rankings.append(groups)
        yield Election(name, rankings, ballots.weights.tolist(), list(ballots.candidates))


def _ballot_elections(path: Path) -> Iterable[Election]:
    import msgspec

    from manyvoices.io.lines import read_records
    from manyvoices.schema import Ballot

    found: dict[str, Election] = {}
    for ballot in read_records(path, msgspec.json.Decoder(Ballot).decode, Ballot):
        election = found.setdefault(ballot.election_id, Election(ballot.election_id))
        election.rankings.append(ballot.ranking)
        election.weights.append(ballot.weight)
        if ballot.candidates is not None:
            known = election.candidates or []
            more = [name for name in ballot.candidates if name not in known]
            election.candidates = [*known, *more]
    for election in found.values():
        if election.candidates is not None:
            election.candidates.sort()
    return found.values()


def _tree_elections(path: Path) -> Iterator[Election]:
    from manyvoices.io import read_trees

    for tree in read_trees(path):
        waiting = [tree.prompt]
        while waiting:
            message = waiting.pop()
            replies = message.replies if isinstance(message.replies, list) else []
            waiting.extend(reversed(replies))
            election = _of_replies(message, replies)
            if election.rankings or election.published or election.not_rankable:
                yield election


def _of_replies(message: Message, replies: list[Message]) -> Election:
    election = Election(message.message_id)
    events = message.events if isinstance(message.events, dict) else {}
    for event in events.get("ranking", ()):
        if event.get("not_rankable"):
            election.not_rankable += 1
        elif event.get("ranked_message_ids"):
            election.rankings.append(event["ranked_message_ids"])
            election.weights.append(1.0)
    ranked = [reply for reply in replies if isinstance(reply.rank, int)]
    if len(ranked) >= 2:
        ranked.sort(key=lambda reply: reply.rank if isinstance(reply.rank, int) else 0)
        election.published = [reply.message_id for reply in ranked]
    return election
