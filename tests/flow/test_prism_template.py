"""The PRISM template gives a release with PRISM's columns, types and value sets.

Held against the codebook of the published data (appendix V), variable by variable. What cannot be
equal is named here with its reason, and only that is let pass.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.real_data import REAL, needs_real_data

from manyvoices.design import load_study
from manyvoices.design.templates import template_path
from manyvoices.io.countries import COUNTRIES

TEMPLATE = template_path("prism")

CURATION = "made by people or programs that look at what was collected, so null here"
NOT_COLLECTED: dict[str, str] = {
    "religion_categorised": CURATION,
    "religion_simplified": CURATION,
    "ethnicity_categorised": CURATION,
    "ethnicity_simplified": CURATION,
    "location_birth_subregion": CURATION,
    "location_reside_subregion": CURATION,
    "location_special_region": CURATION,
    "included_in_UK_REP": CURATION,
    "included_in_US_REP": CURATION,
    "included_in_balanced_subset": CURATION,
    "study_locale": "Prolific's sample, known to the recruitment platform only",
    "pii_flag": CURATION,
    "pii_manual_flag": CURATION,
    "language_flag": CURATION,
    "en_flag": CURATION,
    "moderation_flag": CURATION,
}
OTHER_VALUES = {
    "gender": "what people wrote in their own words stands until somebody has put it in a category",
}
OURS = {"simulated"}
NESTED = ("religion", "ethnicity", "location")
SECTIONS = {
    "survey": "The Survey",
    "conversations": "The Conversations",
    "utterances": "The Utterances",
    "metadata": "The MetaData",
}
TYPES: dict[str, tuple[type, ...]] = {
    "string id": (str, int),
    "string": (str,),
    "categorical": (str,),
    "binary": (bool, str),
    "int": (int,),
    "float": (int, float),
    "datetime": (str,),
    "dict": (dict, list),
}


def codebook(section: str) -> dict[str, dict[str, Any]]:
    assert REAL is not None
    path = REAL / "prism" / "golden" / "codebook_entries.json"
    entries = json.loads(path.read_text(encoding="utf-8"))
    return {e["variable_name"]: e for e in entries if e["_section"] == section}


def flat(row: dict[str, Any]) -> dict[str, Any]:
    """A row with the columns of which the codebook names the keys."""
    told = dict(row)
    for column in NESTED:
        told |= {f"{column}_{key}": value for key, value in (row.get(column) or {}).items()}
    return told


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three bots through the rehearsal of the template, released."""
    folder = tmp_path_factory.mktemp("prism")

    def run(*words: str) -> None:
        command = [sys.executable, "-m", "manyvoices", *words]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    db = ("--db", f"sqlite:///{folder / 'prism.sqlite3'}")
    run("init", "study", "--template", "prism")
    run("rehearse", "study/rehearsal.yaml", "--participants", "3", "--seed", "2", *db)
    run("release", "--study", "prism-rehearsal", "--out", "release", *db)
    run("validate", "release")
    return folder / "release" / "prism"


