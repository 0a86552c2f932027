"""Advice on texts: it is said, never forced, but for an exact copy of one's own."""

from __future__ import annotations

import random
import time
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.collect.trees.growing import NOW, give, growing_tree, people

from manyvoices.collect.people import rights
from manyvoices.collect.people.models import Participant
from manyvoices.collect.quality.models import TextBand
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees import near_texts, operations, writing
from manyvoices.collect.trees.errors import Unfit
from manyvoices.collect.trees.models import Message, Tree
from manyvoices.design.trees import TaskKind, TreePolicy
from manyvoices.schema.errors import MissingExtraError

RNG = random.Random(1)
REPLY = TaskKind.ASSISTANT_REPLY
POLICY = TreePolicy(max_chars=200, min_words=2)
APPLES = (
    "Apples fall to the ground because the mass of the earth pulls on every small thing near it,"
    " and nothing holds the apple once its stalk has let go of the branch."
)
NEARLY = APPLES.replace("small thing", "small object")


def write(person: Participant, text: str) -> Message:
    handed = give(person, REPLY)
    assert handed is not None
    return operations.send_text(task=handed.task, text=text, now=NOW, rng=RNG)


def kinds(advice: list[writing.Advice]) -> list[str]:
    return [one.kind for one in advice]


def test_lengths_are_said_with_their_numbers() -> None:
    assert kinds(writing.check("  ", "en", POLICY)) == ["empty"]
    assert writing.check("apple", "en", POLICY)[0].text == "1 more word is needed"
    (long,) = writing.check("a b " + "c" * 203, "en", POLICY)
    assert (long.text, long.blocks) == ("7 characters too many", True)
    assert writing.check("an apple", "en", POLICY) == []
    assert writing.counts("an apple", POLICY) == writing.Counts(8, 2, 200, 2)


@pytest.mark.parametrize(
    ("text", "language", "advised"),
    [
        (APPLES, "en", False),
        (APPLES, "en-GB", False),
        (APPLES, "de", True),
        ("Äpfel fallen zu Boden, weil die Erde sie mit ihrer Masse anzieht.", "en", True),
        (
            "苹果会掉到地上，是因为地球的引力在吸引着它们，所以它们不会飞到天上去。",
            "zh-hans",
            False,
        ),
        ("苹果会掉到地上，是因为地球的引力在吸引着它们，所以它们不会飞到天上去。", "en", True),
        ("Hallo", "en", False),
        ("12 + 30 = 42", "en", False),
        (APPLES, "tlh", False),  # of a language that the model cannot tell nothing is said
    ],
)
def test_another_language_than_the_chosen_one_is_worth_a_word(
    text: str, language: str, advised: bool
) -> None:
    assert ("language" in kinds(writing.check(text, language, TreePolicy()))) is advised


def test_without_the_language_model_there_is_no_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    from manyvoices.curate import language

    def missing(*_: object) -> None:
        raise MissingExtraError("Naming languages", "curate")

    monkeypatch.setattr(language, "load_model", missing)
    assert writing.check(APPLES, "de", TreePolicy()) == []


def test_a_text_nearly_like_another_is_advised_and_stored_all_the_same(
    orchard: StudyVersion,
) -> None:
    one, other = people(orchard, 2)
    growing_tree(orchard)
    first = write(one, APPLES)
    (advice,) = writing.check(
        NEARLY, "en", TreePolicy(), study=orchard.study, participant=other, now=NOW
    )
    assert (advice.kind, advice.blocks) == ("near_duplicate", False)
    assert APPLES[:20] not in advice.text
    assert near_texts.near_duplicates(NEARLY, "orchard", "en")[0][0] == first.pk
    assert write(other, NEARLY).text == NEARLY


def test_other_projects_other_languages_and_oneself_while_editing_are_no_duplicates(
    orchard: StudyVersion,
) -> None:
    (one,) = people(orchard, 1)
    growing_tree(orchard)
    mine = write(one, APPLES)
    assert near_texts.near_duplicates(APPLES, "orchard", "de") == []
    assert near_texts.near_duplicates(APPLES, "meadow", "en") == []
    assert near_texts.near_duplicates(APPLES, "orchard", "en", but=mine.pk) == []
    assert (
        near_texts.near_duplicates("Apples fall because of gravity alone.", "orchard", "en") == []
    )


