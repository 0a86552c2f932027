"""A project's own labels, from its study.yaml to the page, the programs, what is stored, and the
files that leave."""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client
from tests.collect.trees.growing import NOW, give, growing_tree, meet, people
from tests.collect.trees.test_pages import browser_of, html, url

from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.studies.operations import publish_study
from manyvoices.collect.trees import operations, policies
from manyvoices.collect.trees.errors import Unfit
from manyvoices.collect.trees.models import LabelsGiven, Task
from manyvoices.design import load_study
from manyvoices.design.trees import TaskKind
from manyvoices.schema.errors import StudyError

ORCHARD = Path(__file__).parents[2] / "assets" / "studies" / "orchard"
REPLY, REVIEW = TaskKind.ASSISTANT_REPLY, TaskKind.LABEL_ASSISTANT_REPLY
LABELS = """
own_labels:
  - name: sources
    widget: yes_no
    text: Does it name its sources?
    help: A link or a title is enough.
    examples: ["Newton, 1687", "see <https://example.org>"]
    required: true
  - name: tone
    widget: likert
    text: What is its tone?
    anchors: [cold, cool, even, warm, hot]
    of: [assistant_reply]
  - name: advert
    widget: flag
    text: It praises a firm.
"""
GERMAN = """
Does it name its sources?: Nennt es Quellen?
warm: herzlich
Write as you would to a friend who knows a lot.: Schreib wie an einen klugen Freund.
"""


def written(folder: Path, labels: str = LABELS, german: str = GERMAN) -> Path:
    """The orchard with labels of its own, and some of its words in German."""
    for source in ORCHARD.iterdir():
        text = source.read_text()
        if source.name == "study.yaml":
            text = text.replace("guidelines: |", "own_labels: labels.yaml\n      guidelines: |")
            text = text.replace("stages:", "translations: {de: de.yaml}\nstages:")
        (folder / source.name).write_text(text)
    (folder / "labels.yaml").write_text(labels)
    (folder / "de.yaml").write_text(german)
    return folder / "study.yaml"


@pytest.fixture
def labelled(db: None, tmp_path: Path) -> StudyVersion:
    policies._read.clear()
    spec = load_study(written(tmp_path))
    return publish_study(spec=spec, now=datetime(2026, 11, 21, 12, 0, tzinfo=UTC))


@pytest.fixture
def task(labelled: StudyVersion) -> Task:
    """The full review of a reply."""
    growing_tree(labelled)
    writer, reviewer = people(labelled, 2)
    reply = give(writer, REPLY)
    assert reply is not None
    meet(reply, random.Random(1), NOW)
    review = give(reviewer, REVIEW)
    assert review is not None
    Task.objects.filter(pk=review.task.pk).update(is_full=True)
    review.task.refresh_from_db()
    return review.task


def reader(task: Task, language: str = "en") -> Client:
    Participant.objects.filter(pk=task.participant_id).update(language=language)
    return browser_of(Participant.objects.get(pk=task.participant_id))


def test_the_page_asks_them_with_their_words_and_examples(task: Task) -> None:
    page = html(reader(task).get(url("label", task.pk)))
    for words in ("Does it name its sources?", "A link or a title is enough.", "Newton, 1687"):
        assert words in page
    assert "see &lt;https://example.org&gt;" in page
    assert re.search(r'name="label-tone" value="0.75".*?<span>warm</span>', page, re.DOTALL)
    flags = page[page.index('id="flags-title"') :]
    assert "It praises a firm." in flags


def test_their_words_are_in_the_readers_language(task: Task) -> None:
    client = reader(task, "de")
    page = html(client.get(url("label", task.pk)))
    assert "Nennt es Quellen?" in page
    assert "<span>herzlich</span>" in page
    assert "What is its tone?" in page, "what is not translated stays in the first language"
    told = html(client.get(url("guidelines")))
    assert "Nennt es Quellen?" in told
    assert "Newton, 1687" in told
    assert "Schreib wie an einen klugen Freund." in told


def test_what_is_required_is_needed_and_what_is_given_is_stored(task: Task) -> None:
    client = reader(task)
    form = {"label-spam": "0", "label-tone": "0.75", "flags-none": "1"}
    refused = client.post(url("label", task.pk), form)
    assert refused.status_code == 422
    assert 'id="label-sources-error"' in html(refused)
    client.post(url("label", task.pk), {**form, "label-sources": "cannot"})
    labels = LabelsGiven.objects.get(task=task).labels
    assert (labels["sources"], labels["tone"], labels["advert"]) == (None, 0.75, 0.0)


def test_a_program_is_told_of_them_and_held_to_them(task: Task) -> None:
    from manyvoices.collect.api.task_presenting import task_out

    by_name = {label.name: label for label in task_out(task).labels}
    assert by_name["tone"].anchors == ["cold", "cool", "even", "warm", "hot"]
    assert by_name["sources"].examples == ["Newton, 1687", "see <https://example.org>"]
    given = {"spam": 0.0, "sources": 1.0, "tone": 0.6}
    with pytest.raises(Unfit, match=re.escape("0.6 is not one of 0.0, 0.25")):
        operations.send_labels(task=task, labels=given, now=NOW, rng=random.Random(0))


def test_they_leave_with_the_others(task: Task, tmp_path: Path) -> None:
    from manyvoices.collect.trees.exporting import export_trees, outlet_for
    from manyvoices.collect.trees.selection import Selection

    given = {"spam": 0.0, "sources": 1.0, "tone": 0.25}
    operations.send_labels(task=task, labels=given, now=NOW, rng=random.Random(0))
    outlet = outlet_for(task.study, Selection(states=(), undecided="with"))
    out = tmp_path / "out"
    export_trees(outlet, out, ("labels",))
    rows = [json.loads(line) for line in (out / "labels.jsonl").open()]
    assert {row["name"]: row["value"] for row in rows} == given


def test_a_fault_has_its_file_and_line(tmp_path: Path) -> None:
    labels = LABELS.replace("widget: likert", "widget: slider")
    with pytest.raises(StudyError) as found:
        load_study(written(tmp_path, labels))
    assert "labels.yaml:10: " in str(found.value)


def test_names_of_labels_are_no_texts_to_translate(tmp_path: Path) -> None:
    from manyvoices.design.translations import texts

    there = texts(load_study(written(tmp_path)))
    assert "What is its tone?" in there
    assert not {"sources", "tone", "advert", "assistant_reply"} & set(there)
