"""A contributor's pages: what they show, what they store, and what they never tell."""

from __future__ import annotations

import random
import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.signing import get_cookie_signer
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.collect.trees.growing import give, growing_tree, people

from manyvoices.collect.moderation.models import Restriction
from manyvoices.collect.people.access import cookie_name
from manyvoices.collect.people.drafts import load_draft, save_draft
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees import near_texts, operations
from manyvoices.collect.trees.models import LabelsGiven, Message, Task, Tree
from manyvoices.design.trees import TaskKind

pytestmark = pytest.mark.django_db
REPLY = TaskKind.ASSISTANT_REPLY
RNG = random.Random(5)


def browser_of(person: Participant) -> Client:
    """A browser that knows somebody."""
    name = cookie_name(person.study_id)
    client = Client()
    client.cookies[name] = get_cookie_signer(salt=name + person.study_id).sign(str(person.pk))
    return client


def url(name: str, *args: object) -> str:
    return reverse(f"trees:{name}", args=["orchard", *args])


def html(response: Any) -> str:
    return response.content.decode()


@pytest.fixture
def person(orchard: StudyVersion) -> Participant:
    return people(orchard, 1)[0]


@pytest.fixture
def client(person: Participant) -> Client:
    return browser_of(person)


def task_for(person: Participant, *kinds: TaskKind) -> Task:
    handed = give(person, *(kinds or (REPLY,)), now=timezone.now())
    assert handed is not None
    return handed.task


def answered_tree(orchard: StudyVersion, text: str = "Because of gravity.") -> Message:
    """A tree with one reply of the assistant under review."""
    growing_tree(orchard)
    (writer,) = people(orchard, 1)
    task = task_for(writer)
    return operations.send_text(task=task, text=text, now=timezone.now(), rng=RNG)


class TestHome:
    def test_it_shows_what_is_needed_and_one_button(
        self, orchard: StudyVersion, client: Client
    ) -> None:
        growing_tree(orchard)
        page = html(client.get(url("home")))
        assert "Give me a task" in page
        assert "Reply as the assistant" in page

    def test_where_nothing_is_needed_it_says_why(
        self, orchard: StudyVersion, client: Client
    ) -> None:
        page = html(client.get(url("home")))
        assert "Why there is no task for you" in page
        assert "Give me a task" not in page

    def test_the_button_leads_to_a_task_in_ones_hands(
        self, orchard: StudyVersion, client: Client, person: Participant
    ) -> None:
        growing_tree(orchard)
        response = client.post(url("next"), {"kind": REPLY.value}, follow=True)
        task = Task.objects.get(participant=person)
        assert response.request["PATH_INFO"] == url("write", task.pk)
        assert "Why do apples fall?" in html(response)
        page = html(client.get(url("home")))
        assert "Begun and not finished" in page
        assert url("task", task.pk) in page

    def test_data_languages_are_chosen_apart_from_the_interfaces(
        self, orchard: StudyVersion, client: Client, person: Participant
    ) -> None:
        growing_tree(orchard, language="de")
        assert "Reply as the assistant" not in html(client.get(url("home")))
        client.post(url("languages"), {"language": ["de", "en"]})
        page = html(client.get(url("home")))
        assert "Reply as the assistant" in page
        assert '<html lang="en"' in page
        assert person.contributor.languages == ["de", "en"]
        client.post(url("next"), {"kind": REPLY.value})
        assert Task.objects.get(participant=person).language == "de"

    def test_no_language_at_all_is_asked_again(self, orchard: StudyVersion, client: Client) -> None:
        response = client.post(url("languages"), {"language": ["xx"]})
        assert response.status_code == 422
        assert "Choose at least one language" in html(response)

    def test_looking_writes_nothing(self, orchard: StudyVersion, client: Client) -> None:
        tree = growing_tree(orchard)
        client.get(url("home"))
        assert not Task.objects.exists()
        assert Tree.objects.get(pk=tree.pk).room == tree.room

    def test_a_stranger_is_shown_the_invitation(self, orchard: StudyVersion) -> None:
        response = Client().get(url("home"))
        assert response.status_code == 302
        assert response["Location"] == "/s/orchard/"


