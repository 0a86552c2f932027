"""Putting prompts that wait in order: not one's own, none twice, and the first begins sooner."""

from __future__ import annotations

import random
import re
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.collect.trees.growing import NOW, give, let_grow, people
from tests.collect.trees.ranking_sets import cookie

from manyvoices.collect.accounts import merging
from manyvoices.collect.people import rights
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees import operations, prompt_ranking, sweeping
from manyvoices.collect.trees.availability import needs_of
from manyvoices.collect.trees.errors import TaskGone, Unfit
from manyvoices.collect.trees.exporting import export_trees, outlet_for
from manyvoices.collect.trees.finding import prompts_to_rank
from manyvoices.collect.trees.import_files import import_files
from manyvoices.collect.trees.models import Message, Need, PromptPlace, Task, Tree
from manyvoices.collect.trees.policies import change_policy, forget
from manyvoices.collect.trees.selection import Selection
from manyvoices.collect.trees.starting import waiting_prompts
from manyvoices.design.trees import TaskKind, TreePolicy, draw_prompt
from manyvoices.schema import TreeState

KIND = TaskKind.RANK_INITIAL_PROMPTS
RNG = random.Random(1)


def wait(version: StudyVersion, n: int, author: Participant | None = None) -> list[Message]:
    """So many accepted prompts that wait to be drawn."""
    found = []
    for i in range(n):
        key = uuid.uuid4()
        tree = Tree.objects.create(
            study=version.study, language="en", state=TreeState.PROMPT_LOTTERY_WAITING.value,
            goal_size=3, created_at=NOW, changed_at=NOW,
        )  # fmt: skip
        found.append(
            Message.objects.create(
                id=key,
                tree=tree,
                author=author,
                role="prompter",
                text=f"Question {i}?",
                depth=0,
                language="en",
                path=f"{key}/",
                created_at=NOW,
                accepted=True,
                consent_version=author.consent_version if author else "",
            )
        )
    return found


def rule(version: StudyVersion, **changes: object) -> None:
    """A policy under which nothing is drawn, so that prompts keep waiting."""
    policy = TreePolicy.model_validate({"num_prompt_rankings": 2, "max_active_trees": 0} | changes)
    change_policy(study=version.study, language="en", policy=policy, by="me", reason="", now=NOW)
    forget(version.study, "en")
    sweeping.sweep(now=NOW, rng=RNG)


def ask(person: Participant, seed: int = 0) -> Task:
    handed = give(person, KIND, seed=seed)
    assert handed is not None
    return handed.task


def test_nothing_of_it_is_offered_by_default(orchard: StudyVersion) -> None:
    wait(orchard, 6)
    sweeping.sweep(now=NOW, rng=RNG)
    (person,) = people(orchard, 1)
    assert give(person, KIND) is None
    assert KIND not in needs_of(person, "en", now=NOW)


def test_as_many_orders_are_asked_for_as_give_every_prompt_its_places(
    orchard: StudyVersion,
) -> None:
    wait(orchard, 8)
    rule(orchard, prompt_ranking_size=4)
    rng = random.Random(3)
    for person in people(orchard, 9):
        handed = give(person, KIND, seed=rng.getrandbits(20))
        if handed is not None:
            keys = list(prompt_ranking.shown(handed.task))
            groups = [[key] for key in keys]
            prompt_ranking.send(task=handed.task, groups=groups, flags={}, now=NOW, rng=rng)
    assert Task.objects.filter(kind=KIND.value).count() == 4
    assert {m.places.count() for m in Message.objects.all()} == {2}


def order_all(task: Task) -> None:
    groups = [[key] for key in prompt_ranking.shown(task)]
    prompt_ranking.send(task=task, groups=groups, flags={}, now=NOW, rng=RNG)


def test_nobody_puts_prompts_in_order_that_all_have_their_places(orchard: StudyVersion) -> None:
    """Whoever was shown the ones that lack a place is not given the others in their stead."""
    first, second = people(orchard, 2)
    wait(orchard, 4)
    rule(orchard, num_prompt_rankings=1)
    order_all(ask(first))
    wait(orchard, 2)
    sweeping.sweep(now=NOW, rng=RNG)
    order_all(ask(first))
    wait(orchard, 1, second)
    sweeping.sweep(now=NOW, rng=RNG)
    assert Need.objects.get(kind=KIND.value).seats == 1
    assert give(second, KIND) is None
    assert needs_of(second, "en", now=NOW)[KIND] == 0


