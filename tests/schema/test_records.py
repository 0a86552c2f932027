"""What holds for every record: frozen, versioned, described, strict, and named in the glossary."""

from __future__ import annotations

import ast
import datetime as dt
import re
from pathlib import Path

import msgspec
import pytest

import manyvoices.schema as schema
from manyvoices.schema import (
    RELEASE_VERSION,
    SCHEMA_VERSION,
    Battle,
    Message,
    Outcome,
    Participant,
    Record,
)

ROOT = Path(__file__).resolve().parents[2]
RECORDS = {
    name: value
    for name in schema.__all__
    if isinstance(value := getattr(schema, name), type) and issubclass(value, Record)
}
TOP_LEVEL = {
    *("Participant", "Answer", "Conversation", "Label", "Ranking"),
    *("Battle", "Ballot", "PreferencePair", "Release"),
}


def test_all_names_the_public_names_of_the_room() -> None:
    public = {
        name
        for name, value in vars(schema).items()
        if not name.startswith("_") and getattr(value, "__module__", "").startswith("manyvoices")
    }
    assert public <= set(schema.__all__)
    assert sorted(schema.__all__) == sorted(set(schema.__all__))


@pytest.mark.parametrize("name", RECORDS)
def test_every_record_is_a_word_of_the_glossary(name: str) -> None:
    words = re.findall(r"^### (\w+)$", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE)
    assert name in words


def test_the_glossary_argues_each_word_once() -> None:
    text = (ROOT / "docs/glossary.md").read_text()
    entries = [entry.split("\n", 1) for entry in re.split(r"^### ", text, flags=re.MULTILINE)[1:]]
    titles = [title for title, _ in entries]
    assert sorted(titles) == sorted(set(titles))
    assert [title for title, body in entries if len(body.split("\n## ")[0].split()) < 8] == []


def test_the_glossary_has_the_words_that_are_not_records() -> None:
    words = re.findall(r"^### (\w+)$", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE)
    others = {"Study", "Survey", "Question", "Task", "Ratings", "Consensus", "Responder"}
    assert others | {"TreeState", "Outcome"} <= set(words)


@pytest.mark.parametrize("name", sorted(TOP_LEVEL))
def test_every_top_level_record_carries_its_version(name: str) -> None:
    fields = {field.name: field for field in msgspec.structs.fields(RECORDS[name])}
    # The manifest has grown a version of its own: old ones are still read.
    wanted = RELEASE_VERSION if name == "Release" else SCHEMA_VERSION
    assert fields["schema_version"].default == wanted


@pytest.mark.parametrize("name", RECORDS)
def test_every_record_is_frozen_and_refuses_fields_it_does_not_know(name: str) -> None:
    config = RECORDS[name].__struct_config__
    assert (config.frozen, config.forbid_unknown_fields) == (True, True)


@pytest.mark.parametrize("path", sorted((ROOT / "src/manyvoices/schema").glob("*.py")), ids=str)
def test_every_field_has_its_own_sentence(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ClassDef):
            continue
        for field, after in zip(node.body, [*node.body[1:], None], strict=True):
            if isinstance(field, ast.AnnAssign):
                described = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
                assert described, f"{node.name}.{ast.unparse(field.target)}"


def _participant(**changes: object) -> dict[str, object]:
    fields: dict[str, object] = {
        "participant_id": "p",
        "study_id": "s",
        "consent_version": None,
        "consented_at": None,
        "language": "en",
        "simulated": False,
        "status": "active",
        "started_at": "2026-01-31T10:30:00+01:00",
    }
    return fields | changes


def test_moments_keep_their_instant_through_json() -> None:
    person = msgspec.convert(_participant(), Participant)
    again = msgspec.json.decode(msgspec.json.encode(person), type=Participant)
    assert again.started_at == dt.datetime(2026, 1, 31, 9, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "change",
    [
        {"status": "gone"},
        {"simulated": "no"},
        {"simulated": 0},
        {"started_at": "2026-01-31T10:30:00"},
        {"shoe_size": 44},
        {"participant_id": None},
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(_participant(**change), Participant)


def test_an_absent_field_is_not_written() -> None:
    message = Message(message_id="m", text="Hi", role="prompter", rank=None)
    written = msgspec.json.decode(msgspec.json.encode(message))
    assert written == {"message_id": "m", "text": "Hi", "role": "prompter", "rank": None}


def test_a_record_cannot_be_changed() -> None:
    battle = Battle(model_a="x", model_b="y", outcome=Outcome.TIE)
    with pytest.raises(AttributeError):
        battle.model_a = "z"  # type: ignore[misc]


def test_default_mappings_are_not_shared_between_records() -> None:
    first, second = (Battle(model_a="x", model_b="y", outcome=Outcome.A) for _ in range(2))
    assert first.groups == second.groups
    assert first.groups is not second.groups