class TestWriting:
    def test_a_reply_is_stored_with_sources_and_evidence(
        self, orchard: StudyVersion, client: Client, person: Participant
    ) -> None:
        growing_tree(orchard)
        task = task_for(person)
        form = {
            "text": "Because of **gravity**.\r\nNewton said so.",
            "source-title": ["Principia", "", "x"],
            "source-url": ["https://example.org/principia", "", "https://example.org/x"],
            "evidence": '{"seconds": 61.04, "typed": 30, "pasted": 10, "pastes": 1, "key": "x"}',
        }
        response = client.post(url("write", task.pk), form, follow=True)
        assert "It is stored" in html(response)
        message = Message.objects.get(author=person)
        assert message.text == "Because of **gravity**.\nNewton said so."
        assert [source["title"] for source in message.sources] == ["Principia", "x"]
        assert message.evidence["typed_share"] == 0.75
        assert message.evidence["pasted_share"] == 0.25
        assert message.evidence["seconds"] == 61.0
        assert "key" not in message.evidence
        assert load_draft(person, f"task-{task.pk}") == {}

    @pytest.mark.parametrize("told", ["", "no json", "[1]", '{"seconds": 1e999, "typed": -4}'])
    def test_nonsense_about_how_it_was_written_stops_nobody(
        self, orchard: StudyVersion, client: Client, person: Participant, told: str
    ) -> None:
        growing_tree(orchard)
        task = task_for(person)
        client.post(url("write", task.pk), {"text": "Gravity.", "evidence": told})
        evidence = Message.objects.get(author=person).evidence
        assert set(evidence) == {"seconds_since_taken", "task"}

    @pytest.mark.parametrize(
        ("form", "says"),
        [
            ({"text": "  "}, "Write something first"),
            ({"text": "x" * 10_001}, "1 character too long"),
            ({"text": "Yes", "source-url": "http://a.b", "source-title": "A"}, "begins with https"),
            ({"text": "Yes", "source-url": "", "source-title": "A"}, "begins with https"),
        ],
    )
    def test_what_cannot_be_taken_comes_back_with_words_and_all_that_was_typed(
        self, orchard: StudyVersion, client: Client, person: Participant,
        form: dict[str, str], says: str,
    ) -> None:  # fmt: skip
        growing_tree(orchard)
        task = task_for(person)
        response = client.post(url("write", task.pk), form)
        assert response.status_code == 422
        page = html(response)
        assert says in page
        assert form["text"] in page
        assert not Message.objects.filter(author=person).exists()

    def test_without_scripts_the_preview_is_a_page(
        self, orchard: StudyVersion, client: Client, person: Participant
    ) -> None:
        growing_tree(orchard)
        task = task_for(person)
        form = {"text": "**Bold** <script>alert(1)</script>", "action": "preview"}
        page = html(client.post(url("write", task.pk), form))
        assert "<strong>Bold</strong>" in page
        assert "<script>alert" not in page
        assert not Message.objects.filter(author=person).exists()

    def test_the_preview_for_htmx_is_safe_and_runs_the_right_way(
        self, orchard: StudyVersion, client: Client
    ) -> None:
        form = {"text": "**שלום** <img src=x onerror=y>", "language": "he"}
        part = html(client.post(url("preview"), form))
        assert "<strong>שלום</strong>" in part
        assert "<img" not in part
        assert 'dir="rtl"' in part
        assert "<html" not in part

    def test_the_draft_comes_back(
        self, orchard: StudyVersion, client: Client, person: Participant
    ) -> None:
        growing_tree(orchard)
        task = task_for(person)
        fields = {"text": ["Half a tho"], "source-url": ["https://a.b/"], "source-title": ["A"]}
        save_draft(participant=person, form=f"task-{task.pk}", fields=fields, now=timezone.now())
        page = html(client.get(url("write", task.pk)))
        assert "Half a tho" in page
        assert "https://a.b/" in page

    def test_what_is_sent_after_the_time_ran_out_is_stored_where_there_is_a_place(
        self, orchard: StudyVersion, client: Client, person: Participant
    ) -> None:
        growing_tree(orchard)
        task = task_for(person)
        Task.objects.update(state=Task.State.EXPIRED)
        assert "has run out" in html(client.get(url("write", task.pk)))
        page = html(client.post(url("write", task.pk), {"text": "Late."}, follow=True))
        assert "its place was still free" in page
        assert Message.objects.filter(author=person, text="Late.").exists()

    def test_where_the_place_is_gone_the_text_is_not(
        self, orchard: StudyVersion, client: Client, person: Participant
    ) -> None:
        tree = growing_tree(orchard)
        task = task_for(person)
        Task.objects.update(state=Task.State.EXPIRED)
        Tree.objects.filter(pk=tree.pk).update(state="halted_by_moderator")
        response = client.post(url("write", task.pk), {"text": "An hour’s work <b>."})
        assert response.status_code == 409
        assert "An hour’s work &lt;b&gt;." in html(response)
        assert load_draft(person, f"task-{task.pk}")["text"] == ["An hour’s work <b>."]

    def test_a_browser_that_is_not_known_any_more_gets_its_text_back(
        self, orchard: StudyVersion, person: Participant
    ) -> None:
        growing_tree(orchard)
        task = task_for(person)
        form = {"text": "Do not lose me", "source-url": "https://a.b/"}
        response = Client().post(url("write", task.pk), form)
        assert response.status_code == 403
        assert html(response).count("Do not lose me") == 2
        assert "https://a.b/" in html(response)

    def test_whoever_is_held_up_finds_the_text_as_a_draft(
        self, orchard: StudyVersion, client: Client, person: Participant
    ) -> None:
        growing_tree(orchard)
        task = task_for(person)
        orchard.study.consent_version = "another"
        orchard.study.save()
        response = client.post(url("write", task.pk), {"text": "Kept meanwhile"})
        assert response.status_code == 302
        assert load_draft(person, f"task-{task.pk}")["text"] == ["Kept meanwhile"]

    def test_a_prompter_may_say_that_nothing_is_left_to_ask(
        self, orchard: StudyVersion, client: Client, person: Participant
    ) -> None:
        reply = answered_tree(orchard)
        for reviewer in people(orchard, 2):
            review = task_for(reviewer, TaskKind.LABEL_ASSISTANT_REPLY)
            operations.send_labels(task=review, labels={"spam": 0.0}, now=timezone.now(), rng=RNG)
        task = task_for(person, TaskKind.PROMPTER_REPLY)
        assert "Nothing more to ask here" in html(client.get(url("write", task.pk)))
        page = html(client.post(url("write", task.pk), {"action": "end"}, follow=True))
        assert "This conversation ends here" in page
        reply.refresh_from_db()
        assert reply.ended

    def test_what_stands_out_is_said_once_and_then_stored_all_the_same(
        self, orchard: StudyVersion, client: Client, person: Participant
    ) -> None:
        text = "The earth pulls at every apple, and at every pear and plum as well, all day long."
        answered_tree(orchard, text)
        near_texts.remember(Message.objects.filter(text=text))
        growing_tree(orchard)
        task = task_for(person)
        page = html(client.post(url("write", task.pk), {"text": text + " Yes."}))
        assert "nearly the same is here already" in page
        assert 'name="advised" value="1"' in page
        assert not Message.objects.filter(author=person).exists()
        client.post(url("write", task.pk), {"text": text + " Yes.", "advised": "1"})
        assert Message.objects.filter(author=person).exists()

    def test_ones_own_text_once_more_is_refused(
        self, orchard: StudyVersion, client: Client, person: Participant
    ) -> None:
        for _ in range(2):
            growing_tree(orchard)
        for n in range(2):
            task = task_for(person)
            response = client.post(url("write", task.pk), {"text": "Again.", "advised": "1"})
            assert response.status_code == (422 if n else 302)
        assert "exactly this text" in html(response)

    def test_sending_twice_stores_once(
        self, orchard: StudyVersion, client: Client, person: Participant
    ) -> None:
        growing_tree(orchard)
        task = task_for(person)
        for _ in range(2):
            client.post(url("write", task.pk), {"text": "Once."})
        assert Message.objects.filter(author=person).count() == 1


