"""A study with a batch in force, and everything that can be wrong with the batch, at its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from manyvoices.design import Study, load_study, read_study
from manyvoices.design.protocol_hash import protocol_hash
from manyvoices.design.steering import with_batch
from manyvoices.schema.errors import StudyError

OUTPUTS = """\
manyvoices: 1
id: pairs
title: Pairs  # a comment that stays
languages: [en, de]
stages:
  - consent: {text: You agree.}
  - survey: {questions: survey.yaml}
  - comparisons:
      # above the keys
      source: outputs
      prompts: prompts.jsonl
      outputs: outputs.jsonl
"""
SURVEY = """\
- title: You
  questions: [{id: gender, kind: single, label: "?", options: [Female, Male]}]
"""
PROMPTS: list[dict[str, Any]] = [
    {"id": "p0", "text": "Hello?", "category": "small talk", "language": "en"},
    {"id": "p1", "text": "Hallo?", "language": "de"},
]
TEXTS = [
    {"prompt": p["id"], "model": m, "text": f"{m} says {p['id']}"} for p in PROMPTS for m in "xyz"
]


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def study_in(folder: Path, main: str = OUTPUTS, outputs: list[dict[str, Any]] = TEXTS) -> Path:
    (folder / "study.yaml").write_text(main)
    (folder / "survey.yaml").write_text(SURVEY)
    (folder / "prompts.jsonl").write_text(lines(PROMPTS))
    (folder / "outputs.jsonl").write_text(lines(outputs))
    return folder / "study.yaml"


def batch_in(folder: Path, *asks: dict[str, Any]) -> Path:
    path = folder / "asked" / "next_batch.jsonl"
    path.parent.mkdir()
    path.write_text(lines(list(asks)))
    return path


ASK = {"models": ["x", "y"], "prompt": "p0", "reason": "uncertainty", "n": 3}


def steered_stage(study: Study) -> Any:
    return next(stage for stage in study.stages if stage.kind in ("comparisons", "conversations"))


@pytest.mark.parametrize(
    "main",
    [
        OUTPUTS,
        OUTPUTS.replace(
            "      # above the keys\n      source: outputs\n      prompts: prompts.jsonl\n"
            "      outputs: outputs.jsonl\n",
            "      {source: outputs, prompts: prompts.jsonl, outputs: outputs.jsonl}\n",
        ),
        OUTPUTS + "      assignment: {policy: balanced, exploration: 0.2}\n      count: 4\n",
        OUTPUTS + "      assignment:\n        policy: balanced\n      count: 4\n",
        OUTPUTS + "      assignment:\n        policy: balanced",
    ],
    ids=["block", "flow", "assigned", "assigned in block", "at the end"],
)
def test_a_batch_is_put_in_force_and_the_rest_of_the_study_stays(tmp_path: Path, main: str) -> None:
    path = study_in(tmp_path, main)
    before = load_study(path)
    study = with_batch(path, batch_in(tmp_path, ASK))
    stage = steered_stage(study)
    assert (stage.assignment.policy, stage.assignment.exploration) == ("batch", 0.2)
    assert stage.assignment.batch[0].models == ("x", "y")
    kept = {"assignment"}
    assert stage.model_dump(exclude=kept) == steered_stage(before).model_dump(exclude=kept)
    assert study.digest != before.digest
    assert "# a comment that stays" in study.source_files["study.yaml"]
    assert read_study(study.source_files).digest == study.digest  # as a release carries it


def test_the_exploration_that_the_study_wants_stays(tmp_path: Path) -> None:
    main = OUTPUTS + "      assignment: {exploration: 0.5}\n"
    study = with_batch(study_in(tmp_path, main), batch_in(tmp_path, ASK))
    assert steered_stage(study).assignment.exploration == 0.5


def test_the_short_form_that_aggregate_writes_is_a_batch_too(tmp_path: Path) -> None:
    from manyvoices.aggregate import Battles, choose_next, write_next_batch

    battles = Battles.from_rows([("x", "y", 1.0), ("y", "z", 0.5), ("x", "z", 0.0)])
    path = tmp_path / "short.jsonl"
    write_next_batch(choose_next(battles, n_asks=4), path)
    batch = steered_stage(with_batch(study_in(tmp_path), path)).assignment.batch
    assert len(batch) == 4
    assert {ask.reason for ask in batch} <= {"information", "exploration"}
    assert all(0 < ask.expected_reduction < 1 for ask in batch)


def test_everything_that_the_study_does_not_have_is_named_at_once_with_file_and_line(
    tmp_path: Path,
) -> None:
    batch = batch_in(
        tmp_path,
        ASK,
        {"models": ["x", "w"]},
        {"prompt": "p9"},
        {"category": "smal talk"},
        {"language": "fr"},
        {"group": {"gendre": "Female"}},
        {"group": {"gender": "Femal"}},
        {"models": ["x", "y", "z"]},
    )
    with pytest.raises(StudyError) as caught:
        with_batch(study_in(tmp_path), batch)
    faults = caught.value.faults
    assert [(fault.file, fault.line) for fault in faults] == [(str(batch), n) for n in range(2, 9)]
    said = str(caught.value)
    for word in ("w, which", "p9", "did you mean small talk?", "fr", "did you mean gender?",
                 "did you mean Female?", "3 models"):  # fmt: skip
        assert word in said, word


def test_a_line_that_is_no_ask_is_a_fault_at_its_line(tmp_path: Path) -> None:
    batch = batch_in(tmp_path, ASK, {"modles": ["x"]}, {"n": 0})
    with pytest.raises(StudyError) as caught:
        with_batch(study_in(tmp_path), batch)
    assert [(fault.file, fault.line) for fault in caught.value.faults] == [
        (str(batch), 2),
        (str(batch), 3),
    ]


def test_broken_json_is_a_fault_of_the_batch(tmp_path: Path) -> None:
    path = tmp_path / "next_batch.jsonl"
    path.write_text('{"n": 1}\n{"n": \n')
    with pytest.raises(StudyError, match=r"next_batch\.jsonl:2"):
        with_batch(study_in(tmp_path), path)


def test_a_study_without_such_a_stage_and_one_with_two_are_told_apart(tmp_path: Path) -> None:
    batch = batch_in(tmp_path, ASK)
    survey_only = OUTPUTS.split("  - comparisons")[0]
    with pytest.raises(StudyError, match="0 stages"):
        with_batch(study_in(tmp_path, survey_only), batch)
    again = OUTPUTS.split("  - comparisons:\n")[1].replace("source", "id: second\n      source")
    two = OUTPUTS + "  - comparisons:\n" + again
    with pytest.raises(StudyError, match="--stage"):
        with_batch(study_in(tmp_path, two), batch)
    study = with_batch(study_in(tmp_path, two), batch, stage="second")
    assert [stage.assignment.policy for stage in study.stages if stage.kind == "comparisons"] == [
        "balanced",
        "batch",
    ]


def test_openings_are_steered_by_models_types_and_groups(texts: dict[str, str]) -> None:
    asks = [
        {"models": ["one"], "category": "guided", "group": {"colour": "red"}, "n": 5},
        {"models": ["three"]},
        {"category": "unknown"},
        {"prompt": "p1"},
    ]
    main = texts["study.yaml"].replace(
        "      opening: {responders: 2}",
        "      opening: {responders: 2}\n      assignment: {policy: batch, batch: b.jsonl}",
    )
    files = {**texts, "study.yaml": main, "b.jsonl": lines(asks[:1])}
    assert steered_stage(read_study(files)).assignment.batch[0].category == "guided"
    with pytest.raises(StudyError) as caught:
        read_study({**files, "b.jsonl": lines(asks)})
    assert [(f.file, f.line) for f in caught.value.faults] == [("b.jsonl", n) for n in (2, 3, 4)]


def test_a_study_that_steers_nothing_has_the_hash_that_it_always_had(
    texts: dict[str, str],
) -> None:
    facts = protocol_hash(read_study(texts))
    written = texts["study.yaml"].replace(
        "      opening: {responders: 2}",
        "      opening: {responders: 2}\n      assignment: {policy: random}",
    )
    assert protocol_hash(read_study({**texts, "study.yaml": written})) == facts


def test_outputs_that_fit_no_prompt_are_faults_at_their_own_line(tmp_path: Path) -> None:
    wrong = [
        *TEXTS,
        {"prompt": "p7", "model": "x", "text": "?"},
        {"prompt": "p0", "model": "x", "text": "again"},
    ]
    with pytest.raises(StudyError) as caught:
        load_study(study_in(tmp_path, outputs=wrong))
    places = [(Path(f.file).name, f.line) for f in caught.value.faults]
    assert places == [("outputs.jsonl", 7), ("outputs.jsonl", 8)]
