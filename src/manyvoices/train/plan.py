"""What a run would train on, without training: ``manyvoices train KIND CONFIG.yaml --check``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from manyvoices.train.config import RunConfig
from manyvoices.train.errors import EmptySplitError, NoRankingsError
from manyvoices.train.models import checked_place
from manyvoices.train.views import read_views
from manyvoices.train.views_all import Views

COUNTED = ("trees", "threads", "groups", "ranked_replies", "pairs", "prompts", "raters")

UNITS = {
    "sft": "threads",
    "reward": "groups",
    "dpo": "pairs",
    "kto": "ranked_replies",
    "ppo": "prompts",
    "personal": "groups",
}
"""What a kind of run must have on its training side."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A run before it is one."""

    kind: str
    model: str
    unit: str
    """What an update is made of; see `UNITS`."""
    train: Mapping[str, int]
    """How many of each view are on the training side."""
    test: Mapping[str, int]
    languages: Mapping[str, int]
    dropped: Mapping[str, int]
    data_hash: str
    consent: tuple[str, ...]
    """Of each data set, in its words."""
    steps: int | None
    """Updates, counted as if every example were a row of its own; None where the kind counts
    otherwise (PPO, personal) and no ``max_steps`` is given."""
    steps_exact: bool
    """True where ``max_steps`` says it."""
    world: int
    """Processes."""


def plan(kind: str, config: RunConfig) -> Plan:
    """Read the data as a run would, and count.

    Raises:
        ModelFolderError: The model is not there.
        NoRankingsError, EmptySplitError: There is nothing of what this kind needs.
        Whatever `read_views` raises.
    """
    checked_place_of(config)
    views = read_views(config.data)
    train, test, _ = views.split(config.data.split)
    counts = _counts(train)
    unit = _unit(kind, config)
    if not counts[unit]:
        _refuse(unit, config, counts)
    world = int(os.environ.get("WORLD_SIZE", "1"))
    steps = config.optim.max_steps or _steps(kind, counts[unit], config, world)
    manifest = views.manifest
    return Plan(
        kind=kind,
        model=model_name(config),
        unit=unit,
        train=counts,
        test=_counts(test),
        languages=manifest.languages,
        dropped=manifest.dropped,
        data_hash=manifest.data_hash,
        consent=tuple(source.consent for source in manifest.sources),
        steps=steps,
        steps_exact=config.optim.max_steps is not None,
        world=world,
    )


def checked_place_of(config: RunConfig) -> None:
    """See that a model that is named by folder is there."""
    if config.model.path is not None:
        checked_place(config.model)


def model_name(config: RunConfig) -> str:
    """The model that a run starts from, in words."""
    model = config.model
    if model.tiny is not None:
        tiny = model.tiny
        return f"a random {tiny.family} of {tiny.layers} layers, hidden size {tiny.hidden}"
    embedder = getattr(model, "embedder", None)  # personal: features in place of a model
    if embedder is not None:
        return f"the features {embedder}"
    return str(model.path if model.path is not None else model.hub)


def _unit(kind: str, config: RunConfig) -> str:
    extra: Any = config
    if kind == "sft" and getattr(extra, "trainer", "") == "tree":
        return "trees"
    return UNITS[kind]


def _steps(kind: str, n: int, config: RunConfig, world: int) -> int | None:
    if kind in ("ppo", "personal"):
        return None
    optim = config.optim
    per_epoch = ceil(n / (optim.batch_size * optim.accumulate * world))
    return max(1, ceil(per_epoch * (optim.epochs or 1.0)))


def _refuse(unit: str, config: RunConfig, counts: Mapping[str, int]) -> None:
    where = str(config.data.path)
    if unit in ("groups", "pairs", "ranked_replies"):
        raise NoRankingsError(where, counts["threads"])
    raise EmptySplitError(
        f"the view of {unit} of {where}", f"{counts['trees']} trees hold none", "give other data"
    )


def _counts(views: Views) -> dict[str, int]:
    groups = views.groups()
    raters = {group.rater for group in (*groups, *views.rater_groups()) if group.rater}
    found = {
        "trees": len(views.sources),
        "threads": len(views.threads()),
        "groups": len(groups),
        "ranked_replies": sum(len(group.replies) for group in groups),
        "pairs": sum(group.n_pairs for group in groups),
        "prompts": len(views.prompts()),
        "raters": len(raters),
    }
    assert tuple(found) == COUNTED
    return found