class TestTasks:
    def test_nobody_reaches_the_task_of_another(
        self, orchard: StudyVersion, client: Client
    ) -> None:
        growing_tree(orchard)
        (other,) = people(orchard, 1)
        task = task_for(other)
        for name in ("task", "write", "label", "done"):
            assert client.get(url(name, task.pk))["Location"] == "/s/orchard/next/"
        for name in ("write", "label", "keep", "skip"):
            response = client.post(url(name, task.pk), {"text": "mine"})
            assert response["Location"] == "/s/orchard/next/"
        task.refresh_from_db()
        assert task.state == Task.State.LEASED

    def test_a_task_is_kept_while_the_page_is_used(
        self, orchard: StudyVersion, client: Client, person: Participant
    ) -> None:
        growing_tree(orchard)
        task = task_for(person)
        Task.objects.update(expires_at=timezone.now() + timedelta(minutes=1))
        assert client.post(url("keep", task.pk)).status_code == 200
        task.refresh_from_db()
        assert task.expires_at > timezone.now() + timedelta(minutes=10)
        Task.objects.update(state=Task.State.EXPIRED)
        assert client.post(url("keep", task.pk)).status_code == 409

    def test_a_task_is_passed_over_with_a_reason(
        self, orchard: StudyVersion, client: Client, person: Participant
    ) -> None:
        growing_tree(orchard)
        task = task_for(person)
        form = {"reason": "knowledge", "words": "no physics"}
        client.post(url("skip", task.pk), form)
        task.refresh_from_db()
        assert (task.state, task.skip_reason) == ("skipped", "knowledge: no physics")
        assert give(person, REPLY, now=timezone.now()) is None


