"""``manyvoices evaluate preference``: what a preference study found, and how sure it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from manyvoices.evaluate.files import shown
from manyvoices.evaluate.preference import analysing, preregistration
from manyvoices.evaluate.preference.config import JudgeConfig, PreferenceConfig
from manyvoices.evaluate.preference.errors import (
    NothingToJudgeError,
    NoVotesError,
    UnknownModelError,
)
from manyvoices.evaluate.preference.failing import answers_of, has_texts
from manyvoices.evaluate.preference.judges import judge_report
from manyvoices.evaluate.preference.judging import ask
from manyvoices.evaluate.preference.reading import read_votes
from manyvoices.evaluate.preference.sequence import sequential
from manyvoices.evaluate.preference.spread import spread
from manyvoices.evaluate.preference.texts import pair_name, percent
from manyvoices.evaluate.preference.votes import Votes
from manyvoices.evaluate.preference.writing import write
from manyvoices.io import read_comparisons
from manyvoices.train.config import as_plain

Config = PreferenceConfig
Progress = Callable[[int, int], None]
STEPS = 7


@dataclass(frozen=True, slots=True)
class PreferenceResult:
    """What an evaluation found, and where it was written."""

    out: Path
    results: Mapping[str, Any]
    """What ``results.json`` holds."""


def run(config: PreferenceConfig, *, progress: Progress | None = None) -> PreferenceResult:
    """Read, ask judges, measure, write.

    Raises:
        DataError: The data, or a judge's file, has faults.
        NoVotesError, UnknownModelError, UnknownFieldError: There is nothing of what was asked for.
        PreregistrationError: The preregistration is none, or was changed.
        JudgePromptError, NothingToJudgeError: A judge's prompt lacks a place, or the data texts.
    """
    tell = progress or (lambda _done, _total: None)
    record = preregistration.read(config.preregistration) if config.preregistration else None
    every = read_votes(config.data, config.by)
    n_simulated = 0 if config.simulated else int((every.simulated > 0).sum())
    votes = _wanted(every, config, n_simulated)
    tell(1, STEPS)
    results = analysed(votes, config, n_simulated, tell)
    results["answers"] = answers_of(config.data)
    results["judges"] = {judge.name: _judge(judge, votes, config, tell) for judge in config.judges}
    results["preregistration"] = None
    if record is not None:
        results["preregistration"] = {
            "sha256": record["sha256"], "title": record["title"],
            "deviations": preregistration.deviations(record, config.rules, _reached(
                votes, results, config)),
        }  # fmt: skip
    results["config"] = as_plain(config)
    write(config.out, results)
    return PreferenceResult(config.out, results)


def analysed(
    votes: Votes, config: PreferenceConfig, n_simulated: int, tell: Progress
) -> dict[str, Any]:
    """All results of people's votes, as plain data."""
    rules = config.rules
    pairs = analysing.pairs_of(votes, config.baseline)
    kept = votes.scored(rules)
    steps: dict[str, Callable[[], Any]] = {
        "rates": lambda: analysing.rates(votes, pairs, rules, config.least_raters),
        "place": lambda: analysing.place(votes, rules),
        "length": lambda: analysing.length(votes, rules),
        "agreement": lambda: analysing.agreements(votes, rules),
        "sensitivity": lambda: analysing.sensitivity(votes, pairs, rules),
        "sequential": lambda: sequential(votes, pairs, rules),
    }
    found: dict[str, Any] = {
        "data": config.data.name,
        "models": list(votes.models),
        "baseline": config.baseline,
        "counts": {
            **analysing.exclusions(votes, n_simulated, rules),
            "simulated": int((votes.simulated > 0).sum()),
            "raters": len(np.unique(kept.rater)),
            "prompts": len(np.unique(kept.prompt)),
        },
        "paper": analysing.PAPER,
        "times": analysing.times(votes),
        "spread": [
            {"model": model, "against": other, "expected": spread(votes, model, other)}
            for model, other in pairs
        ],
    }
    for n, (name, step) in enumerate(steps.items(), start=2):
        found[name] = step()
        tell(n, STEPS)
    return found