def test_orders_of_honest_people_make_better_prompts_likelier_to_be_drawn(
    orchard: StudyVersion,
) -> None:
    """Each prompt's quality is planted; people see it with a little error, and never agree."""
    crowd, writers = people(orchard, 9), people(orchard, 8)
    prompts = [wait(orchard, 1, writer)[0] for writer in writers]
    quality = {str(prompt.pk): i for i, prompt in enumerate(prompts)}
    of_tree = {str(prompt.tree_id): i for i, prompt in enumerate(prompts)}
    rule(orchard, num_prompt_rankings=4)
    rng = random.Random(11)
    for person in crowd:
        if (handed := give(person, KIND, seed=rng.getrandbits(20))) is not None:
            seen = {k: quality[k] + rng.gauss(0, 1) for k in prompt_ranking.shown(handed.task)}
            groups = [[key] for key in sorted(seen, key=seen.__getitem__, reverse=True)]
            prompt_ranking.send(task=handed.task, groups=groups, flags={}, now=NOW, rng=rng)
    waiting = waiting_prompts(orchard.study, "en", now=NOW)

    def mean_quality(pull: float) -> float:
        drawn = [draw_prompt(waiting, rng, pull=pull) for _ in range(2000)]
        return sum(of_tree[one.tree] for one in drawn if one is not None) / len(drawn)

    assert mean_quality(1.0) == pytest.approx(3.5, abs=0.3)
    assert mean_quality(TreePolicy().prompt_ranking_pull) > 4.2


def test_nobody_is_shown_their_own_prompt_or_one_that_they_were_shown(
    orchard: StudyVersion,
) -> None:
    author, other = people(orchard, 2)
    own = wait(orchard, 3, author)
    wait(orchard, 4)
    rule(orchard, num_prompt_rankings=9)
    first = ask(author)
    assert not set(prompt_ranking.shown(first)) & {str(m.pk) for m in own}
    operations.skip(task=first, reason="other", now=NOW, rng=RNG)
    assert give(author, KIND) is None
    assert needs_of(author, "en", now=NOW)[KIND] == 0
    assert len(prompt_ranking.shown(ask(other))) == 4


def test_what_ran_out_may_come_again_and_what_came_again_is_stored_once(
    orchard: StudyVersion,
) -> None:
    wait(orchard, 3)
    rule(orchard, num_prompt_rankings=9, lease_s=60)
    (person,) = people(orchard, 1)
    late = ask(person)
    sweeping.sweep(now=NOW + timedelta(minutes=5), rng=RNG)
    again = ask(person, seed=2)
    keys = list(prompt_ranking.shown(again))
    groups = [[key] for key in keys]
    prompt_ranking.send(task=again, groups=groups, flags={}, now=NOW, rng=RNG)
    with pytest.raises(TaskGone):
        prompt_ranking.send(task=late, groups=groups, flags={}, now=NOW, rng=RNG)
    assert PromptPlace.objects.exclude(place=None).count() == 3


def test_an_order_is_stored_once_with_ties_and_what_was_left_out(orchard: StudyVersion) -> None:
    wait(orchard, 4)
    rule(orchard)
    (person,) = people(orchard, 1)
    task = ask(person)
    a, b, c, d = prompt_ranking.shown(task)
    sent = {"task": task, "flags": {d: ["spam"]}, "now": NOW, "rng": RNG}
    prompt_ranking.send(groups=[[a], [b, c]], **sent)  # type: ignore[arg-type]
    prompt_ranking.send(groups=[[c], [a]], **sent)  # type: ignore[arg-type]
    found = {str(p.message_id): (p.place, p.share, p.flags) for p in task.places.all()}
    assert found == {
        a: (0, 1.0, []), b: (1, 0.25, []), c: (1, 0.25, []), d: (None, None, ["spam"]),
    }  # fmt: skip


@pytest.mark.parametrize("groups", [[], [["a"]], [["a"], ["a"]], [["a"], ["nobody"]]])
def test_an_order_that_is_none_is_refused(orchard: StudyVersion, groups: list[list[str]]) -> None:
    wait(orchard, 3)
    rule(orchard)
    task = ask(people(orchard, 1)[0])
    first = next(iter(prompt_ranking.shown(task)))
    named = [[first if key == "a" else str(uuid.uuid4()) for key in group] for group in groups]
    with pytest.raises(Unfit):
        prompt_ranking.send(task=task, groups=named, flags={}, now=NOW, rng=RNG)
    task.refresh_from_db()
    assert task.state == Task.State.LEASED


def test_the_lottery_knows_what_people_put_first(orchard: StudyVersion) -> None:
    wait(orchard, 3)
    rule(orchard)
    task = ask(people(orchard, 1)[0])
    best, middle, last = prompt_ranking.shown(task)
    groups = [[best], [middle], [last]]
    prompt_ranking.send(task=task, groups=groups, flags={}, now=NOW, rng=RNG)
    scores = {w.tree: w.score for w in waiting_prompts(orchard.study, "en", now=NOW)}
    trees = [str(Message.objects.get(pk=key).tree_id) for key in (best, middle, last)]
    assert [scores[tree] for tree in trees] == [0.75, 0.5, 0.25]