class TestReviewing:
    def review(self, orchard: StudyVersion, person: Participant, **fields: object) -> Task:
        answered_tree(orchard)
        task = task_for(person, TaskKind.LABEL_ASSISTANT_REPLY)
        Task.objects.filter(pk=task.pk).update(**fields)
        task.refresh_from_db()
        return task

    def test_open_cannot_tell_and_a_value_are_three_things(
        self, orchard: StudyVersion, client: Client, person: Participant
    ) -> None:
        task = self.review(orchard, person, is_full=True)
        form = {
            "label-spam": "0",
            "label-fails_task": "cannot",
            "label-quality": "0.75",
            "label-humor": "",
            "label-toxicity": "7",
        }
        response = client.post(url("label", task.pk), form)
        assert response["Location"] == url("done", task.pk)
        labels = LabelsGiven.objects.get(task=task).labels
        assert labels == {"spam": 0.0, "fails_task": None, "quality": 0.75}

    def test_none_of_these_says_no_to_the_flags_left_open(
        self, orchard: StudyVersion, client: Client, person: Participant
    ) -> None:
        task = self.review(orchard, person, is_full=True)
        form = {"label-spam": "0", "label-pii": "1", "flags-none": "1"}
        client.post(url("label", task.pk), form)
        labels = LabelsGiven.objects.get(task=task).labels
        assert labels["pii"] == 1.0
        assert labels["hate_speech"] == labels["lang_mismatch"] == 0.0
        assert "quality" not in labels
        assert "fails_task" not in labels

    def test_a_label_that_is_needed_is_asked_for_where_it_stands(
        self, orchard: StudyVersion, client: Client, person: Participant
    ) -> None:
        task = self.review(orchard, person, is_full=True)
        response = client.post(url("label", task.pk), {"label-quality": "1"})
        assert response.status_code == 422
        page = html(response)
        assert 'href="#label-spam-1"' in page
        assert 'id="label-spam-error"' in page
        assert re.search(r'id="label-quality-5"[^>]* checked', page)

    def test_the_short_form_says_that_it_is_one_and_asks_less(
        self, orchard: StudyVersion, client: Client, person: Participant
    ) -> None:
        task = self.review(orchard, person, is_full=False)
        page = html(client.get(url("label", task.pk)))
        assert "Short form" in page
        assert "label-quality" in page
        assert "label-humor" not in page

    def test_nothing_is_chosen_beforehand_and_nothing_told_of_people(
        self, orchard: StudyVersion, client: Client, person: Participant
    ) -> None:
        task = self.review(orchard, person, is_full=True)
        message = task.message
        assert message is not None
        Message.objects.filter(pk=message.pk).update(model_name="model-7b", n_reviews=1)
        LabelsGiven.objects.create(
            message=message,
            participant=people(orchard, 1)[0],
            source=LabelsGiven.Source.REPORT,
            labels={},
            created_at=timezone.now(),
        )
        page = html(client.get(url("label", task.pk)))
        assert " checked" not in page
        assert str(message.author_id) not in page
        assert "model-7b" not in page
        assert "the message to review" in page

    def test_a_draft_of_a_review_comes_back(
        self, orchard: StudyVersion, client: Client, person: Participant
    ) -> None:
        task = self.review(orchard, person, is_full=True)
        fields = {"label-spam": ["cannot"]}
        save_draft(participant=person, form=f"task-{task.pk}", fields=fields, now=timezone.now())
        page = html(client.get(url("label", task.pk)))
        assert re.search(r'id="label-spam-cannot"[^>]* checked', page)

    def test_a_message_of_a_thread_may_be_labelled_unasked_and_again(
        self, orchard: StudyVersion, client: Client, person: Participant
    ) -> None:
        task = self.review(orchard, person)
        message = task.message
        assert message is not None
        where = url("free_labels", message.pk)
        assert "Leave open" in html(client.get(where))
        assert client.post(where, {}).status_code == 422
        client.post(where, {"label-quality": "0.5"})
        client.post(where, {"label-quality": "1", "label-spam": "cannot"})
        given = LabelsGiven.objects.get(message=message, source=LabelsGiven.Source.FREE)
        assert given.labels == {"quality": 1.0, "spam": None}
        assert re.search(r'id="label-quality-5"[^>]* checked', html(client.get(where)))
        message.refresh_from_db()
        assert message.n_reviews == 0

    def test_messages_of_trees_that_one_has_nothing_to_do_with_stay_closed(
        self, orchard: StudyVersion, client: Client
    ) -> None:
        message = answered_tree(orchard)
        for name in ("message", "free_labels", "edit"):
            assert client.get(url(name, message.pk))["Location"] == "/s/orchard/next/"
        assert client.get(url("message", uuid.uuid4())).status_code == 302


