"""Thousands of faults of one kind are one line, and the log never grows with the file."""

from __future__ import annotations

from manyvoices.io import FaultLog
from manyvoices.schema import Fault


def fault(line: int, path: str, found: str, expected: str = "a string") -> Fault:
    return Fault("f.jsonl", line, path, found, expected)


def lines(log: FaultLog) -> list[str]:
    return [line for group in log.groups.values() for line in group.lines]


def test_faults_that_differ_in_value_and_place_only_are_one_kind() -> None:
    log = FaultLog()
    for n in range(1204):
        log.add(fault(n + 17, f"replies[{n}].rank", f"the number {n}"))
    assert lines(log) == [
        "f.jsonl: replies[].rank: x 1,204, first at line 17, "
        "e.g. found the number 0, expected a string"
    ]


def test_a_few_faults_of_one_kind_are_told_one_by_one() -> None:
    log = FaultLog()
    for n in range(5):
        log.add(fault(n + 1, "text", f'the string "{n}"'))
    assert lines(log) == [
        f'f.jsonl:{n + 1}: text: found the string "{n}", expected a string' for n in range(5)
    ]


def test_another_path_another_finding_or_another_file_is_another_kind() -> None:
    log = FaultLog()
    log.add(fault(1, "text", "null"))
    log.add(fault(1, "role", "null"))
    log.add(fault(1, "text", "the number 7"))
    log.add(Fault("g.jsonl", 1, "text", "null", "a string"))
    assert len(log.groups) == 4


def test_the_log_is_bounded_and_counts_what_it_does_not_keep() -> None:
    log = FaultLog(limit=10)
    for n in range(50_000):
        log.add(fault(n, f"field_{'abcdefghijkl'[n % 12]}", "null"))
    assert (len(log.faults), log.n_more) == (10, 49_990)
    assert len(log.groups) == 10
    assert sum(len(group.faults) for group in log.groups.values()) == 50
    assert sum(group.count for group in log.groups.values()) + log.n_ungrouped == 50_000