def test_a_hand_out_takes_five_statements_however_many_prompts_wait(
    orchard: StudyVersion,
) -> None:
    counts = []
    crowd = people(orchard, 2)
    for person, n in zip(crowd, (4, 60), strict=True):
        wait(orchard, n)
        rule(orchard, num_prompt_rankings=50)
        give(crowd[0], TaskKind.LABEL_ASSISTANT_REPLY)  # the policy is remembered
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert give(person, KIND) is not None
        sql = [q["sql"] for q in seen if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
        counts.append(len(sql))
    assert counts[0] == counts[1] <= 5


def test_a_crowd_that_puts_prompts_in_order_grows_trees_all_the_same(
    orchard: StudyVersion,
) -> None:
    policy = TreePolicy.model_validate(
        {
            "num_prompt_rankings": 1, "max_active_trees": 2, "goal_tree_size": 3,
            "min_goal_tree_size": 2, "accepts_reference_answers": True, "num_reviews_reply": 1,
            "num_reviews_initial_prompt": 1, "num_required_rankings": 1,
            "weights": {"initial_prompt": 5, "prompt_with_answer": 5, "prompt_ranking": 50},
        }
    )  # fmt: skip
    change_policy(study=orchard.study, language="en", policy=policy, by="me", reason="", now=NOW)
    forget(orchard.study, "en")
    let_grow(people(orchard, 9), rounds=160)
    assert Tree.objects.filter(state=TreeState.READY_FOR_EXPORT.value).exists()
    assert PromptPlace.objects.exclude(place=None).exists()
    assert Message.objects.filter(is_reference=True, accepted=True).exists()
    assert not [tree for tree in Tree.objects.all() if sweeping.is_stranded(tree)]


def test_the_page_shows_prompts_and_stores_an_order(orchard: StudyVersion) -> None:
    wait(orchard, 3)
    rule(orchard)
    (person,) = people(orchard, 1)
    task, client = ask(person), Client()
    name, value = cookie(person)
    client.cookies[name] = value
    url = reverse("trees:rank", args=["orchard", task.pk])
    page = client.get(url).content.decode()
    keys = re.findall(r'name="shown" value="([^"]*)"', page)
    assert keys == list(prompt_ranking.shown(task))
    assert "Prompt A" in page
    assert 'name="all-bad"' not in page
    sent = {"shown": keys} | {f"place-{key}": str(i) for i, key in enumerate(keys, 1)}
    assert client.post(url, sent).url == reverse("trees:done", args=["orchard", task.pk])  # type: ignore[attr-defined]
    assert [p.place for p in sorted(task.places.all(), key=lambda p: p.place)] == [0, 1, 2]
    assert (
        "begins first"
        in client.get(reverse("trees:done", args=["orchard", task.pk])).content.decode()
    )


def test_orders_of_prompts_leave_and_come_back(orchard: StudyVersion, tmp_path: Path) -> None:
    author, judge = people(orchard, 2)
    wait(orchard, 3, author)
    rule(orchard)
    task = ask(judge)
    groups = [[key] for key in prompt_ranking.shown(task)]
    prompt_ranking.send(task=task, groups=groups, flags={}, now=NOW, rng=RNG)
    selection = Selection(states=(), deleted="with", rejected="with", undecided="with")
    export_trees(outlet_for(orchard.study, selection), tmp_path, ("native",))
    before = {(str(p.message_id), p.place, p.share) for p in PromptPlace.objects.all()}
    Tree.objects.all().delete()
    import_files(orchard.study, [tmp_path / "native.jsonl"], now=NOW, rng=RNG)
    assert {(str(p.message_id), p.place, p.share) for p in PromptPlace.objects.all()} == before
    assert not prompts_to_rank(orchard.study.pk, "en", judge.pk).exists()


def test_two_records_of_one_person_put_each_prompt_in_order_once_and_never_their_own(
    orchard: StudyVersion,
) -> None:
    source, target, author = people(orchard, 3)
    wait(orchard, 1, target)
    others = wait(orchard, 2, author)
    rule(orchard, num_prompt_rankings=9)
    for person in (target, source):
        task = ask(person)
        groups = [[key] for key in prompt_ranking.shown(task)]
        prompt_ranking.send(task=task, groups=groups, flags={}, now=NOW, rng=RNG)
    with transaction.atomic():
        merging.move(source=source, target=target, now=NOW, rng=RNG)
    left = PromptPlace.objects.filter(sent_at__isnull=False)
    assert {place.participant_id for place in left} == {target.pk}
    assert sorted(place.message_id for place in left) == sorted(one.pk for one in others)


def test_whoever_withdraws_takes_their_orders_along(orchard: StudyVersion) -> None:
    wait(orchard, 3)
    rule(orchard)
    (person,) = people(orchard, 1)
    task = ask(person)
    groups = [[key] for key in prompt_ranking.shown(task)]
    prompt_ranking.send(task=task, groups=groups, flags={}, now=NOW, rng=RNG)
    own = rights.own_data(person)["trees"]["prompt_places"]
    assert [row["place"] for row in own] == [0, 1, 2]
    receipt = rights.withdraw(participant=person, now=NOW)
    assert receipt.erased["places"] == 3
    assert not PromptPlace.objects.exists()
