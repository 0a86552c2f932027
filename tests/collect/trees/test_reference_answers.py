"""A prompt together with its author's own answer: both are stored, reviewed, and marked."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from tests.collect.trees.growing import NOW, give, people
from tests.collect.trees.ranking_sets import cookie

from manyvoices.collect.people.drafts import load_draft, save_draft
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees import operations, sweeping
from manyvoices.collect.trees.availability import needs_of
from manyvoices.collect.trees.errors import Unfit
from manyvoices.collect.trees.exporting import export_trees, outlet_for
from manyvoices.collect.trees.import_files import import_files
from manyvoices.collect.trees.models import Message, Need, Task, Tree
from manyvoices.collect.trees.policies import change_policy, forget
from manyvoices.collect.trees.presenting import form_name
from manyvoices.collect.trees.selection import Selection
from manyvoices.design.trees import TaskKind, TreePolicy

KIND = TaskKind.PROMPT_WITH_ANSWER
RNG = random.Random(1)


def rule(version: StudyVersion, policy: TreePolicy) -> None:
    change_policy(study=version.study, language="en", policy=policy, by="me", reason="", now=NOW)
    forget(version.study, "en")
    sweeping.sweep(now=NOW, rng=RNG)


@pytest.fixture
def open_project(orchard: StudyVersion) -> StudyVersion:
    policy = TreePolicy.model_validate(
        {"accepts_reference_answers": True, "num_reviews_initial_prompt": 1, "num_reviews_reply": 1}
    )
    rule(orchard, policy)
    return orchard


def ask(person: Participant) -> Task:
    handed = give(person, KIND)
    assert handed is not None
    return handed.task


def send(task: Task, answer: str = "It cools.") -> Message:
    return operations.send_text(
        task=task, text="Why does tea cool?", answer=answer, now=NOW, rng=RNG
    )


def test_nothing_of_it_is_offered_by_default(orchard: StudyVersion) -> None:
    sweeping.sweep(now=NOW, rng=RNG)
    (person,) = people(orchard, 1)
    assert give(person, KIND) is None
    assert KIND not in needs_of(person, "en", now=NOW)


def test_prompt_and_answer_are_stored_together_and_once(open_project: StudyVersion) -> None:
    task = ask(people(open_project, 1)[0])
    prompt = send(task)
    assert send(task).pk == prompt.pk
    (reply,) = prompt.replies.all()
    assert (prompt.role, reply.role) == ("prompter", "assistant")
    assert (prompt.is_reference, reply.is_reference) == (False, True)
    assert reply.text == "It cools."
    assert Message.objects.count() == 2


def test_an_answer_is_needed_and_nothing_is_stored_without_it(open_project: StudyVersion) -> None:
    task = ask(people(open_project, 1)[0])
    with pytest.raises(Unfit) as found:
        send(task, "  ")
    assert found.value.field == "answer"
    assert not Tree.objects.exists()


def test_the_answer_is_reviewed_by_others_once_the_prompt_is_accepted(
    open_project: StudyVersion,
) -> None:
    author, first, second = people(open_project, 3)
    prompt = send(ask(author))
    answer = prompt.replies.get()
    review = {"spam": 0.0, "lang_mismatch": 0.0, "quality": 1.0}
    assert give(first, TaskKind.LABEL_ASSISTANT_REPLY) is None
    handed = give(first, TaskKind.LABEL_INITIAL_PROMPT)
    assert handed is not None
    operations.send_labels(task=handed.task, labels=review, now=NOW, rng=RNG)
    sweeping.sweep(now=NOW, rng=RNG)
    assert give(author, TaskKind.LABEL_ASSISTANT_REPLY) is None
    handed = give(second, TaskKind.LABEL_ASSISTANT_REPLY)
    assert handed is not None
    assert handed.task.message_id == answer.pk
    operations.send_labels(task=handed.task, labels=review, now=NOW, rng=RNG)
    answer.refresh_from_db()
    assert answer.accepted is True


def test_both_ways_of_beginning_a_tree_share_their_places(open_project: StudyVersion) -> None:
    policy = TreePolicy(accepts_reference_answers=True, max_initial_prompt_review=3)
    rule(open_project, policy)
    crowd = people(open_project, 5)
    kinds = [KIND, TaskKind.INITIAL_PROMPT] * 3
    given = [give(person, kind) for person, kind in zip(crowd, kinds, strict=False)]
    assert sum(handed is not None for handed in given) == 3
    assert set(Need.objects.filter(language="en").values_list("seats", flat=True)) == {0}


def test_the_page_asks_for_both_keeps_both_and_shows_what_is_missing(
    open_project: StudyVersion,
) -> None:
    (person,) = people(open_project, 1)
    task, client = ask(person), Client()
    name, value = cookie(person)
    client.cookies[name] = value
    url = reverse("trees:write", args=["orchard", task.pk])
    save_draft(
        participant=person, form=form_name(task), fields={"answer": ["By evaporation."]}, now=NOW
    )
    assert "By evaporation." in client.get(url).content.decode()
    both = {"text": "Why does a cup of hot tea cool?", "action": "send", "advised": "1"}
    found = client.post(url, both)
    assert found.status_code == 422
    assert 'id="answer-error"' in found.content.decode()
    client.post(url, both | {"answer": "Its fastest molecules leave as steam."})
    assert Message.objects.filter(is_reference=True).exists()
    assert not load_draft(person, form_name(task))


def test_the_mark_leaves_and_comes_back(open_project: StudyVersion, tmp_path: Path) -> None:
    send(ask(people(open_project, 1)[0]))
    selection = Selection(states=(), deleted="with", rejected="with", undecided="with")
    export_trees(outlet_for(open_project.study, selection), tmp_path, ("native", "trees"))
    Tree.objects.all().delete()
    import_files(open_project.study, [tmp_path / "native.jsonl"], now=NOW, rng=RNG)
    assert list(Message.objects.order_by("depth").values_list("is_reference", flat=True)) == [
        False, True,
    ]  # fmt: skip
    assert "is_reference" not in (tmp_path / "trees.jsonl").read_text()
