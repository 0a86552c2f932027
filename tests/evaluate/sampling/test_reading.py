"""Reports are read whole or refused with every fault."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.evaluate.sampling.samples import plain_report
from tests.real_data import needs_real_data, real

from manyvoices.evaluate.sampling import read_report
from manyvoices.evaluate.sampling.records import outcomes_of
from manyvoices.schema.errors import DataError


def written(folder: Path, document: Any) -> Path:
    path = folder / "report.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def test_a_report_of_oasst_is_read_and_its_empty_outputs_are_known(tmp_path: Path) -> None:
    report = read_report(written(tmp_path, plain_report()))
    assert report.model_name == "a/small-model"
    assert outcomes_of(report.prompts[0].results[0]) == ["answered", "answered"]
    assert outcomes_of(report.prompts[0].results[1]) == ["empty"]


def test_every_fault_is_named_at_once_with_its_place(tmp_path: Path) -> None:
    document = plain_report()
    del document["date"]
    document["args"] = []
    document["prompts"][0]["results"][0]["outputs"][1] = None
    document["prompts"][0]["results"][1]["sampling_config"] = "k50"
    document["prompts"][1]["results"] = []
    document["prompts"].append("no object")
    with pytest.raises(DataError) as refused:
        read_report(written(tmp_path, document))
    assert [(fault.path, fault.found) for fault in refused.value.faults] == [
        ("date", "no such key"),
        ("args", "a list of 0"),
        ("prompts[0].results[0].outputs[1]", "null"),
        ("prompts[0].results[1].sampling_config", '"k50"'),
        ("prompts[1].results", "a list of 0"),
        ("prompts[2]", '"no object"'),
    ]


def test_our_own_block_is_checked_against_the_outputs(tmp_path: Path) -> None:
    document = plain_report()
    results = document["prompts"][0]["results"]
    results[0]["manyvoices"] = {"outcomes": ["answered"]}
    results[1]["manyvoices"] = {"outcomes": ["lost"], "languages": [3]}
    with pytest.raises(DataError) as refused:
        read_report(written(tmp_path, document))
    assert [fault.path for fault in refused.value.faults] == [
        "prompts[0].results[0].manyvoices.outcomes",
        "prompts[0].results[1].manyvoices.outcomes[0]",
        "prompts[0].results[1].manyvoices.languages[0]",
    ]


def test_broken_json_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(DataError) as refused:
        read_report(written(tmp_path, '{\n "model_name": "x",\n oops\n}'))
    assert refused.value.faults[0].line == 3


@pytest.mark.parametrize("document", ["[]", "3", '"text"', "null", "{}"])
def test_any_other_document_is_refused_in_words(tmp_path: Path, document: str) -> None:
    with pytest.raises(DataError):
        read_report(written(tmp_path, document))


@needs_real_data
@pytest.mark.parametrize("size", ["1b", "3b", "12b"])
def test_the_published_reports_are_read(size: str) -> None:
    path = real(f"oasst/2023-03-01_theblackcat102_pythia-{size}-deduped-sft_sampling.json")
    report = read_report(path)
    assert len(report.prompts) == 100
    assert sum(len(r.outputs) for p in report.prompts for r in p.results) == 700