class TestMine:
    def own(self, orchard: StudyVersion, person: Participant) -> Message:
        growing_tree(orchard)
        task = task_for(person)
        return operations.send_text(task=task, text="Mine.", now=timezone.now(), rng=RNG)

    @pytest.mark.parametrize(
        ("fields", "says"),
        [
            ({"accepted": None}, "Under review."),
            ({"accepted": True}, "Accepted."),
            ({"accepted": False, "decided_because": "spam"}, "took it for spam"),
            ({"accepted": False, "decided_because": "new"}, "Not accepted by its reviewers"),
            ({"deleted": True}, "Removed by a moderator"),
        ],
    )
    def test_what_became_of_a_text_is_said(
        self, orchard: StudyVersion, client: Client, person: Participant,
        fields: dict[str, object], says: str,
    ) -> None:  # fmt: skip
        message = self.own(orchard, person)
        Message.objects.filter(pk=message.pk).update(**fields)
        assert says in html(client.get(url("mine")))
        assert says in html(client.get(url("message", message.pk)))

    def test_a_rank_is_told_only_when_the_tree_is_done(
        self, orchard: StudyVersion, client: Client, person: Participant
    ) -> None:
        message = self.own(orchard, person)
        key = uuid.uuid4()
        Message.objects.create(
            id=key, tree=message.tree, parent=message.parent, role="assistant", text="Other",
            language="en", path=operations.new_path(message.parent, key), depth=1,
            created_at=timezone.now(), accepted=True, rank=0,
        )  # fmt: skip
        Message.objects.filter(pk=message.pk).update(accepted=True, rank=1)
        assert "Ranked" not in html(client.get(url("mine")))
        Tree.objects.update(state="ready_for_export")
        assert "Ranked 2 of 2." in html(client.get(url("mine")))

    def test_a_text_may_be_changed_for_a_while_and_is_reviewed_anew(
        self, orchard: StudyVersion, client: Client, person: Participant
    ) -> None:
        message = self.own(orchard, person)
        assert url("edit", message.pk) in html(client.get(url("mine")))
        client.post(url("edit", message.pk), {"text": "Mine, better."})
        message.refresh_from_db()
        assert message.text == "Mine, better."
        assert message.revisions.get().text == "Mine."

    def test_a_change_that_comes_too_late_gives_the_words_back(
        self, orchard: StudyVersion, client: Client, person: Participant
    ) -> None:
        message = self.own(orchard, person)
        Message.objects.update(created_at=timezone.now() - timedelta(hours=1))
        assert client.get(url("edit", message.pk))["Location"] == url("message", message.pk)
        response = client.post(url("edit", message.pk), {"text": "Too late"})
        assert response.status_code == 409
        assert "Too late" in html(response)

    def test_what_i_did_is_counted(
        self, orchard: StudyVersion, client: Client, person: Participant
    ) -> None:
        self.own(orchard, person)
        assert re.search(r"Reply as the assistant</dt><dd>1<", html(client.get(url("mine"))))