def _wanted(votes: Votes, config: PreferenceConfig, n_simulated: int) -> Votes:
    for key, names in (("baseline", (config.baseline,)), ("models", config.models)):
        for name in names:
            if name is not None and name not in votes.models:
                raise UnknownModelError(key, name, votes.models)
    people = votes if config.simulated else votes.select(votes.simulated == 0)
    kept = _of_models(people, config)
    if not kept.counts(config.rules).any():
        raise NoVotesError(config.data, len(kept), n_simulated)
    return kept


def _of_models(votes: Votes, config: PreferenceConfig) -> Votes:
    """The rows of the models that are looked at; with a baseline, those against it."""
    rows = np.ones(len(votes), dtype=bool)
    if config.models:
        codes = [code for code, name in enumerate(votes.models) if name in config.models]
        rows &= np.isin(votes.a, codes) & np.isin(votes.b, codes)
    if config.baseline is not None:
        code = votes.models.index(config.baseline) if config.baseline in votes.models else -1
        rows &= (votes.a == code) | (votes.b == code)
    return votes.select(rows)


def _judge(
    judge: JudgeConfig, votes: Votes, config: PreferenceConfig, tell: Progress
) -> dict[str, Any]:
    called: Mapping[str, int] | None = None
    if judge.path is not None:
        theirs = read_votes(judge.path)
    else:
        folder = config.out / "judges" / judge.name
        if not has_texts(config.data):
            raise NothingToJudgeError(judge.name, config.data)
        asked = ask(
            read_comparisons(config.data), judge, folder, seed=config.rules.seed, progress=tell
        )
        theirs, called = asked.votes, asked.outcomes
    if not theirs.counts(config.rules).any() and called is None:
        raise NoVotesError(judge.path or config.data, len(theirs), 0)
    report = judge_report(
        votes,
        _of_models(theirs, config),
        config.rules,
        family=judge.family,
        least=config.least_raters,
    )
    return {"source": "asked" if called is not None else "file", "calls": called, **report}


def _reached(votes: Votes, results: Mapping[str, Any], config: PreferenceConfig) -> dict[str, Any]:
    """The size that was asked, votes that do not count among them: a plan speaks of those."""
    counts = results["counts"]
    return {
        "baseline": config.baseline,
        "raters": len(np.unique(votes.rater)),
        "prompts": len(np.unique(votes.prompt)),
        "by": sorted(votes.fields),
        "least_raters": config.least_raters,
        "simulated": counts["simulated"] > 0,
    }


def lines(result: PreferenceResult) -> Iterator[Any]:
    """What a terminal shows."""
    from rich.table import Table

    found = result.results
    counts = found["counts"]
    yield (
        f"{counts['counting']:,} of {counts['rows']:,} rows count, of {counts['raters']:,} people "
        f"on {counts['prompts']:,} prompts"
    )
    if counts["simulated"]:
        yield f"{counts['simulated']:,} of them are of bots of a rehearsal"
    against = f" against {found['baseline']}" if found["baseline"] else ""
    table = Table("", "win rate", "won", "tied", "lost", "both bad", "failed", "set aside",
                  title=f"Win rates{against}", title_justify="left")  # fmt: skip
    for row in found["rates"]:
        n = row["outcomes"]
        cells = (n[name] for name in ("won", "tied", "lost", "all_bad", "failed", "set_aside"))
        label = row["model"] if against else pair_name(row)
        table.add_row(label, percent(row["rate"]), *(f"{one:,}" for one in cells))
    yield table
    yield f"shown first, balanced: {percent(found['place']['balanced'])}"
    yield f"agreement of people, alpha: {shown(found['agreement']['alpha'])}"
    for name, judge in found["judges"].items():
        both = judge["joins"]["pair"]
        yield (
            f"{name}: agrees with people on {percent(both['with_ties']['agreement'])}, kappa "
            f"{shown(both['with_ties']['kappa'])}"
        )
    if found["preregistration"]:
        yield f"{len(found['preregistration']['deviations'])} differences from the preregistration"
