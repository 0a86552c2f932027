"""Do heads that know the rater find planted tastes, in how long, and what do few shots give?

    python -m benchmarks.personal [--share 1.0] [--resamples 1000] [--d 64] [--agree] [--json FILE]

People and rankings in PRISM's numbers: 1,396 people with about 8,000 conversations, an opener of
four replies and further turns of two each; 64 features; people differ in two directions, of which a
survey of seven questions explains half the variance (`benchmarks.synthetic.tastes`). One in five is
held out whole; of everybody a third of the conversations is predicted. K = 1 (the pooled head), 3
(what was planted) and 10 are fitted with the penalties that cross-validation chose for them, and
then K is left to cross-validation. ``--agree`` plants no differences: then nothing may be gained.
Features are given: no language model runs here, and nothing is said about real people's tastes.

Measured on 2026-11-21, one thread of a busy machine (CPU seconds; accuracy on pairs of 279 people
who were held out, with 95% intervals over people; the true utilities reach .790):

    head                 fit      survey only     4 shots         16 shots        least cosine
    pooled (K = 1)       0.1 s    .682 [.666, .695] whatever is known
    K = 3                3.6 s    .739            .748            .760            .987
      less pooled                 .058 [.040, .074]  .066 [.052, .082]  .078 [.064, .095]
    K = 10               31 s     .730            .739            .748            .987
      less pooled                 .048 [.032, .064]  .057 [.043, .072]  .066 [.050, .083]

Cross-validation (15 settings in 5 folds, 229 s) chose K = 3. Seen people, with all they said: .768
against .690 pooled, difference .078 [.069, .086]. With ``--agree`` it chose K = 1 (44 s); forced to
K = 3, unseen people gain .000 [-.005, .005] by 16 shots, and K = 10 loses .006 [-.013, .001].
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.synthetic.tastes import Tastes, planted_tastes

from manyvoices.train.config_personal import PersonalConfig
from manyvoices.train.personal.choosing import fit_chosen, folds_of
from manyvoices.train.personal.data import PeopleData, table_of
from manyvoices.train.personal.evaluate import Curve, Heads
from manyvoices.train.personal.features import Features
from manyvoices.train.personal.judging import judge
from manyvoices.train.personal.lowrank import PersonalHead, subspace_cosines
from manyvoices.train.personal.telling import evaluation_json
from manyvoices.train.personal.whole import Trained, train_heads
from manyvoices.train.splits import split

PEOPLE = 1396
CONVERSATIONS = (5, 6)
CONTINUATIONS = 2.39
L2 = (3.0, 10.0, 30.0)


def data_of(tastes: Tastes, *, seed: int = 0) -> tuple[PeopleData, Features]:
    """The planted people as a run reads them, a fifth of them held out."""
    halves = split(tastes.groups, "rater", 0.2, seed, shared_prompts="keep")
    data = table_of(
        (*halves.train, *halves.test), tastes.survey, halves.unseen_raters, held_out=0.34
    )
    x = tastes.stacked([reply for _, reply in data.texts])
    return data, Features(x, np.zeros((len(x), 1)))


def config_of(directions: tuple[int, ...], resamples: int) -> PersonalConfig:
    """A run's configuration; `directions` to choose from."""
    return PersonalConfig.model_validate(
        {
            "data": {"path": "nowhere"},
            "out": "nowhere",
            "features": {"components": None},
            "heads": {"directions": directions, "l2": L2},
            "survey": {"groups": ["gender"]},
            "evaluation": {"resamples": resamples},
        }
    )


def recovered(trained: Trained, tastes: Tastes) -> float:
    """Smallest cosine between the planted directions and the nearest in what was found: 1 where
    all of them lie in the space that the head found. Features were scaled, so its map is undone."""
    found = trained.scaling.rotation @ trained.heads.personal.parameters.basis
    if found.shape[1] < tastes.directions.shape[1]:
        return float("nan")
    return float(subspace_cosines(found, tastes.directions).min())


