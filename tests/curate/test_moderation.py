"""Moderation columns, the file of verdicts, and asking: each text once, whatever goes wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from manyvoices.curate.moderation import (
    CATEGORIES,
    COLUMNS,
    annotate_moderation,
    prism_moderation,
    text_key,
)
from manyvoices.curate.moderation_asking import Asked, Patience, ask_about
from manyvoices.curate.moderation_file import VerdictFile, read_verdicts
from manyvoices.llm.port import FailureKind, ResponderError
from manyvoices.schema.errors import DataError
from manyvoices.schema.moderation import Verdict

DAY = date(2026, 11, 21)
NO_WAITS = Patience(tries=3, first_wait_s=0, longest_wait_s=0)


def verdict(
    text: str, *, flagged: bool = False, asked_model: str = "m", **scores: float
) -> Verdict:
    return Verdict(
        text_sha256=text_key(text),
        asked_model=asked_model,
        model="m-007",
        moderated_on=DAY,
        flagged=flagged,
        categories=dict.fromkeys(scores, flagged),
        scores=scores,
    )


class Scripted:
    """Answers, or raises what `fault` returns for a batch."""

    model = "m"

    def __init__(self, fault: Any = lambda batch, n: None) -> None:
        self.batches: list[list[str]] = []
        self._fault = fault

    async def moderate(self, texts: Sequence[str]) -> list[Verdict]:
        self.batches.append(list(texts))
        await asyncio.sleep(0)
        if (error := self._fault(texts, len(self.batches))) is not None:
            raise error
        return [verdict(text) for text in texts]

    async def aclose(self) -> None:
        pass


def error(kind: FailureKind, *, retryable: bool, after: float | None = None) -> ResponderError:
    return ResponderError(kind, "no", retryable=retryable, retry_after_s=after)


def ask(moderator: Scripted, path: Path, texts: Sequence[str | None], **options: Any) -> Asked:
    with VerdictFile(path, asked_model="m") as file:
        return asyncio.run(ask_about(texts, moderator, file, patience=NO_WAITS, **options))


def test_columns_are_prisms_eleven_and_flagged_with_model_and_day() -> None:
    table = pa.table({"text": ["bad", "unasked", None]})
    verdicts = {text_key("bad"): verdict("bad", flagged=True, violence=0.987654)}
    result = annotate_moderation(table, verdicts)
    assert result.column_names == ["text", *COLUMNS]
    flags = result.column("moderation_flag").to_pylist()
    assert list(flags[0]) == ["flagged", *CATEGORIES]
    assert (flags[0]["flagged"], flags[0]["violence"], flags[0]["hate"]) == (True, True, None)
    assert flags[1:] == [None, None]
    assert result.column("moderation_scores").to_pylist()[0]["violence"] == 0.987654
    assert result.column("moderator").to_pylist() == ["m-007", "none", "none"]
    assert result.column("moderated_on").to_pylist() == [DAY, None, None]


def test_where_nobody_was_asked_all_is_null() -> None:
    result = annotate_moderation(pa.table({"text": ["a"]}), None)
    assert result.column("moderation_flag").to_pylist() == [None]
    assert result.column("moderator").to_pylist() == ["none"]


def test_prisms_file_has_scores_of_two_decimals() -> None:
    found = prism_moderation({"flagged": False, "hate": False}, {"hate": 0.12345})
    assert found is not None
    assert found["category_scores"]["hate"] == 0.12
    assert found["categories"]["sexual"] is None
    assert prism_moderation(None, None) is None


def test_each_text_is_asked_once_and_empty_ones_never(tmp_path: Path) -> None:
    moderator = Scripted()
    asked = ask(moderator, tmp_path / "v.jsonl", ["a", None, "b", "a", "", "c"], batch_size=2)
    assert sorted(text for batch in moderator.batches for text in batch) == ["a", "b", "c"]
    assert (asked.n_answered, asked.n_known, asked.n_failed) == (3, 0, 0)
    again = Scripted()
    asked = ask(again, tmp_path / "v.jsonl", ["a", "b", "c", "d"])
    assert again.batches == [["d"]]
    assert (asked.n_answered, asked.n_known) == (1, 3)


def test_another_models_verdicts_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "v.jsonl"
    with VerdictFile(path, asked_model="other") as file:
        file.add([verdict("a", asked_model="other")])
    moderator = Scripted()
    ask(moderator, path, ["a"])
    assert moderator.batches == [["a"]]
    with pytest.raises(DataError, match="one model's verdicts"):
        annotate_moderation(pa.table({"text": ["a"]}), path)


def test_a_passing_fault_is_tried_again(tmp_path: Path) -> None:
    def fault(batch: Sequence[str], n: int) -> ResponderError | None:
        return error(FailureKind.HTTP_ERROR, retryable=True) if n < 3 else None

    asked = ask(Scripted(fault), tmp_path / "v.jsonl", ["a"])
    assert (asked.n_answered, asked.n_failed) == (1, 0)


def test_what_keeps_failing_is_counted_and_asked_again_next_time(tmp_path: Path) -> None:
    def fault(batch: Sequence[str], n: int) -> ResponderError:
        return error(FailureKind.UNREACHABLE, retryable=True)

    asked = ask(Scripted(fault), tmp_path / "v.jsonl", ["a", "b"])
    assert (asked.n_answered, asked.n_failed) == (0, 2)
    assert asked.failures[text_key("a")] == "unreachable: no"
    assert ask(Scripted(), tmp_path / "v.jsonl", ["a", "b"]).n_answered == 2


def test_a_text_that_the_endpoint_cannot_take_does_not_take_others_with_it(tmp_path: Path) -> None:
    def fault(batch: Sequence[str], n: int) -> ResponderError | None:
        return error(FailureKind.HTTP_ERROR, retryable=False) if "bad" in batch else None

    asked = ask(Scripted(fault), tmp_path / "v.jsonl", ["a", "b", "bad", "c", "d"])
    assert (asked.n_answered, asked.n_failed) == (4, 1)
    assert list(asked.failures) == [text_key("bad")]


@pytest.mark.parametrize(
    "stop",
    [
        error(FailureKind.REFUSED_CREDENTIALS, retryable=False),
        error(FailureKind.RATE_LIMITED, retryable=True, after=7200),
    ],
)
def test_a_refused_key_or_too_long_a_wait_ends_the_run_and_keeps_what_there_is(
    tmp_path: Path, stop: ResponderError
) -> None:
    def fault(batch: Sequence[str], n: int) -> ResponderError | None:
        return stop if n == 2 else None

    path = tmp_path / "v.jsonl"
    with pytest.raises(ResponderError):
        ask(Scripted(fault), path, ["a", "b", "c"], batch_size=1, concurrency=1)
    assert list(read_verdicts(path)) == [text_key("a")]


def test_an_unfinished_last_line_is_dropped_and_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "v.jsonl"
    ask(Scripted(), path, ["a", "b"], batch_size=1, concurrency=1)
    path.write_bytes(path.read_bytes()[:-20])
    moderator = Scripted()
    ask(moderator, path, ["a", "b"])
    assert moderator.batches == [["b"]]
    assert len([json.loads(line) for line in path.read_text().splitlines()]) == 2


def test_two_runs_do_not_write_into_one_file(tmp_path: Path) -> None:
    path = tmp_path / "v.jsonl"
    with VerdictFile(path, asked_model="m"):  # noqa: SIM117 (the second is refused)
        with pytest.raises(DataError, match="in use by another run"):
            ask(Scripted(), path, ["a"])
    assert ask(Scripted(), path, ["a"]).n_answered == 1


def test_a_line_that_is_no_verdict_is_a_fault_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "v.jsonl"
    ask(Scripted(), path, ["a"])
    path.write_bytes(path.read_bytes() + b'{"flagged": 1}\n')
    with pytest.raises(DataError, match=r"v\.jsonl:2: found no verdict"):
        read_verdicts(path)
