"""Reading trees: lists, one tree, counts, and whole exports. Authors have pseudonyms only.

A reader's pseudonyms are the same at every reading and in no release or export; an export's are its
own (``fresh``), unless two exports are to be laid side by side (``stable``).
"""

from __future__ import annotations

import tempfile
import uuid
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from django.db.models import Count, Q
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from ninja import Query, Router
from pydantic import Field

from manyvoices.collect.accounts.keys import Scope
from manyvoices.collect.api.auth import require
from manyvoices.collect.api.bearer import ProgramKey, key_of
from manyvoices.collect.api.bearer import limit as limit_key
from manyvoices.collect.api.task_views import REFUSED, project
from manyvoices.collect.api.trees_schemas import Stats, TreeList, TreeSummary, Words
from manyvoices.collect.console import audit
from manyvoices.collect.console.access import Ability
from manyvoices.collect.people.consents import Allowed
from manyvoices.collect.people.models import Participant
from manyvoices.collect.pseudonyms import reading_key, reading_names
from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.exporting import export_trees, outlet_for
from manyvoices.collect.trees.models import Message, Tree
from manyvoices.collect.trees.records import Outlet
from manyvoices.collect.trees.selection import Selection
from manyvoices.schema import TreeState

READER = Selection(states=(), deleted="without", rejected="with", undecided="with")
"""What whoever may read texts sees of a tree."""
Format = Literal["trees", "messages", "flat", "threads", "native", "labels", "rankings"]
Few = Annotated[int, Field(ge=1, le=500)]

router = Router(tags=["trees"], auth=ProgramKey(Scope.READ))


@router.get("/{slug:study}/stats", response={200: Stats, **REFUSED})
def stats(request: HttpRequest, study: str, simulated: bool = False) -> Stats:
    """Trees by language and state, messages by language and what became of them."""
    require(request, study, Ability.PROGRESS)
    found = project(study)
    trees: dict[str, dict[str, int]] = {}
    rows = Tree.objects.filter(study=found, simulated=simulated).order_by("language", "state")
    for language, state, n in rows.values_list("language", "state").annotate(n=Count("pk")):
        trees.setdefault(language, {})[state] = n
    return Stats(
        trees=trees, messages=_messages(found, simulated=simulated), counted_at=timezone.now()
    )


def _messages(study: Study, *, simulated: bool) -> dict[str, dict[str, int]]:
    rows = Message.objects.filter(tree__study=study, tree__simulated=simulated)
    live = Q(deleted=False)
    became = {
        "accepted": live & Q(accepted=True),
        "rejected": live & Q(accepted=False),
        "under_review": live & Q(accepted=None),
        "deleted": Q(deleted=True),
    }
    # The names of the counts are not those of the columns: the filters would mean the counts.
    counts = {f"n_{name}": Count("pk", filter=which) for name, which in became.items()}
    found: Any = rows.order_by("tree__language").values("tree__language").annotate(**counts)
    return {row["tree__language"]: {name: row[f"n_{name}"] for name in became} for row in found}


@router.get("/{slug:study}/trees", response={200: TreeList, **REFUSED})
def trees(
    request: HttpRequest,
    study: str,
    language: Words = "",
    state: TreeState | None = None,
    after: uuid.UUID | None = None,
    limit: Few = 100,
) -> TreeList:
    """Trees in order of their ids, some at a time."""
    require(request, study, Ability.PROGRESS)
    rows = Tree.objects.filter(study=project(study)).order_by("pk")
    if language:
        rows = rows.filter(language=language)
    if state is not None:
        rows = rows.filter(state=state.value)
    if after is not None:
        rows = rows.filter(pk__gt=after)
    page = list(rows.annotate(n_messages=Count("messages"))[: limit + 1])
    return TreeList(
        trees=[_summary(tree, tree.n_messages) for tree in page[:limit]],
        next=page[limit - 1].pk if len(page) > limit else None,
    )


def _summary(tree: Tree, n_messages: int) -> TreeSummary:
    return TreeSummary(
        id=tree.pk,
        language=tree.language,
        state=tree.state,
        goal_size=tree.goal_size,
        n_messages=n_messages,
        simulated=tree.simulated,
        created_at=tree.created_at,
        changed_at=tree.changed_at,
    )


@router.get("/{slug:study}/trees/{uuid:tree}", response={200: dict[str, Any], **REFUSED})
def one_tree(request: HttpRequest, study: str, tree: uuid.UUID) -> HttpResponse:
    """One tree with its messages, as OASST writes a tree; 404 where its prompt may not be read."""
    require(request, study, Ability.TEXTS)
    found = project(study)
    row = Tree.objects.get(pk=tree, study=found)
    names = reading_names(found, timezone.now())
    people = Participant.objects.filter(study=found, withdrawn_at=None)
    outlet = Outlet(found, people, Allowed(frozenset(), frozenset()), READER, names=names)
    grown = outlet.one(row)
    if grown is None:
        raise Tree.DoesNotExist
    return HttpResponse(msgspec.json.encode(grown.tree), content_type="application/json")


exports = Router(tags=["exports"], auth=ProgramKey(Scope.EXPORT))


@exports.get("/{slug:study}/export", response={200: None, **REFUSED})
def export(
    request: HttpRequest,
    study: str,
    format: Format = "trees",
    state: Annotated[list[TreeState], Query()] = [],  # noqa: B006 - ninja copies it
    language: Annotated[list[Words], Query()] = [],  # noqa: B006
    simulated: Literal["include", "exclude", "only"] = "exclude",
    pseudonyms: Literal["fresh", "stable"] = "fresh",
    every_state: bool = False,
) -> HttpResponseBase:
    """JSON lines of one state of the database; people who withdrew or did not agree are not in it.

    Trees that are ready, unless `state` names others or `every_state` is set.
    """
    require(request, study, Ability.EXPORT)
    limit_key("api", f"key:{key_of(request).pk}")
    found, now = project(study), timezone.now()
    states = () if every_state else tuple(state) or (TreeState.READY_FOR_EXPORT,)
    selection = Selection(states=states, languages=tuple(language))
    outlet = outlet_for(
        found, selection, simulated=simulated, key=reading_key(found, pseudonyms, now)
    )
    with tempfile.TemporaryDirectory() as folder:
        done = export_trees(outlet, Path(folder), (format,))
        file = (Path(folder) / f"{format}.jsonl").open("rb")  # closed with the response
    who = key_of(request)
    detail = {"key": who.prefix, "format": format, "trees": done.n_trees}
    audit.record(who.user.get_username(), "export by key", found.pk, format, detail, now)
    return FileResponse(file, content_type="application/x-ndjson", filename=f"{format}.jsonl")