def test_only_an_exact_copy_of_ones_own_recent_text_is_refused(orchard: StudyVersion) -> None:
    one, other = people(orchard, 2)
    growing_tree(orchard)
    write(one, "Gravity.")
    with pytest.raises(Unfit, match="a short time ago"):
        writing.refuse_copy(one, " gravity. ", NOW)
    writing.refuse_copy(other, "Gravity.", NOW)
    writing.refuse_copy(one, "Gravity!!", NOW)
    writing.refuse_copy(one, "Gravity.", NOW + writing.RECENT)
    growing_tree(orchard)
    with pytest.raises(Unfit, match="a short time ago"):
        write(one, "Gravity. ")
    (advice,) = writing.check("Gravity.", "en", TreePolicy(), participant=one, now=NOW)
    assert (advice.kind, advice.blocks) == ("copy", True)


def test_what_a_text_looks_like_is_stored_as_evidence_and_decides_nothing(
    orchard: StudyVersion,
) -> None:
    (one,) = people(orchard, 1)
    growing_tree(orchard)
    message = write(one, "Äpfel fallen zu Boden, weil die Erde sie mit ihrer Masse anzieht.")
    message.refresh_from_db()
    assert message.evidence["language"] == "de"
    assert message.evidence["language_confidence"] > 0.9
    assert "task" in message.evidence
    assert message.accepted is None


def test_an_edited_text_is_known_by_its_new_words_and_an_erased_one_by_none(
    orchard: StudyVersion,
) -> None:
    (one,) = people(orchard, 1)
    growing_tree(orchard)
    mine = write(one, "Something quite different about the colour of ripe pears in autumn.")
    operations.edit(message=mine, participant=one, text=APPLES, now=NOW, rng=RNG)
    assert [key for key, _overlap in near_texts.near_duplicates(NEARLY, "orchard", "en")] == [
        mine.pk
    ]
    assert TextBand.objects.filter(message=mine).count() == 20
    rights.withdraw(participant=one, now=NOW + timedelta(minutes=1))
    assert not TextBand.objects.exists()


def test_texts_stored_in_bulk_are_remembered_and_looking_costs_the_same_among_thousands(
    orchard: StudyVersion,
) -> None:
    tree = growing_tree(orchard)
    rng = random.Random(3)
    words = [f"word{i}" for i in range(3000)]

    def some(n: int) -> list[Message]:
        rows = [
            Message(
                id=(key := uuid.uuid4()), tree=tree, role="assistant", language="en", depth=1,
                text=" ".join(rng.choices(words, k=30)), path=f"/{key}/", created_at=NOW,
            )
            for _ in range(n)
        ]  # fmt: skip
        return Message.objects.bulk_create(rows)

    def cost() -> tuple[int, float]:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            begun = time.process_time()
            for _ in range(5):
                near_texts.near_duplicates(APPLES, "orchard", "en")
            return len(queries), time.process_time() - begun

    near_texts.remember(
        [*some(20), *Message.objects.filter(pk=write(people(orchard, 1)[0], APPLES).pk)]
    )
    few, _ = cost()
    near_texts.remember(some(1500))
    many, _ = cost()
    assert few == many == 10
    with connection.cursor() as cursor:
        values = near_texts.bands(APPLES, "orchard", "en")
        marks = ", ".join(["%s"] * len(values))
        sql = f"SELECT message_id FROM quality_textband WHERE value IN ({marks})"
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", values)
            assert "USING INDEX" in str(cursor.fetchall())
    assert len(near_texts.near_duplicates(NEARLY, "orchard", "en")) == 1
    assert Tree.objects.count() == 1


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=80), st.sampled_from(["en", "zh-hans", "x", ""]))
def test_any_text_gets_an_answer(text: str, language: str) -> None:
    for advice in writing.check(text, language, TreePolicy()):
        assert advice.kind in {"empty", "short", "long", "language"}
    assert len(near_texts.bands(text, "orchard", language)) in {0, 20}


def test_many_texts_get_the_numbers_that_each_gets_alone() -> None:
    texts = [
        "",
        "short",
        "Äpfel fallen nach unten, " * 5,
        "苹果为什么会掉下来" * 6,
        "one two " * 20,
    ]
    many = near_texts.bands_of([(text, "orchard", "en") for text in texts])
    assert many == [near_texts.bands(text, "orchard", "en") for text in texts]
    assert [bool(numbers) for numbers in many] == [False, False, True, True, True]
    assert near_texts.bands_of([]) == []
