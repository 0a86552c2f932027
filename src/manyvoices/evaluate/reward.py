"""``manyvoices evaluate reward``: what a saved reward model gets right, and for whom.

The measures are those of training (`manyvoices.train.reward.metrics`), on data that may be other
data. Beside the model stand two baselines on the same groups: the longer reply is better, and
random choice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from manyvoices.analyse.resampling import Resampling
from manyvoices.evaluate.best_of import Choosers, best_of
from manyvoices.evaluate.config_reward import RewardEvaluationConfig
from manyvoices.evaluate.groups import DATA_SET, Read, read_groups
from manyvoices.train.config import as_plain
from manyvoices.train.config_reward import EvaluationConfig
from manyvoices.train.models import need_torch
from manyvoices.train.reward.measure import Measure
from manyvoices.train.reward.metrics import ScoredGroup
from manyvoices.train.views import ReplyGroup

if TYPE_CHECKING:
    from manyvoices.evaluate.scoring import Progress, Scored

ORDER = ("all_pairs", "all_pairs_by_group", "best_worst", "top_1", "tau_b")
"""Measures that ask for an order alone: what a baseline has. Its scores are no log-odds."""


@dataclass(frozen=True, slots=True)
class RewardResult:
    """What an evaluation found, and where it was written."""

    out: Path
    results: Mapping[str, Any]
    """What ``results.json`` holds."""


def run(config: RewardEvaluationConfig, *, progress: Progress | None = None) -> RewardResult:
    """Read, score, judge, write.

    Raises:
        ModelFolderError, NoRewardHead: The folder holds no reward model.
        NoGroupsError, UnknownProperty: The data holds nothing to judge, or not by that.
        CannotPack: The model wants ``packing.mode: rows``.
        ScoreNotFinite: A score is not a number.
    """
    need_torch()
    from manyvoices.evaluate.reward_files import write
    from manyvoices.evaluate.scoring import model_config, score

    model_config(config)  # before the data is read, which may take minutes
    read = read_groups(config)
    scored = score(read.groups, config, progress or (lambda _done, _total: None))
    results = evaluated(scored, read, config)
    if config.over_optimisation is not None:
        from manyvoices.evaluate.over_optimisation import over_optimisation

        tell = progress or (lambda _done, _total: None)
        results["over_optimisation"] = over_optimisation(config.over_optimisation, config, tell)
    write(config.out, results, scored.groups, read.manifests)
    return RewardResult(config.out, results)


def evaluated(scored: Scored, read: Read, config: RewardEvaluationConfig) -> dict[str, Any]:
    """All results as plain data; measures as ``{value, low, high, n}``."""
    from manyvoices.train.reward.training import judge

    how = EvaluationConfig(
        cluster=config.cluster,
        resamples=config.resamples,
        level=config.level,
        by=(DATA_SET, *config.by),
    )
    model = [_with(group, scores) for group, scores in scored.groups]
    longer = [_with(group, lengths(group)) for group, _ in scored.groups]
    # Equal scores are credited with what random choice gives on average.
    random = [_with(group, [0.0] * len(group.ranks)) for group, _ in scored.groups]
    return {
        "model": judge(model, how, config.seed).plain(),
        "longer": _order_only(judge(longer, how, config.seed).plain()),
        "random": _order_only(judge(random, how, config.seed).plain()),
        "best_of": _best_of(scored, config),
        "ties_left_out": read.tied,
        "notes": list(scored.notes),
        "config": as_plain(config),
    }


def lengths(group: ReplyGroup) -> list[float]:
    """The baseline's scores: characters of each reply."""
    return [float(len(reply)) for reply in group.replies]


def _with(group: ReplyGroup, scores: Sequence[float]) -> ScoredGroup:
    return ScoredGroup(
        tuple(scores), group.ranks, group.tree_id, group.language, group.rater, group.groups
    )


def _order_only(found: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: found[name] for name in ORDER}
    by = found.get("by", {})
    rows = {n: {value: _order_only(row) for value, row in by[n].items()} for n in by}
    return {**kept, "by": rows} if by else kept


def _best_of(scored: Scored, config: RewardEvaluationConfig) -> dict[str, Any]:
    """n -> measure -> chooser -> values."""
    resampling = Resampling(config.resamples, config.seed, config.level)
    groups = [
        Choosers(group, {"model": scores, "longer": lengths(group)}, _cluster(group, config))
        for group, scores in scored.groups
    ]
    found = {str(n): best_of(groups, n, resampling) for n in range(2, config.best_of + 1)}
    return {
        n: {name: {c: plain(m) for c, m in row.items()} for name, row in rows.items()}
        for n, rows in found.items()
        if rows
    }


def _cluster(group: ReplyGroup, config: RewardEvaluationConfig) -> str:
    if config.cluster == "rater" and group.rater is not None:
        return f"rater {group.rater}"
    return f"tree {group.tree_id}"


def plain(measure: Measure) -> dict[str, float]:
    """For JSON."""
    return {name: getattr(measure, name) for name in Measure.__slots__}


Config = RewardEvaluationConfig


def lines(result: RewardResult) -> Iterator[Any]:
    """What a terminal shows."""
    from rich.table import Table

    from manyvoices.evaluate.files import shown
    from manyvoices.evaluate.reward_files import TITLES

    results = result.results
    model = results["model"]
    yield f"{model['n_groups']:,} groups of replies ({model['all_pairs']['n']:,} pairs)"
    who = ("model", "longer", "random")
    table = Table("", *who)
    for name, title in TITLES.items():
        table.add_row(title, *(shown(results[one].get(name)) for one in who))
    yield table
    for n, measures in results["best_of"].items():
        found = measures["place"]
        yield (
            f"best of {n}: place {shown(found['model'])}, random {found['random']['value']:.3f}, "
            f"best {found['best']['value']:.3f} ({found['model']['n']:,} groups)"
        )
    if (over := results.get("over_optimisation")) is not None:
        yield (
            f"best of n by this model, judged by the gold model: highest at n = {over['peak']}, "
            f"from there to all outputs {shown(over['after_peak'])} standard deviations"
        )
    yield from results["notes"]