def ceiling(data: PeopleData, tastes: Tastes) -> float:
    """Accuracy of the true utilities on the pairs that unseen people are asked: people waver, so
    no head can be expected to do better."""
    by_person: dict[str, list[float]] = {}
    asked = data.asked & data.unseen[data.ranking_person]
    for group, there in zip(data.groups, asked, strict=True):
        if there:
            person = str(group.rater)
            true = tastes.utility(person, list(group.replies))
            right = [
                float(true[i] > true[j])
                for i, j in combinations(range(len(true)), 2)
                if group.ranks[i] < group.ranks[j]
            ]
            by_person.setdefault(person, []).extend(right)
    return float(np.mean([np.mean(right) for right in by_person.values() if right]))


def with_directions(base: Trained, k: int) -> Trained:
    """The same run with K = `k` and the penalties that were chosen."""
    setting = replace(base.chosen, k=k)
    folds = folds_of(base.choices, base.x, base.z, 5, np.random.default_rng(0))
    pooled, personal = (PersonalHead(fit.parameters) for fit in fit_chosen(folds, setting))
    weights = personal.posterior(base.choices, base.x, base.z)
    return replace(base, chosen=setting, heads=Heads(pooled, personal), weights=weights)


def _print(curve: Curve | None) -> None:
    if curve is None:
        return
    pooled = curve.pooled
    print(
        f"  {curve.who}: {curve.n_people} people, {curve.n_pairs:,} pairs; pooled "
        f"{pooled.accuracy}, calibration error {pooled.calibration.error:.3f}"
    )
    for p in curve.points:
        print(
            f"    {p.name:9} {p.accuracy}  less pooled {p.difference}  log loss "
            f"{p.log_loss_difference}  calibration {p.calibration.error:.3f}"
        )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--share", type=float, default=1.0, help="of PRISM's people")
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--d", type=int, default=64)
    parser.add_argument("--agree", action="store_true", help="plant no differences")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    tastes = planted_tastes(
        round(PEOPLE * options.share),
        d=options.d,
        taste=0.0 if options.agree else 0.8,
        conversations=CONVERSATIONS,
        continuations=CONTINUATIONS,
    )
    data, features = data_of(tastes)
    n_replies = len(data.item_text)
    print(
        f"{len(data.people):,} people, {len(data.groups):,} rankings, {n_replies:,} replies, "
        f"{options.d} features"
    )
    config = config_of((1, 2, 3, 4, 6), options.resamples)
    start = time.process_time()
    chosen = train_heads(data, features, config)
    seconds = time.process_time() - start
    print(f"true utilities order {ceiling(data, tastes):.3f} of unseen people's pairs")
    print(f"{len(chosen.chosen.tried)} settings were tried in 5 folds each")
    results = {"chosen": _measure(" by cross-validation", seconds, chosen, data, config, tastes)}
    for k in (1, 3, 10):
        start = time.process_time()
        trained = with_directions(chosen, k)
        seconds = time.process_time() - start
        results[str(k)] = _measure(" as asked", seconds, trained, data, config, tastes)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


def _measure(
    how: str,
    seconds: float,
    trained: Trained,
    data: PeopleData,
    config: PersonalConfig,
    tastes: Tastes,
) -> dict[str, Any]:
    start = time.process_time()
    evaluation = judge(data, trained, config)
    judged, k = time.process_time() - start, trained.heads.personal.k
    print(
        f"K = {k}{how}: fitted in {seconds:.1f} s, judged in {judged:.1f} s of CPU; planted "
        f"directions found, least cosine {recovered(trained, tastes):.3f}",
        flush=True,
    )
    _print(evaluation.seen)
    _print(evaluation.unseen)
    return {"k": k, "fit_s": seconds, **evaluation_json(data, trained, evaluation)}


if __name__ == "__main__":
    sys.exit(main())