def test_the_guidelines_explain_every_label(orchard: StudyVersion, client: Client) -> None:
    page = html(client.get(url("guidelines")))
    assert "Write as you would to a friend" in page
    assert "Is this message spam?" in page


class TestLimits:
    def bar(self, person: Participant, *, is_shadow: bool) -> None:
        Restriction.objects.create(
            participant=person,
            kind=Restriction.Kind.BAN,
            is_shadow=is_shadow,
            reason="Advertising.",
            by="ann",
            at=timezone.now() - timedelta(minutes=1),
        )

    def test_an_open_ban_is_told_with_its_reason(
        self, orchard: StudyVersion, client: Client, person: Participant
    ) -> None:
        growing_tree(orchard)
        task = task_for(person)
        self.bar(person, is_shadow=False)
        for response in (
            client.post(url("next")),
            client.get(url("write", task.pk)),
            client.post(url("write", task.pk), {"text": "Still mine."}),
        ):
            assert response.status_code == 403
            assert "Advertising." in html(response)
        assert Task.objects.filter(participant=person).count() == 1
        assert client.get(url("mine")).status_code == 200

    def test_a_quiet_limit_shows_nowhere(
        self, orchard: StudyVersion, client: Client, person: Participant
    ) -> None:
        growing_tree(orchard)
        task = task_for(person)
        self.bar(person, is_shadow=True)
        client.post(url("write", task.pk), {"text": "As before."})
        message = Message.objects.get(author=person)
        for page in (html(client.get(url("mine"))), html(client.get(url("message", message.pk)))):
            assert "Under review." in page
            assert "Removed" not in page

    def test_a_program_that_takes_tasks_without_end_is_slowed_down(
        self, orchard: StudyVersion, client: Client
    ) -> None:
        codes = [client.post(url("next")).status_code for _ in range(31)]
        assert codes == [302] * 30 + [429]
