"""Threads as rows: what is trained, and what becomes of threads that are too long."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from tests.train.sft_parts import threads

from manyvoices.train.errors import EmptySplitError
from manyvoices.train.masks import IGNORED
from manyvoices.train.sft.rows import rows_of
from manyvoices.train.views import Thread, Turn


@pytest.fixture(params=["oasst", "chatml"])
def setup(request: Any, tiny: Any) -> Any:
    _, tokenizer, format = tiny("llama", request.param)
    return tokenizer, format


def test_a_row_trains_exactly_what_the_format_says(setup: Any) -> None:
    tokenizer, format = setup
    rows = rows_of(threads(), tokenizer, format, 512)
    for thread, row in zip(threads(), rows.rows, strict=True):
        encoded = format.encode(thread.turns, tokenizer)
        assert row.ids == encoded.ids
        kept = tuple(label != IGNORED for label in row.labels)
        assert kept == encoded.trained
        said = [turn.text for turn in thread.turns if turn.role == "assistant"]
        trained = [i for i, k in zip(row.ids, kept, strict=True) if k]
        text = tokenizer.decode(trained, skip_special_tokens=False)
        assert text == "".join(part + tokenizer.eos_token for part in said)
    assert rows.lengths.overlong == 0
    assert "none is too long" in rows.lengths.line()


@pytest.mark.parametrize("length", [16, 31, 48])
def test_split_threads_train_every_target_once(setup: Any, length: int) -> None:
    tokenizer, format = setup
    whole = [format.encode(thread.turns, tokenizer) for thread in threads()]
    rows = rows_of(threads(), tokenizer, format, length)
    assert all(len(row.ids) <= length for row in rows.rows)
    wanted = [i for e in whole for i, t in zip(e.ids, e.trained, strict=True) if t]
    got = [label for row in rows.rows for label in row.labels if label != IGNORED]
    assert got == wanted
    assert rows.lengths.lost_targets == rows.lengths.lost_threads == 0
    assert rows.lengths.overlong > 0
    assert sum(row.labels[0] != IGNORED for row in rows.rows) == 0


def test_a_row_begins_with_a_quarter_of_context(setup: Any) -> None:
    tokenizer, format = setup
    thread = Thread((Turn("prompter", "Sing."), Turn("assistant", "la " * 200)), "t", "en")
    rows = rows_of([thread], tokenizer, format, 40).rows
    for before, after in pairwise(rows):
        assert after.ids[:10] == before.ids[-10:]
        assert set(after.labels[:10]) == {IGNORED}


def test_truncation_is_counted(setup: Any) -> None:
    tokenizer, format = setup
    rows = rows_of(threads(), tokenizer, format, 40, "right")
    whole = sum(format.encode(t.turns, tokenizer).n_trained for t in threads())
    kept = sum(row.n_trained for row in rows.rows)
    assert rows.lengths.lost_targets == whole - kept > 0
    assert rows.lengths.lost_threads == len(threads()) - len(rows.rows)
    assert f"{whole - kept:,} trained tokens" in rows.lengths.line()


def test_threads_of_which_nothing_fits_are_an_error_with_a_remedy(setup: Any) -> None:
    tokenizer, format = setup
    long = Thread((Turn("prompter", "why " * 50), Turn("assistant", "so")), "t", "en")
    with pytest.raises(EmptySplitError, match=r"max_length"):
        rows_of([long], tokenizer, format, 8, "right")
