"""Reading trees: lists, one tree, counts, and whole exports. Authors have pseudonyms only.

A reader's pseudonyms are the same at every reading and in no release or export; an export's are its
own (``fresh``), unless two exports are to be laid side by side (``stable``).
"""

from __future__ import annotations

import tempfile
import uuid
from datetime import datetime, timedelta
from io import FileIO
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from django.db.models import Count, Q
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from ninja import Query, Router
from pydantic import Field

from manyvoices.collect.accounts import limits
from manyvoices.collect.accounts.keys import Scope
from manyvoices.collect.accounts.models import ApiKey
from manyvoices.collect.api.auth import require
from manyvoices.collect.api.bearer import ProgramKey, TooOften, key_of
from manyvoices.collect.api.bearer import limit as limit_key
from manyvoices.collect.api.projects import REFUSED, project
from manyvoices.collect.api.trees_schemas import Stats, TreeList, TreeSummary, Words
from manyvoices.collect.console.access import Ability
from manyvoices.collect.people.consents import Allowed
from manyvoices.collect.people.models import Participant
from manyvoices.collect.pseudonyms import reading_key, reading_names
from manyvoices.collect.studies.models import Study
from manyvoices.collect.taken_out import note_export
from manyvoices.collect.trees.exporting import Exported, export_trees, outlet_for
from manyvoices.collect.trees.models import Message, Tree
from manyvoices.collect.trees.records import Outlet
from manyvoices.collect.trees.selection import Selection
from manyvoices.schema import TreeState

READER = Selection(states=(), deleted="without", rejected="with", undecided="with")
"""What whoever may read texts sees of a tree."""
Format = Literal["trees", "messages", "flat", "threads", "native", "labels", "rankings"]
EXPORTS_AT_ONCE = 2
"""Of one key; and twelve an hour (`limits.RATES`)."""
LONGEST_EXPORT = timedelta(hours=2)
"""After which its place is free whatever became of it."""
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
    key = reading_key(found, pseudonyms, now)
    outlet = outlet_for(found, selection, simulated=simulated, key=key)
    place = _begin(key_of(request), now)
    try:
        with tempfile.TemporaryDirectory() as folder:
            done = export_trees(outlet, Path(folder), (format,))
            file = _Sent(place, Path(folder) / f"{format}.jsonl")
        _note(request, found, done, outlet, format, pseudonyms, now)
    except BaseException:
        limits.end(place)
        raise
    return FileResponse(file, content_type="application/x-ndjson", filename=f"{format}.jsonl")


def _begin(key: ApiKey, now: datetime) -> int:
    """A place for one more export of a key.

    Raises:
        TooOften: It makes as many as it may, or has made as many in this hour.
    """
    place = limits.begin(
        "export", f"key:{key.pk}", most=EXPORTS_AT_ONCE, within=LONGEST_EXPORT, now=now
    )
    if isinstance(place, float):
        raise TooOften(place)
    return place


class _Sent(FileIO):
    """A file without a name, of which a part at a time is in memory; its end, or that of whoever
    reads it, frees the place."""

    def __init__(self, place: int, path: Path) -> None:
        self._place = place
        super().__init__(path)

    def close(self) -> None:
        if not self.closed:
            super().close()
            limits.end(self._place)


def _note(
    request: HttpRequest,
    study: Study,
    done: Exported,
    outlet: Outlet,
    name: str,
    pseudonyms: str,
    now: datetime,
) -> None:
    """Who took what out, when; and whoever waits for it is told."""
    who, selection = key_of(request), outlet.selection
    detail = {
        "key": who.prefix,
        "messages": done.n_messages,
        "states": [state.value for state in selection.states],
        "languages": list(selection.languages),
        "pseudonyms": pseudonyms,
    }
    note_export(
        who.user.get_username(),
        "export by key",
        study,
        kind=name,
        n_trees=done.n_trees,
        detail=detail,
        now=now,
    )
