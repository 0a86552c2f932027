"""The groups of ranked replies of several data sets, each knowing which one it is of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from manyvoices.evaluate.config_reward import RewardEvaluationConfig
from manyvoices.evaluate.errors import NoGroupsError, UnknownProperty
from manyvoices.train.config import DataConfig
from manyvoices.train.manifest import Manifest
from manyvoices.train.views import ReplyGroup, read_views
from manyvoices.train.views_all import Views

DATA_SET = "data set"
"""The property of a group that names its data set."""


@dataclass(frozen=True, slots=True)
class Read:
    """What is judged on."""

    groups: tuple[ReplyGroup, ...]
    """With `DATA_SET` among their properties, and tree ids that are unique over data sets."""
    manifests: Mapping[str, Manifest]
    """What was read and left out, by data set."""
    tied: int
    """Groups that were left out because all their replies are tied."""


def read_groups(config: RewardEvaluationConfig) -> Read:
    """The ranked groups of the wanted part of every data set.

    Raises:
        NoGroupsError: A data set has none.
        UnknownProperty: ``by`` names what no group has.
        DataError, NotAllowedError, EmptySplitError: As `read_views` and `Views.split` do.
    """
    found: list[ReplyGroup] = []
    manifests: dict[str, Manifest] = {}
    tied = 0
    for name, data in config.data.items():
        views = read_views(data)
        manifests[name] = views.manifest
        part = views.split(data.split)[1] if config.part == "test" else views
        groups = list(_named(part, name, data))
        ranked = [group for group in groups if len(set(group.ranks)) > 1]
        if not ranked:
            side = "the held-out part of " if config.part == "test" else ""
            raise NoGroupsError(f"{side}data.{name} ({data.path})", len(groups))
        tied += len(groups) - len(ranked)
        found += ranked
    _check_names(config.by, found)
    return Read(tuple(found), manifests, tied)


def _named(views: Views, name: str, data: DataConfig) -> Iterator[ReplyGroup]:
    paths = [Path(source.path).name for source in (data, *data.more)]
    source = {tree.view.tree_id: tree.source for tree in views.sources}
    for group in views.groups():
        label = f"{name}: {paths[source[group.tree_id]]}" if data.more else name
        mine = {**group.groups, DATA_SET: label}
        yield replace(group, groups=mine, tree_id=f"{name}/{group.tree_id}")


def _check_names(wanted: Sequence[str], groups: Sequence[ReplyGroup]) -> None:
    known = {name for group in groups for name in group.groups} - {DATA_SET}
    missing = [name for name in wanted if name not in known]
    if missing:
        raise UnknownProperty(missing, sorted(known))
