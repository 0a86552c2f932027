"""The hash of what participants saw: what changes it, what does not, that it holds no secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from manyvoices.design import load_study, read_study
from manyvoices.design.protocol_hash import protocol_facts, protocol_hash, without_secrets
from manyvoices.schema.errors import StudyError

SMALL = Path(__file__).parents[1] / "assets" / "studies" / "small" / "study.yaml"


def texts() -> dict[str, str]:
    return dict(load_study(SMALL).source_files)


def changed(name: str, old: str, new: str) -> str:
    files = texts()
    assert old in files[name]
    files[name] = files[name].replace(old, new, 1)
    return protocol_hash(read_study(files))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("study.yaml", "provider: open", "provider: prolific"),
        ("study.yaml", "completion_code: SMALL-1", "completion_code: SMALL-2, places: 5"),
        ("study.yaml", "models: m", "licences: {human_text: CC-BY-4.0}\nmodels: m"),
        ("study.yaml", "models: m", "# a comment\nmodels: m"),
    ],
)
def test_what_nobody_who_takes_part_can_notice_leaves_it_as_it_was(
    name: str, old: str, new: str
) -> None:
    assert changed(name, old, new) == protocol_hash(load_study(SMALL))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("survey.yaml", "How well do you know", "How much do you know of"),
        ("survey.yaml", "options: [Not at all", "options: [Never"),
        ("study.yaml", "anchors: [Terrible, Perfect]", "anchors: [Bad, Good]"),
        ("study.yaml", "responders: 4", "responders: 3"),
        ("models.yaml", "persona: brief", "persona: plain"),
        ("models.yaml", "persona: brief", "persona: brief, temperature: 0.5"),
        ("consent.md", "e", "E"),
    ],
)
def test_what_people_saw_or_were_answered_by_changes_it(name: str, old: str, new: str) -> None:
    assert changed(name, old, new) != protocol_hash(load_study(SMALL))


def test_no_secret_and_no_address_is_in_it() -> None:
    files = texts()
    files["models.yaml"] += (
        "- {id: far, provider: openai, base_url: 'http://user:pw@host/v1', model: m,"
        " api_key_env: MY_KEY, max_tokens: 9, extra: {api_key: abc, seed: 1}}\n"
    )
    model = protocol_facts(read_study(files))["models"][-1]
    assert model["extra"] == {"seed": 1}
    assert model["max_tokens"] == 9
    assert not {"base_url", "api_key_env", "prices"} & set(model)


def test_secrets_are_found_at_any_depth() -> None:
    given = {"a": [{"Authorization": "x", "b": 1}], "access-token": "y", "max_tokens": 5}
    assert without_secrets(given) == {"a": [{"b": 1}], "max_tokens": 5}


def test_licences_are_data_of_the_study_and_open_unless_written() -> None:
    files = texts()
    assert read_study(files).licences.human_text == "TO BE DECIDED"
    files["study.yaml"] += "licences: {human_text: CC-BY-4.0, model_text: CC-BY-NC-4.0}\n"
    licences = read_study(files).licences
    assert (licences.human_text, licences.survey) == ("CC-BY-4.0", "TO BE DECIDED")
    files["study.yaml"] = files["study.yaml"].replace("human_text", "human")
    with pytest.raises(StudyError, match="human"):
        read_study(files)


def test_loading_twice_gives_one_hash() -> None:
    assert protocol_hash(load_study(SMALL)) == protocol_hash(read_study(texts()))
