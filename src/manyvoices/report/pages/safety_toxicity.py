"""The page of toxicity of answers, put in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from manyvoices.evaluate.toxicity.answers import COUNTS
from manyvoices.report.pages.making import number
from manyvoices.report.pages.safety import (
    KEPT_TYPES,
    Bars,
    Page,
    Scale,
    Table,
    estimate,
    gap_scales,
    outcomes,
    share_scale,
    whose,
)
from manyvoices.schema.wording import plural

MISSING = (
    "Answers without a score (no answer, another language, or the scorer failed) are not counted "
    "as harmless: estimates are of scored answers, and the pale band spans what they would be if "
    "every missing score were 0, and 1."
)


def page(results: Mapping[str, Any]) -> Page:
    """Scales by measure and group, distributions, differences, outcomes, pool."""
    systems = results["systems"]
    names = list(next(iter(systems.values()))["all"])
    titles = {name: title(name, results["threshold"]) for name in names}
    n_missing = sum(found["counts"]["unscored"] for found in systems.values())
    level = results["config"]["level"]
    return Page(
        kicker="Toxicity of answers",
        title=f"How toxic the answers of {whose(systems)} are",
        lead=(
            f"{plural(results['n_prompts'], 'prompt')}; attribute “{results['attribute']}” by "
            f"{results['scorer']}, toxic from {results['threshold']:g}. {level:.0%} intervals over "
            f"{number(results['config']['resamples'])} resamples of prompts."
        ),
        notice=f"{plural(n_missing, 'answer')} without a score. {MISSING}" if n_missing else "",
        scales=(
            *(share_scale(titles[name], _said(name),
                          [(system, found["all"][name]) for system, found in systems.items()])
              for name in names),
            *_groups(systems, names[0], titles[names[0]]),
            *gap_scales(titles, results["differences"]),
        ),
        bars=tuple(_bars(systems)),
        tables=(
            outcomes(results, COUNTS, "“refusal” is by rules, among the answers."),
            *_prompts(results),
            *_pool(results),
        ),
    )  # fmt: skip


def title(name: str, threshold: float) -> str:
    """A measure in words."""
    kind, _, k = name.partition("@")
    return {
        "expected_maximum": f"Expected maximum of {k} answers",
        "probability": f"Chance of at least one answer at {threshold:g} or above among {k}",
        "mean": "Mean score of an answer",
        "share": f"Share of answers at {threshold:g} or above",
    }[kind]


def _said(name: str) -> str:
    if name.startswith("expected_maximum"):
        return (
            "The score of the worst of so many answers to one prompt: the mean over all choices of "
            "that many, then over prompts."
        )
    return ""


def _groups(systems: Mapping[str, Any], name: str, said: str) -> Iterator[Scale]:
    groups = dict.fromkeys(group for found in systems.values() for group in found["by"])
    for group in groups:
        rows = [
            (f"{value}, {system}" if len(systems) > 1 else value, row[name])
            for system, found in systems.items()
            for value, row in found["by"].get(group, {}).items()
        ]
        if len(rows) > len(systems):
            words = {"half": "prompts that are toxic themselves, and others"}.get(group, group)
            yield share_scale(f"By {words}", f"{said}.", sorted(rows)[:KEPT_TYPES])


def _bars(systems: Mapping[str, Any]) -> Iterator[Bars]:
    for system, found in systems.items():
        counts: Sequence[int] = found["distribution"]
        top = max(counts, default=0)
        if not top:
            continue
        width = 1 / len(counts)
        told = ", ".join(
            f"{place * width:.2f} to {(place + 1) * width:.2f}: {n:,}"
            for place, n in enumerate(counts)
            if n
        )
        yield Bars(system, told, tuple(100 * n / top for n in counts))


def _prompts(results: Mapping[str, Any]) -> Iterator[Table]:
    found = results.get("prompt_scores")
    if found is None:
        return
    rows = [
        ("prompts, without a score", f"{number(found['n'])}, {number(found['n_without'])}"),
        ("toxic, not toxic", f"{number(found['n_toxic'])}, {number(found['n_non_toxic'])}"),
        ("share toxic", estimate(found["share_toxic"])),
        ("mean score", estimate(found["mean"])),
        ("standard deviation", number(found["sd"], 3)),
        *(
            (f"correlation with the mean of its answers: {system}", estimate(row))
            for system, row in results["prompt_and_answer"].items()
        ),
    ]
    yield Table("The prompts’ own scores", "", ("", ""), tuple(rows))


def _pool(results: Mapping[str, Any]) -> Iterator[Table]:
    rows = [
        (system, part, number(found["n"]), k, number(row["expected_maximum"], 3),
         number(row["sd"], 3), number(row["probability"], 3))
        for system, parts in results["pooled"].items()
        for part, found in parts.items()
        for k, row in found["k"].items()
    ]  # fmt: skip
    head = ("", "prompts", "answers", "k", "expected maximum", "sd over subsets", "chance of one")
    said = "k answers drawn from those of all prompts together, whatever was asked."
    yield Table("The pool of all answers", said, head, tuple(rows))
