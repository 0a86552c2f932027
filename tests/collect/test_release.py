"""What a release holds, and what it must never hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from manyvoices.collect.conversations import operations
from manyvoices.collect.people.models import Participant
from manyvoices.collect.people.rights import withdraw
from manyvoices.collect.release import write_release
from manyvoices.collect.release_wishes import ReleaseRefused
from manyvoices.collect.studies.models import ReleasedParticipant
from manyvoices.collect.surveys.models import SurveyAnswer
from manyvoices.collect.surveys.operations import store_page
from manyvoices.curate.documents import DOCUMENTS
from manyvoices.curate.privacy import Rules
from manyvoices.design import load_study
from manyvoices.io import read_manifest, read_native, read_prism, validate, verify_manifest
from manyvoices.schema.errors import ManyvoicesError

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KEY = b"a key for the tests of releases"
Answer = Callable[..., None]
Make = Callable[..., Participant]


@pytest.fixture
def take_part(make_participant: Make, answer_all: Answer) -> Make:
    """A participant with a survey page and one finished conversation of two turns."""

    def take(**fields: object) -> Participant:
        person = make_participant(**fields)
        values = {"familiarity": "Somewhat", "usecases": ["fun"], "self_description": None}
        store_page(participant=person, stage=1, page=0, values=values, now=NOW)
        conversation = operations.start_conversation(
            participant=person, stage=2, number=1, type_name="unguided", now=NOW
        )
        for index, scores in enumerate(({"0": 9, "1": 90, "2": 90}, {"0": 5, "1": 6})):
            turn = operations.send_prompt(
                conversation=conversation, index=index, text=f"Question {index}", now=NOW
            )
            answer_all(turn, failing=frozenset({3}))
            operations.rate_turn(conversation=conversation, index=index, scores=scores, now=NOW)
        operations.end_conversation(conversation=conversation, now=NOW)
        blocks = {"performance": {"fluency": 70, "safety": "not_applicable"}, "choice": {"x": None}}
        operations.store_attributes(conversation=conversation, blocks=blocks, now=NOW)
        operations.store_feedback(conversation=conversation, text="Good", now=NOW)
        return person

    return take


def test_a_release_is_valid_whole_and_holds_what_was_collected(
    take_part: Make, tmp_path: Path
) -> None:
    person = take_part()
    release = write_release(study_id="small", out=tmp_path / "r", now=NOW)
    assert (release.n_participants, release.n_simulated) == (1, 0)
    assert verify_manifest(tmp_path / "r") == []
    assert validate(tmp_path / "r").faults == ()
    native = read_native(tmp_path / "r")
    assert [p.participant_id for p in native.participants] == [str(person.pk)]
    (conversation,) = native.conversations
    opening = conversation.turns[0]
    assert [u.score for u in opening.utterances] == [9, 90, 90, None]
    assert opening.utterances[3].failure == "timeout"
    assert set(opening.tied) == {u.utterance_id for u in opening.utterances[1:3]}
    assert sum(u.chosen for u in opening.utterances) == 1
    assert conversation.performance_attributes == {"fluency": 70, "safety": None}
    assert conversation.choice_attributes == {}
    answers = {a.question_id: a.value for a in native.answers}
    assert answers == {"familiarity": "Somewhat", "usecases": ["fun"], "self_description": None}


def test_the_study_that_a_release_carries_can_be_loaded_and_is_the_same(
    take_part: Make, tmp_path: Path
) -> None:
    take_part()
    release = write_release(study_id="small", out=tmp_path / "r", now=NOW)
    assert load_study(tmp_path / "r" / "study" / "study.yaml").digest == release.study_digest


def test_prisms_files_leave_out_failed_answers_and_say_so(take_part: Make, tmp_path: Path) -> None:
    take_part()
    release = write_release(study_id="small", out=tmp_path / "r", now=NOW)
    utterances = list(read_prism(tmp_path / "r" / "prism").utterances)
    assert [u.score for u in utterances] == [9, 90, 90, 5, 6]
    assert any("no answer" in note for note in release.notes)


def test_simulated_participants_are_marked_counted_apart_and_can_be_left_out(
    take_part: Make, tmp_path: Path
) -> None:
    take_part()
    take_part(simulated=True)
    both = write_release(study_id="small", out=tmp_path / "both", now=NOW)
    assert (both.n_participants, both.n_simulated) == (1, 1)
    marks = [c.simulated for c in read_native(tmp_path / "both").conversations]
    assert sorted(marks) == [False, True]
    people = write_release(study_id="small", out=tmp_path / "p", simulated="exclude", now=NOW)
    assert (people.n_participants, people.n_simulated) == (1, 0)
    assert any("left out" in note for note in people.notes)
    bots = write_release(study_id="small", out=tmp_path / "b", simulated="only", now=NOW)
    assert (bots.n_participants, bots.n_simulated) == (0, 1)


def test_whoever_withdrew_is_in_no_file(take_part: Make, tmp_path: Path) -> None:
    gone = take_part()
    withdraw(participant=gone, now=NOW)
    take_part()
    release = write_release(study_id="small", out=tmp_path / "r", now=NOW)
    assert release.n_participants == 1
    for file in (tmp_path / "r").rglob("*.jsonl"):
        assert str(gone.pk) not in file.read_text()


def test_the_recruiters_id_and_the_personal_link_never_leave(
    take_part: Make, tmp_path: Path
) -> None:
    person = take_part(external_id="5f1recruiter")
    write_release(study_id="small", out=tmp_path / "r", now=NOW)
    for file in (tmp_path / "r").rglob("*"):
        if file.is_file():
            text = file.read_text()
            assert "5f1recruiter" not in text
            assert person.resume_key not in text


def test_a_release_is_never_written_over_and_nothing_is_left_half_written(
    take_part: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_part()
    out = tmp_path / "r"
    write_release(study_id="small", out=out, now=NOW)
    before = (out / "manifest.json").read_bytes()
    with pytest.raises(ReleaseRefused, match="not empty"):
        write_release(study_id="small", out=out, now=NOW)
    assert (out / "manifest.json").read_bytes() == before
    # A fault that no real part produces on demand: the disk fails while PRISM's files are written.
    monkeypatch.setattr("manyvoices.collect.release_contents.write_prism", _no_space)
    with pytest.raises(OSError, match="No space"):
        write_release(study_id="small", out=tmp_path / "second", now=NOW)
    assert [path.name for path in tmp_path.iterdir()] == ["r"]


def _no_space(*_arguments: object, **_options: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"study_id": "other"}, "only: small"),
        ({"formats": ("prism",)}, "native"),
        ({"formats": ("native", "csv")}, "csv"),
        ({"simulated": "yes"}, "include, exclude, only"),
    ],
)
def test_what_cannot_be_written_is_refused_in_words(
    take_part: Make, tmp_path: Path, arguments: dict[str, object], message: str
) -> None:
    take_part()
    with pytest.raises(ReleaseRefused, match=message):
        write_release(**({"study_id": "small", "out": tmp_path / "r", "now": NOW} | arguments))
    assert not (tmp_path / "r").exists()


def test_the_number_of_queries_does_not_grow_with_the_people(
    take_part: Make, tmp_path: Path
) -> None:
    counts = []
    for name in ("one", "three"):
        take_part()
        with CaptureQueriesContext(connection) as queries:
            write_release(study_id="small", out=tmp_path / name, now=NOW)
        counts.append(len(queries))
        take_part()
    assert counts[0] == counts[1]


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("pseudonyms", ["none", "stable", "fresh"])
def test_two_releases_of_the_same_database_are_the_same_bytes(
    take_part: Make, tmp_path: Path, pseudonyms: str
) -> None:
    take_part()
    take_part(simulated=True)
    wish: dict[str, Any] = {"pseudonyms": pseudonyms, "key": KEY, "dates": "month"}
    wish |= {"formats": ("native", "prism", "trl")}
    first = write_release(study_id="small", out=tmp_path / "1", now=NOW, **wish)
    again = write_release(study_id="small", out=tmp_path / "2", now=NOW, **wish)
    assert first == again
    assert files_of(tmp_path / "1") == files_of(tmp_path / "2")
    assert ReleasedParticipant.objects.count() == 2
    assert validate(tmp_path / "1").faults == ()


def test_one_row_that_was_changed_shows_in_the_manifest(take_part: Make, tmp_path: Path) -> None:
    person = take_part()
    before = write_release(study_id="small", out=tmp_path / "1", now=NOW)
    SurveyAnswer.objects.filter(participant=person, question="familiarity").update(
        value="Very well"
    )
    after = write_release(study_id="small", out=tmp_path / "2", now=NOW)
    assert before.release_id != after.release_id
    hashes = [{file.path: file.sha256 for file in r.files} for r in (before, after)]
    changed = {path for path, digest in hashes[0].items() if hashes[1][path] != digest}
    assert changed >= {"native/answers.jsonl", "prism/survey.jsonl", "codebook.json"}
    assert "native/conversations.jsonl" not in changed
    assert "study/study.yaml" not in changed


def test_fresh_names_are_in_no_other_release_and_the_servers_ids_in_none(
    take_part: Make, tmp_path: Path
) -> None:
    person = take_part()
    names = []
    for day in (0, 1):
        out = tmp_path / str(day)
        now = NOW + timedelta(days=day)
        write_release(study_id="small", out=out, now=now, pseudonyms="fresh", key=KEY)
        (record,) = read_native(out).participants
        names.append(record.participant_id)
        servers = {str(person.pk), *map(str, person.conversations.values_list("pk", flat=True))}
        for data in files_of(out).values():
            assert not any(name in data.decode() for name in servers)
    assert names[0] != names[1]


def test_whoever_withdraws_is_named_to_each_old_release_by_its_own_name_for_them(
    take_part: Make, tmp_path: Path
) -> None:
    person, _other = take_part(), take_part()
    old = []
    for day in (0, 1):
        now = NOW + timedelta(days=day)
        wish: dict[str, Any] = {"pseudonyms": "fresh", "key": KEY}
        old.append(write_release(study_id="small", out=tmp_path / str(day), now=now, **wish))
    withdraw(participant=person, now=NOW)
    # Another key, as where the old one was lost: the names of old releases were kept.
    release = write_release(
        study_id="small",
        out=tmp_path / "next",
        now=NOW + timedelta(days=2),
        pseudonyms="fresh",
        key=b"another key of enough bytes",
    )
    assert [gone.release_id for gone in release.withdrawals] == [r.release_id for r in old]
    for day, gone in enumerate(release.withdrawals):
        (name,) = gone.participants
        everybody = [p.participant_id for p in read_native(tmp_path / str(day)).participants]
        assert name in everybody
        assert len(everybody) == 2
        assert name in (tmp_path / "next" / "README.md").read_text()
    (_left,) = read_native(tmp_path / "next").participants
    assert not any(str(person.pk) in data.decode() for data in files_of(tmp_path / "next").values())
    assert read_manifest(tmp_path / "next").withdrawals == release.withdrawals


def test_rare_combinations_are_taken_out_and_bots_hide_nobody(
    take_part: Make, tmp_path: Path
) -> None:
    rare, *_others = take_part(), take_part(), take_part()
    take_part(simulated=True)
    SurveyAnswer.objects.filter(participant=rare, question="familiarity").update(value="Very well")
    SurveyAnswer.objects.filter(participant__simulated=True, question="familiarity").update(
        value="Very well"
    )
    rules = Rules(("familiarity",), k=2)
    release = write_release(study_id="small", out=tmp_path / "r", now=NOW, rules=rules)
    values = {
        (answer.participant_id, answer.simulated): answer.value
        for answer in read_native(tmp_path / "r").answers
        if answer.question_id == "familiarity"
    }
    assert values[str(rare.pk), False] is None
    assert [value for (_, bot), value in values.items() if bot] == ["Very well"]
    settings: Any = release.settings["anonymity"]
    assert (settings["k"], settings["after"]["k"], settings["n_suppressed"]) == (2, 2, 1)
    assert "anonymity.md" in {file.path for file in release.files}
    assert validate(tmp_path / "r").faults == ()


def test_the_documents_are_in_the_manifest_with_what_was_left_out(
    take_part: Make, tmp_path: Path
) -> None:
    gone = take_part()
    withdraw(participant=gone, now=NOW)
    take_part()
    release = write_release(study_id="small", out=tmp_path / "r", now=NOW)
    assert set(DOCUMENTS) <= {file.path for file in release.files}
    assert "1 participant withdrew" in (tmp_path / "r" / "README.md").read_text()
    assert release.counts["conversations"] == 1
    assert release.counts["utterances"] == 6
    assert release.protocol_hash is not None
    assert release.software_version is not None


def test_wishes_that_make_no_sense_are_refused_and_leave_nothing(
    take_part: Make, tmp_path: Path
) -> None:
    take_part()
    for wish, message in (
        ({"rules": Rules(("familarity",), k=2)}, "familarity"),
        ({"rules": Rules((), k=2)}, "--quasi-identifiers"),
        ({"pseudonyms": "fresh"}, "no key"),
        ({"dates": "week"}, "month"),
        ({"licences": {"prose": "MIT"}}, "human_text"),
        ({"formats": ("native", "oasst")}, "message trees"),
    ):
        with pytest.raises(ManyvoicesError, match=message):
            write_release(study_id="small", out=tmp_path / "r", now=NOW, **wish)  # type: ignore[arg-type]  # each its own
        assert not (tmp_path / "r").exists()


def test_every_line_of_a_release_says_which_schema_it_follows(
    take_part: Make, tmp_path: Path
) -> None:
    take_part()
    write_release(study_id="small", out=tmp_path / "r", now=NOW)
    for file in (tmp_path / "r" / "native").iterdir():
        for line in file.read_text().splitlines():
            assert json.loads(line)["schema_version"] == "1"
