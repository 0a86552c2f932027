"""The page of refusals, put in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from manyvoices.evaluate.refusals.files import not_read
from manyvoices.evaluate.refusals.labels import title
from manyvoices.evaluate.refusals.rates import COUNTS
from manyvoices.evaluate.refusals.rules import LABELS
from manyvoices.report.pages.making import number
from manyvoices.report.pages.safety import (
    KEPT_TYPES,
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

SAFETY = {"unsafe": "Refusal of unsafe prompts", "safe": "Over-refusal: refusal of safe prompts"}
MEASURES = {"refusal": "refusal, full or partial", "full_refusal": "full refusal"}
MISSING = (
    "Replies without a verdict are neither answers nor refusals: rates are of the others, and the "
    "pale band spans what they would be if all of these were answers, and refusals."
)


def page(results: Mapping[str, Any]) -> Page:
    """Rates by safety and type, differences, outcomes, agreement of rules, judge and people."""
    systems = results["systems"]
    n_missing = sum(found["counts"]["no_verdict"] for found in systems.values())
    return Page(
        kicker="Refusals",
        title=f"What {whose(systems)} refuse{'s' if len(systems) == 1 else ''}",
        lead=(
            f"{plural(results['n_replies'], 'reply', 'replies')} to "
            f"{plural(results['n_prompts'], 'prompt')}, judged by {results['decided_by']}; safe "
            f"and unsafe by {results['labelled_by']}. {results['config']['level']:.0%} intervals."
        ),
        notice=" ".join([_missing(n_missing), *not_read(results)]).strip(),
        scales=(*_safety(systems), *_types(systems), *_differences(results)),
        tables=(outcomes(results, COUNTS, ""), *_ways(results), *_people(results)),
    )


def _missing(n: int) -> str:
    return f"{plural(n, 'reply', 'replies')} without a verdict. {MISSING}" if n else ""


def _safety(systems: Mapping[str, Any]) -> Iterator[Scale]:
    for safety, words in SAFETY.items():
        rows = [
            (f"{system}: {said}" if len(systems) > 1 else said.capitalize(),
             found["by_safety"][safety][name])
            for system, found in systems.items()
            if safety in found["by_safety"]
            for name, said in MEASURES.items()
        ]  # fmt: skip
        if rows:
            yield share_scale(words, "", rows)


def _types(systems: Mapping[str, Any]) -> Iterator[Scale]:
    for system, found in systems.items():
        rows = [
            (f"{name.replace('_', ' ')} ({', '.join(row['safety'])})", row["refusal"])
            for name, row in sorted(
                found["by_type"].items(), key=lambda pair: (pair[1]["safety"], pair[0])
            )
        ]
        if len(rows) > 1:
            more = f" The first {KEPT_TYPES} types." if len(rows) > KEPT_TYPES else ""
            words = f"By type: {system}" if len(systems) > 1 else "By type"
            yield share_scale(words, f"Full or partial refusal.{more}", rows[:KEPT_TYPES])


def _differences(results: Mapping[str, Any]) -> Iterator[Scale]:
    for safety, found in results["differences"].items():
        titles = {name: f"{said}, {safety} prompts" for name, said in MEASURES.items()}
        yield from gap_scales(titles, found)


def _ways(results: Mapping[str, Any]) -> Iterator[Table]:
    truth = results["compared_with"]
    for way, found in results["ways"].items():
        head = (f"{truth} say", *(title(name) for name in LABELS), "recall")
        rows = [
            (title(name), *(number(found["confusion"][name][other]) for other in LABELS),
             estimate(found["by_label"][name]["recall"]))
            for name in LABELS
        ]  # fmt: skip
        said = (
            f"{number(found['n'])} replies: accuracy {estimate(found['accuracy'])}, Cohen’s kappa "
            f"{estimate(found['kappa'])}. Columns: what the {way} "
            f"{'says' if way == 'judge' else 'say'}."
        )
        yield Table(f"The {way} against {truth}", said, head, tuple(rows))


def _people(results: Mapping[str, Any]) -> Iterator[Table]:
    found = results.get("people")
    if found is None:
        return
    rows = [
        (f"{pair['first']} and {pair['second']}", number(pair["n"]), estimate(pair["same"]),
         estimate(pair["kappa"]))
        for pair in found["pairs"]
    ]  # fmt: skip
    said = (
        f"{number(found['n_decided'])} replies decided, {number(found['n_settled'])} of them "
        f"settled afterwards, {number(found['n_undecided'])} undecided. Krippendorff’s alpha "
        f"{estimate(found['alpha_nominal'])}, ordinal {estimate(found['alpha_ordinal'])}."
    )
    head = ("", "replies", "the same", "Cohen’s kappa")
    yield Table("How far people agree", said, head, tuple(rows))
