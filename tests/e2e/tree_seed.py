"""Fill a server's database with people and trees in three languages; print how to come in.

Run in a process of its own (``python -m tests.e2e.tree_seed DATABASE_URL STUDY``): the browser of
the tests holds this process's event loop, and Django's rows are not for such a thread.
"""

from __future__ import annotations

import json
import os
import random
import sys
from datetime import UTC, datetime

WORDS = {
    "en": ("Why do apples fall?", "Because **gravity** pulls them:\n\n1. the earth is heavy\n2. "
           "the apple is not"),
    "ar": ("لماذا يسقط التفاح؟ أريد شرحًا عن Newton", "لأن **الجاذبية** تجذبها إلى الأرض."),
    "he": ("GPS: איך זה עובד בעצם?", "המכשיר מודד את **המרחק** ללוויינים."),
}  # fmt: skip


def main(database_url: str, study_id: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "manyvoices.collect.settings"
    os.environ["MANYVOICES_DATABASE_URL"] = database_url
    import django

    django.setup()
    print(json.dumps(fill(study_id)))


def fill(study_id: str) -> dict[str, str]:
    """Name of a person -> the key of their personal link."""
    from manyvoices.collect.contributors.models import QuizTry
    from manyvoices.collect.people.models import Participant
    from manyvoices.collect.studies.models import Study
    from manyvoices.collect.surveys.models import SurveyPage
    from manyvoices.design import SurveyStage

    now = datetime.now(UTC)
    version = Study.objects.get(pk=study_id).current
    found: dict[str, str] = {}
    for name in ("author", "other", "ann", "ben", "cleo", "dan", "eve", "newcomer"):
        person = Participant.objects.create(
            study=version.study,
            version=version,
            consent_version=version.spec.consent.version,
            consented_at=now,
        )
        for index, stage in enumerate(version.spec.stages):
            if isinstance(stage, SurveyStage):
                for page in range(len(stage.pages)):
                    SurveyPage.objects.create(
                        participant=person, stage=index, page=page, sent_at=now
                    )
        if name != "newcomer":
            for quiz in ("writing", "reviewing", "ranking"):
                QuizTry.objects.create(
                    participant=person, quiz=quiz, number=1, passed=True, tried_at=now
                )
        found[name] = person.resume_key
        if name == "author":
            author = person
        elif name == "other":
            other = person
    for language in WORDS:
        for reviewed in (None, True):
            plant(version.study, author, language, reviewed, now)
        plant(version.study, author, language, True, now, n_replies=2, second=other)
    wait(version.study, author, now)
    return found


def wait(study, author, now):  # type: ignore[no-untyped-def]
    """In German alone: prompts that wait and are put in order, and prompts with an answer. The
    runner may still begin ten of them, by the policy that it knows: more than that wait."""
    import uuid

    from manyvoices.collect.trees.models import Message, Tree
    from manyvoices.collect.trees.policies import change_policy
    from manyvoices.design.trees import TreePolicy

    policy = TreePolicy(num_prompt_rankings=9, accepts_reference_answers=True, max_active_trees=0)
    change_policy(study=study, language="de", policy=policy, by="seed", reason="", now=now)
    for i in range(14):
        key = uuid.uuid4()
        tree = Tree.objects.create(
            study=study, language="de", state="prompt_lottery_waiting", goal_size=3,
            created_at=now, changed_at=now,
        )  # fmt: skip
        Message.objects.create(
            id=key, tree=tree, author=author, role="prompter", language="de", path=f"{key}/",
            text=f"Warum ist der Himmel blau? ({i})", created_at=now, accepted=True, depth=0,
        )  # fmt: skip


def plant(study, author, language, reviewed, now, *, n_replies=1, second=None):  # type: ignore[no-untyped-def]
    """A growing tree whose prompt is accepted, with replies in some state of review."""
    import uuid

    from django.db import transaction

    from manyvoices.collect.trees.models import Message, Tree
    from manyvoices.collect.trees.operations import new_path
    from manyvoices.collect.trees.refresh import lock_tree, refresh

    prompt, reply = WORDS[language]
    goal = 3 if n_replies == 2 else 15
    tree = Tree.objects.create(
        study=study, language=language, state="growing", goal_size=goal, created_at=now,
        changed_at=now,
    )  # fmt: skip

    def message(parent, role, text, accepted, writer):  # type: ignore[no-untyped-def]
        key = uuid.uuid4()
        return Message.objects.create(
            id=key, tree=tree, parent=parent, author=writer, role=role, text=text,
            language=language, path=new_path(parent, key), created_at=now, accepted=accepted,
            depth=parent.depth + 1 if parent else 0, n_reviews=3 if accepted else 0,
        )  # fmt: skip

    root = message(None, "prompter", prompt, True, author)
    message(root, "assistant", reply, reviewed, author)
    if n_replies == 2:
        message(root, "assistant", reply + " (2)", True, second)
    with transaction.atomic():
        refresh(lock_tree(tree), now=now, rng=random.Random(0))


if __name__ == "__main__":
    main(*sys.argv[1:])