def rows(release: Path, name: str) -> Iterator[dict[str, Any]]:
    for line in (release / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        yield flat(json.loads(line))


@needs_real_data
@pytest.mark.parametrize("name", SECTIONS)
def test_the_columns_are_those_of_the_codebook(release: Path, name: str) -> None:
    entries = codebook(SECTIONS[name])
    for row in rows(release, name):
        assert set(row) - OURS >= set(entries)
        extra = set(row) - OURS - set(entries)
        # Two columns of the published files that the codebook does not list by themselves.
        assert extra <= {"conversation_id", "user_id", "conversation_history"}


@needs_real_data
@pytest.mark.parametrize("name", SECTIONS)
def test_types_and_value_sets_are_those_of_the_codebook(release: Path, name: str) -> None:
    entries = codebook(SECTIONS[name])
    for row in rows(release, name):
        for variable, entry in entries.items():
            value = row[variable]
            if variable in NOT_COLLECTED:
                assert value is None
                continue
            if value is None:
                assert entry["num_missing"] or variable == "open_feedback", variable
                continue
            assert isinstance(value, TYPES[entry["variable_type"]]), (variable, value)
            known = entry["values"]
            if entry["variable_type"] in ("categorical", "binary") and "-" not in known:
                listed = {k for k in known if k not in ("None", "Too many values to show")}
                if listed and variable not in OTHER_VALUES:
                    assert str(value) in listed, (variable, value)
            if "min" in known and "mean" in known and not variable.startswith("timing"):
                least, most = known["min"], known["max"]
                assert isinstance(value, int)
                assert least <= value <= max(most, 22), variable


@needs_real_data
def test_the_command_that_compares_at_full_size_finds_no_difference(release: Path) -> None:
    from benchmarks.prism_rehearsal import compare

    verdicts = compare(release)
    assert [v for v in verdicts if v.outcome == "DIFFERS"] == []
    assert {v.variable for v in verdicts if v.outcome == "later"} == set(NOT_COLLECTED)
    assert len(verdicts) == 83


@needs_real_data
def test_the_command_that_compares_notices_what_is_wrong(release: Path, tmp_path: Path) -> None:
    from benchmarks.prism_rehearsal import compare

    for path in release.glob("*.jsonl"):
        text = path.read_text(encoding="utf-8")
        if path.name == "survey.jsonl":
            text = text.replace('"survey_only":false', '"survey_only":"no"')
            text = text.replace('"system_string"', '"system_text"')
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    wrong = {v.variable: v.detail for v in compare(tmp_path) if v.outcome == "DIFFERS"}
    assert set(wrong) == {"survey_only", "system_string", "system_text"}
    assert "not in the codebook" in wrong["survey_only"]
    assert wrong["system_string"] == "no such column"


@needs_real_data
def test_nested_variables_have_the_codebooks_keys(release: Path) -> None:
    survey, talks = codebook("The Survey"), codebook("The Conversations")
    places = [
        (survey, rows(release, "survey"), ("lm_usecases", "stated_prefs")),
        (talks, rows(release, "conversations"), ("performance_attributes", "choice_attributes")),
    ]
    asked = 0
    for entries, lines, variables in places:
        for row in lines:
            for variable in variables:
                keys = {n["variable_name"] for n in entries[variable]["values"]["nested_values"]}
                if row[variable] is None:
                    continue
                asked += 1
                if variable in ("lm_usecases", "stated_prefs"):
                    assert set(row[variable]) == keys
                    assert set(row[f"order_{variable}"]) == keys - {"other_text"}
                    assert row[f"order_{variable}"]["other"] == len(keys) - 1
                else:
                    assert set(row[variable]) <= keys
    assert asked


@needs_real_data
def test_every_stored_value_of_the_codebook_is_offered_and_no_other() -> None:
    study = load_study(TEMPLATE / "study.yaml")
    entries = codebook("The Survey")
    questions = {q.id: q for _, s in study.surveys() for page in s.pages for q in page.questions}
    compared = 0
    for name, question in questions.items():
        if question.kind != "single" or name in NESTED:
            continue
        offered = {option.value for option in question.offered() if not option.text}
        assert offered == set(entries[name]["values"]) - {"None"}, name
        compared += 1
    assert compared == 10
    talk = next(stage for _, stage in study.conversation_stages())
    types = codebook("The Conversations")["conversation_type"]["values"]
    assert set(talk.types) == set(types)


@needs_real_data
def test_models_are_prisms_with_its_decoding_parameters() -> None:
    assert REAL is not None
    lines = (REAL / "prism" / "models.jsonl").read_text(encoding="utf-8").splitlines()
    published = {model["long_name"]: model for model in map(json.loads, lines)}
    providers = set(codebook("The Utterances")["model_provider"]["values"])
    for name in ("study.yaml", "rehearsal.yaml"):
        models = {model.id: model for model in load_study(TEMPLATE / name).models}
        assert set(models) == set(published)
        assert {model.served_by for model in models.values()} == providers
    for name, model in {m.id: m for m in load_study(TEMPLATE / "study.yaml").models}.items():
        wanted = published[name]["selected_params"]
        assert model.temperature == float(wanted["temperature"])
        assert model.max_tokens == int(wanted["max_tokens"])
        # Aleph Alpha's 0 means "off", which OpenAI's protocol says by leaving it out.
        assert (model.top_p or 0.0) == float(wanted["top_p"])
        for key in ("top_k", "min_tokens"):
            assert str(model.extra.get(key)) == str(wanted.get(key))


@needs_real_data
def test_the_words_are_our_own() -> None:
    assert REAL is not None
    sentences: set[str] = set()
    for name in ("usecases", "prefs"):
        path = REAL / "prism" / f"header_{name}_mapping.csv"
        with path.open(encoding="utf-8", newline="") as file:
            sentences |= {cell.strip(" .") for row in csv.reader(file) for cell in row[1:]}
    for entry in codebook("The Survey").values():
        sentences.add(entry["question_text"].strip(" .?"))
    ours = "\n".join(path.read_text(encoding="utf-8") for path in sorted(TEMPLATE.iterdir()))
    copied = [text for text in sentences if len(text.split()) >= 5 and text in ours]
    assert copied == []


def test_the_rehearsal_is_the_same_study_with_other_models() -> None:
    real, play = (load_study(TEMPLATE / f"{name}.yaml") for name in ("study", "rehearsal"))
    assert real.stages == play.stages
    assert real.title == play.title
    assert {model.provider for model in play.models} == {"scripted"}


def test_the_country_list_is_iso_3166_1() -> None:
    assert len(COUNTRIES) == 249
    assert all(len(code) == 3 and code.isupper() for code in COUNTRIES)
    assert len(set(COUNTRIES.values())) == 249
