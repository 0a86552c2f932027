"""PRISM's wide forms hold what the long ones hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from tests.io.strategies import texts

from manyvoices.io import detect_format, validate
from manyvoices.io.prism_wide import read_wide, write_wide
from manyvoices.io.registry import get
from manyvoices.schema import DataError, PrismUtterance


def utterance(interaction: int, place: int, **changes: Any) -> PrismUtterance:
    fields: dict[str, Any] = {
        "utterance_id": f"ut{interaction}-{place}",
        "interaction_id": f"int{interaction}",
        "conversation_id": "c0",
        "user_id": "user0",
        "turn": interaction,
        "within_turn_id": place,
        "conversation_type": "unguided",
        "user_prompt": "q",
        "model_response": f"r{place}",
        "model_name": f"m{place}",
        "model_provider": "openai",
        "score": 10 * place + 1,
        "if_chosen": place == 0,
        "included_in_balanced_subset": None,
    }
    return PrismUtterance(**(fields | changes))


@st.composite
def interactions(draw: st.DrawFn) -> list[PrismUtterance]:
    rows = []
    for number, n in enumerate(draw(st.lists(st.integers(1, 6), min_size=1, max_size=3))):
        prompt = draw(st.none() | texts)
        for place in range(n):
            score = draw(st.none() | st.integers(1, 100))
            simulated = draw(st.sampled_from([UNSET, True, False]))
            changes = {"score": score, "simulated": simulated, "user_prompt": prompt}
            rows.append(utterance(number, place, **changes))
    return rows


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".parquet"])
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=interactions())
def test_utterances_come_back_from_interactions(
    tmp_path: Path, suffix: str, rows: list[PrismUtterance]
) -> None:
    path = tmp_path / f"wide{suffix}"
    assert write_wide(rows, path).n_rows == len({row.interaction_id for row in rows})
    assert list(read_wide(path)) == rows
    assert detect_format(path) == "prism-wide"


def test_columns_are_named_as_the_reference_names_them(tmp_path: Path) -> None:
    write_wide([utterance(0, 0), utterance(0, 1)], tmp_path / "w.jsonl")
    row = json.loads((tmp_path / "w.jsonl").read_text())
    assert list(row)[:7] == [
        *("interaction_id", "conversation_id", "turn", "user_prompt", "user_id"),
        *("utterance_id_a", "utterance_id_b"),
    ]
    assert (row["model_name_a"], row["score_b"]) == ("m0", 11)


def test_a_fault_is_named_by_the_column_of_the_wide_row(tmp_path: Path) -> None:
    path = tmp_path / "w.jsonl"
    write_wide([utterance(0, 0), utterance(0, 1)], path)
    row = json.loads(path.read_text())
    path.write_text(
        "\n".join(
            json.dumps(row | change)
            for change in ({"score_b": "high"}, {"colour_a": 1}, {"interaction_id": "int1"})
        )
    )
    found = [str(fault).removeprefix(f"{path}:") for fault in validate(path).faults]
    assert found[0] == (
        '1: score_b: found the string "high", expected an integer or a number or null'
    )
    assert found[1].startswith("2: colour_a: found an unknown field")
    assert len(found) == 2


def test_utterances_of_an_interaction_must_stand_together_and_agree(tmp_path: Path) -> None:
    apart = [utterance(0, 0), utterance(1, 0), utterance(0, 1)]
    with pytest.raises(DataError, match="stand together"):
        write_wide(apart, tmp_path / "w.jsonl")
    with pytest.raises(DataError, match="user_prompt"):
        write_wide([utterance(0, 0), utterance(0, 1, user_prompt="p")], tmp_path / "w.jsonl")
    assert not (tmp_path / "w.jsonl").exists()


def test_a_survey_without_nesting_is_nested_again(tmp_path: Path) -> None:
    rows = [
        {
            "user_id": "user0",
            "survey_only": False,
            "lm_familiarity": "Very familiar",
            "stated_prefs": {"values": 3, "other_text": None},
            "order_stated_prefs": {"values": 1},
            "location": {"special_region": "US"},
            "ours": {"a": 1},
        }
    ]
    flat = get("prism-survey-flat")
    assert flat.write is not None
    written = flat.write(rows, tmp_path / "s.jsonl")
    assert written.n_left_out == {"nesting of ours": 1}
    row = json.loads((tmp_path / "s.jsonl").read_text())
    assert row["stated_prefs_values"] == 3
    assert row["location_special_region"] == "US"
    assert detect_format(tmp_path / "s.jsonl") == "prism-survey-flat"
    (back,) = flat.read(tmp_path / "s.jsonl")
    del rows[0]["ours"]
    assert back == rows[0] | {"ours_a": 1}
