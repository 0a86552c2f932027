"""What a batch asks and why, in sentences, and the same as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from manyvoices.design.comparisons.batch import Ask
from manyvoices.evaluate.files import markdown
from manyvoices.evaluate.next_batch.disagreement import Found
from manyvoices.evaluate.next_batch.evidence import Evidence
from manyvoices.evaluate.next_batch.failures import Failing
from manyvoices.evaluate.next_batch.gain import Gain
from manyvoices.evaluate.next_batch.possible import Possible
from manyvoices.evaluate.next_batch.uncertainty import Standing

MOST_LINES = 15
"""Asks of one reason that the README writes out."""


def results_of(
    asks: Sequence[Ask],
    shares: Mapping[str, int],
    evidence: Evidence,
    possible: Possible,
    now: Standing,
    gain: Gain,
    differing: Found,
    failed: Failing,
    *,
    stage: str | None,
    config: Mapping[str, Any],
) -> dict[str, Any]:
    """What ``results.json`` holds."""
    return {
        "asked": sum(ask.n for ask in asks),
        "shares": dict(shares),
        "asks": [ask.model_dump(mode="json", exclude_none=True) for ask in asks],
        "stage": stage,
        "unit": "openings" if possible.kind == "conversations" else "verdicts",
        "known": {
            "verdicts": len(evidence.verdicts),
            "people": len(evidence.people),
            "models": list(possible.models),
            "left_out": dict(evidence.left_out),
        },
        "leading": {"models": list(gain.leading), **now.difference(*gain.leading)},
        "gain": {
            "standard_error_now": round(gain.now, 4),
            "standard_error_with_batch": round(gain.with_batch, 4),
            "standard_error_evenly": round(gain.evenly, 4),
            "narrower": round(gain.narrower, 4),
            "narrower_evenly": round(1 - gain.evenly / gain.now, 4),
        },
        "tests": {"n": differing.n_tests, "claimed": differing.claimed},
        "failing": failed.flagged,
        "config": dict(config),
    }


def sentences(results: Mapping[str, Any]) -> Iterator[str]:
    """What is known, what is asked, and what it is expected to gain."""
    known, lead, gain = results["known"], results["leading"], results["gain"]
    yield (
        f"Known: {known['verdicts']:,} verdicts of {known['people']:,} people on "
        f"{len(known['models'])} models."
    )
    first, second = lead["models"]
    doubt = ""
    if "low" in lead:
        doubt = (
            f" ({_level(results)} interval over people: {lead['low']:.2f} to {lead['high']:.2f})"
        )
    yield f"{first} leads {second} by {lead['difference']:.2f} log odds{doubt}."
    yield (
        f"Asked next: {results['asked']:,} {results['unit']}. If all are answered, the standard "
        f"error of that difference is expected to fall by {gain['narrower']:.0%}; the same number "
        f"spread evenly over all pairs would bring {gain['narrower_evenly']:.0%}."
    )


def _level(results: Mapping[str, Any]) -> str:
    return f"{results['config']['level']:.0%}"


def readme(results: Mapping[str, Any]) -> str:
    """The batch for people to read."""
    parts = [
        "# What to ask next, and why",
        " ".join(sentences(results)),
        markdown(
            ("reason", results["unit"], "what it is"),
            [(name, f"{n:,}", WHAT[name]) for name, n in results["shares"].items()],
        ),
    ]
    for reason in WHAT:
        mine = [ask for ask in results["asks"] if ask["reason"] == reason]
        if mine:
            parts += [f"## {reason}", _listed(mine, results)]
    parts += _flagged(results)
    parts += [
        "## How to use it",
        "`manyvoices serve STUDY.yaml --next-batch next_batch.jsonl` publishes the study with "
        "these asks in force: people who come from then on are given them first, but for the share "
        "of draws that explore. Every record says why it was assigned (`assigned_because`).",
        "Expected gains take verdicts for independent of each other and answered as the strengths "
        "say; more verdicts of the same people bring less. What was left out: "
        + ("; ".join(f"{n:,} {w}" for w, n in results["known"]["left_out"].items()) or "nothing")
        + f". Seed {results['config']['seed']}.",
    ]
    return "\n\n".join(parts) + "\n"


WHAT = {
    "uncertainty": "models whose verdicts tell most about what is not sure yet",
    "disagreement": "groups, prompts and categories on which people, or a model and people, part",
    "coverage": "cells, languages and groups of which there is too little",
    "failures": "models and prompts that gave nothing to judge, once more",
    "exploration": "drawn at random, so that no model starves",
}


def _listed(asks: Sequence[Mapping[str, Any]], results: Mapping[str, Any]) -> str:
    asks = sorted(asks, key=lambda ask: -ask["n"])
    lines = [f"- {sentence(ask)}" for ask in asks[:MOST_LINES]]
    if len(asks) > MOST_LINES:
        rest = sum(ask["n"] for ask in asks[MOST_LINES:])
        more = len(asks) - MOST_LINES
        lines.append(f"- and {more:,} more asks with {rest:,} {results['unit']}, in the file.")
    return "\n".join(lines)


def sentence(ask: Mapping[str, Any]) -> str:
    """One ask as people would say it."""
    models = ask.get("models") or []
    what = " against ".join(models) if len(models) != 1 else f"{models[0]} against any other"
    parts = [what or "any models"]
    if ask.get("prompt"):
        parts.append(f"on the prompt {ask['prompt']}")
    if ask.get("category"):
        parts.append(f"in {ask['category']}")
    if ask.get("language"):
        parts.append(f"in the language {ask['language']}")
    if ask.get("group"):
        who = " and ".join(f"{name} = {value}" for name, value in ask["group"].items())
        parts.append(f"by people with {who}")
    why = _because(ask)
    return f"**{ask['n']:,} ×** {' '.join(parts)}{f': {why}' if why else ''}."


def _because(ask: Mapping[str, Any]) -> str:
    found, reason = ask.get("evidence") or {}, ask["reason"]
    if reason == "uncertainty":
        known = found.get(" – ".join(ask["models"]), {})
        if len(ask["models"]) > 2 or not known:
            return f"an answer takes away {ask.get('expected_reduction', 0):.2%} of what is unsure"
        return (
            f"{known['verdicts']:,} verdicts so far, ahead by {known['difference']:.2f} with a "
            f"standard error of {known['standard_error']:.2f}"
        )
    if reason == "coverage":
        if "wanted_share" in found:
            have = "none" if found["share"] is None else f"{found['share']:.0%}"
            return f"{have} of the verdicts, {found['wanted_share']:.0%} are wanted"
        return f"{found['verdicts']:,} verdicts so far, {found['wanted']:,} are wanted"
    if reason == "failures":
        return f"{found['failed']:,} of {found['shown']:,} answers failed"
    return _differing(found) if reason == "disagreement" else ""


def _differing(found: Mapping[str, Any]) -> str:
    if "shares" in found:
        parts = [f"{name} {one['share']:.0%}" for name, one in found["shares"].items()]
        return f"the first is preferred by {', '.join(parts)} (q = {found['q']:.3g})"
    if "spread" in found:
        return (
            f"people part more than on other prompts ({found['verdicts']:,} verdicts, "
            f"q = {found['q']:.3g})"
        )
    if "reward_model_wrong_or_unsure" in found:
        return (
            f"the reward model is wrong or unsure of {found['reward_model_wrong_or_unsure']:.0%} "
            f"of {found['pairs']:,} pairs, of {found['overall']:.0%} over all"
        )
    if "left_open" in found:
        rate = found["left_open"]
        return f"a win rate of {rate['win_rate']:.1%} ({rate['low']:.1%} to {rate['high']:.1%})"
    return f"by the personal model {found.get('people_who_differ', 0):.0%} of two people differ"


def _flagged(results: Mapping[str, Any]) -> Iterator[str]:
    """Models and prompts that people should look at."""
    rows = [
        (
            str(one.get("model") or one.get("prompt")),
            "model" if "model" in one else "prompt",
            f"{one['failed']:,} of {one['shown']:,}",
            "asked again" if one["asked_again"] else "look at it: it cannot be asked again",
        )
        for one in results["failing"]
    ]
    if rows:
        yield "## Failing"
        yield markdown(("what", "", "failed", "next"), rows)
