"""A release in either form comes as the same tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.synthetic_prism import FOLDER, write_synthetic

from manyvoices.analyse.dataset import column_label, short_model_name
from manyvoices.analyse.dataset_reading import read_dataset
from manyvoices.schema.errors import DataError

pl = pytest.importorskip("polars")


@pytest.fixture(scope="module")
def prism(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not FOLDER.exists():
        pytest.skip(f"no data at {FOLDER}")
    folder = tmp_path_factory.mktemp("prism")
    write_synthetic(folder, share=0.02)
    return folder


def test_prisms_own_files_become_tables_with_flat_columns(prism: Path) -> None:
    dataset = read_dataset(prism)
    assert dataset.form == "prism"
    assert dataset.people.height == len(dataset.table.participants) == 30
    assert dataset.conversations.height == len(dataset.table.conversations)
    assert dataset.utterances.height == len(dataset.table.utterances)
    assert {"ethnicity_simplified", "location_special_region"} <= set(dataset.people.columns)
    assert "performance_attributes_fluency" in dataset.conversations.columns
    assert dataset.utterances["score"].dtype == pl.Float64
    assert dataset.openers()["turn"].unique().to_list() == [0]


def test_fields_are_prisms_demographics_first_and_never_what_people_wrote(prism: Path) -> None:
    fields = [field.column for field in read_dataset(prism).fields()]
    assert fields[:2] == ["gender", "age"]
    assert not any(name.endswith(("_text", "_self_described")) for name in fields)
    assert "consent" not in fields


def test_people_who_would_rather_not_say_make_no_group(prism: Path) -> None:
    for field in read_dataset(prism).fields():
        assert "Prefer not to say" not in field.levels


def test_conversation_types_make_groups_of_conversations(prism: Path) -> None:
    field = read_dataset(prism).field("conversation_type")
    assert field is not None
    assert field.levels == ("controversy guided", "unguided", "values guided")


def test_a_folder_that_is_no_release_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="a release with native"):
        read_dataset(tmp_path)


def test_names_are_shortened_for_people() -> None:
    assert short_model_name("meta-llama/Llama-2-7b-chat-hf") == "Llama-2-7b-chat-hf"
    assert column_label("ethnicity_simplified") == "Ethnicity"
    assert column_label("location_special_region") == "Region of birth"
