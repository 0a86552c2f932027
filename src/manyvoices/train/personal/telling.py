"""What a run leaves for people and for figures: ``evaluation.json`` and ``README.md``."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

from manyvoices.train.config_personal import PersonalConfig
from manyvoices.train.manifest import Manifest
from manyvoices.train.personal.data import PeopleData
from manyvoices.train.personal.estimates import Estimate
from manyvoices.train.personal.evaluate import Curve, Point
from manyvoices.train.personal.fairness import ByGroup
from manyvoices.train.personal.judging import Evaluation
from manyvoices.train.personal.whole import Trained


def evaluation_json(data: PeopleData, trained: Trained, evaluation: Evaluation) -> dict[str, Any]:
    """All numbers of a run; nobody's own."""
    return {
        "people": {
            "seen": int((~data.unseen).sum()),
            "unseen": int(data.unseen.sum()),
            "rankings": len(data.groups),
        },
        "chosen": _plain(trained.chosen),
        "seen": _curve(evaluation.seen),
        "unseen": _curve(evaluation.unseen),
        "by_group": _plain(evaluation.by_group),
        "by_group_pooled": _plain(evaluation.by_group_pooled),
        "disagreement": _plain(evaluation.disagreement),
    }


def _curve(curve: Curve | None) -> dict[str, Any] | None:
    if curve is None:
        return None
    return {
        "people": curve.n_people,
        "pairs": curve.n_pairs,
        "pooled": _plain(curve.pooled),
        "points": _plain(curve.points),
    }


def _plain(value: Any) -> Any:
    """Dataclasses as mappings; numbers that JSON cannot hold as null."""
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def metrics_of(trained: Trained, evaluation: Evaluation) -> dict[str, Any]:
    """The same in short, in the form that the model card reads."""
    found: dict[str, Any] = {"directions": trained.heads.personal.k}
    for curve in (evaluation.seen, evaluation.unseen):
        if curve is not None:
            found[f"{curve.who} people"] = _short(curve)
    found["variance explained"] = evaluation.disagreement.explained
    return found


def _short(curve: Curve) -> dict[str, Any]:
    short = {"pooled accuracy": _estimate(curve.pooled.accuracy)}
    for point in curve.points:
        short[f"accuracy, {_known(point)}"] = _estimate(point.accuracy)
        short[f"less pooled, {_known(point)}"] = _estimate(point.difference)
    return short


def _estimate(one: Estimate) -> dict[str, Any]:
    return {"value": one.value, "low": one.low, "high": one.high, "n": one.n_people}


def _known(point: Point) -> str:
    if point.shots is None:
        return f"all they said ({point.mean_shots:.0f} comparisons)"
    return "survey only" if point.shots == 0 else f"survey and {point.shots} pairs"


def readme(
    data: PeopleData,
    trained: Trained,
    evaluation: Evaluation,
    config: PersonalConfig,
    manifest: Manifest,
) -> str:
    """Whose preferences these are, what was found, and what must not be done with it."""
    parts = [
        "# Reward models that know the rater",
        _whose(data, trained, manifest),
        _found(trained, evaluation),
        *(_group_table(one) for one in evaluation.by_group),
        _privacy(config),
        _limits(),
    ]
    return "\n\n".join(parts) + "\n"


def _whose(data: PeopleData, trained: Trained, manifest: Manifest) -> str:
    questions = sorted({question for question, _ in trained.survey.columns})
    asked = ", ".join(questions) or "nothing: there is no survey, or too few gave each answer"
    sources = "; ".join(f"{one.format}, consent to: {one.consent}" for one in manifest.sources)
    lines = [
        "## Whose preferences",
        "",
        f"- {int((~data.unseen).sum()):,} people were learnt from, {int(data.unseen.sum()):,} "
        f"held out; {len(data.groups):,} rankings.",
        f"- Data hash `{manifest.data_hash}` ({sources}).",
        f"- Known of people beforehand: {asked}.",
        *(f"- Left out: {n:,} {why}." for why, n in manifest.dropped.items() if n),
    ]
    return "\n".join(lines)


def _found(trained: Trained, evaluation: Evaluation) -> str:
    k = trained.heads.personal.k
    chosen = (
        "1 direction was chosen: nothing shows that people differ, and the personal head is the "
        "pooled one."
        if k == 1
        else f"{k} directions were chosen, the shared one included."
    )
    lines = ["## What was found", "", chosen, ""]
    for curve in (evaluation.seen, evaluation.unseen):
        if curve is not None:
            lines += [*_table(curve), ""]
    return "\n".join([*lines, _disagreement_line(evaluation)])


def _table(curve: Curve) -> Iterator[str]:
    yield f"{curve.who.capitalize()} people ({curve.n_people:,}; {curve.n_pairs:,} pairs):"
    yield ""
    yield "| known of the person | accuracy | less pooled | log loss less pooled | calibration |"
    yield "|---|---|---|---|---|"
    pooled = curve.pooled
    yield f"| pooled head | {pooled.accuracy} | | | {pooled.calibration.error:.3f} |"
    for p in curve.points:
        yield (
            f"| {_known(p)} | {p.accuracy} | {p.difference} | {p.log_loss_difference} | "
            f"{p.calibration.error:.3f} |"
        )


def _disagreement_line(evaluation: Evaluation) -> str:
    found = evaluation.disagreement
    return (
        f"Of the variance of utilities, {found.explained:.0%} does not depend on who is asked "
        "(mean-and-variance head); log loss less that of equal variance: "
        f"{found.log_loss_difference}. `disagreement.jsonl` lists messages, the most disputed "
        "first."
    )


def _group_table(found: ByGroup) -> str:
    head = ("| group | accuracy | people |", "|---|---|---|")
    lines = [f"### Accuracy by {found.question}", "", *head]
    lines += [f"| {g.group} | {g.accuracy} | {g.accuracy.n_people:,} |" for g in found.groups]
    lines += [
        "",
        f"Best less worst {found.gap:.3f}; p = {found.p:.3f} where groups are dealt out by chance. "
        f"{found.n_left_out:,} people are in no group that is large enough.",
    ]
    return "\n".join(lines)


def _privacy(config: PersonalConfig) -> str:
    if config.store_people:
        return (
            "## Privacy\n\n`model/people.npz` holds the weights of single people under the "
            "release's pseudonyms. They are personal data: they say what somebody likes, and who "
            "withdraws must be taken out (train again). Do not publish that file."
        )
    return (
        "## Privacy\n\nNobody's own weights are stored (`store_people: false`): what is here are "
        f"sums over people, and means of groups of at least {config.survey.min_people}. The cache "
        "`embeddings/` holds no people."
    )


def _limits() -> str:
    lines = (
        "- Accuracy is averaged over people, each counting the same; intervals resample the people "
        "who are predicted, for these heads: how others would turn out, fitted to other people, is "
        "not in them.",
        "- A personal head says what somebody prefers, not what is true or good for them.",
        "- Utilities of different people have no common zero; here it is the mean reply of the "
        "training data.",
    )
    return "\n".join(["## Limits", "", *lines])
