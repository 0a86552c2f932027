"""What ``manyvoices evaluate toxicity`` leaves: README.md, tables, results.json last. No texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from manyvoices.evaluate.files import markdown, shown, write_results
from manyvoices.evaluate.table_out import write_table
from manyvoices.evaluate.toxicity.answers import COUNTS, Answer

ANSWERS, PROMPTS, MEASURES = "answers", "prompts", "measures"
BOUNDS = (
    "Answers that did not come (`timeout`, `empty`, `failed`), came in another language, or could "
    "not be scored have no score. They are in the columns below, never counted as harmless: the "
    "measures are of scored answers, `if missing 0` and `if missing 1` take every missing score as "
    "0 and as 1 and leave no prompt out; the truth about what was asked lies between. `refusal` "
    "counts answers that the refusal rules take for full refusals; they are scored like any text."
)


def write(
    out: Path,
    results: Mapping[str, Any],
    answers: Sequence[Answer],
    prompts: Sequence[Mapping[str, Any]],
) -> None:
    """Tables as CSV and Parquet, then README.md, then results.json."""
    if results["mode"] == "data":
        write_table(out, "curve", _curve(results))
        write_table(out, "calibration", results["all"]["calibration"]["bins"])
        write_table(out, "correlations", _correlations(results))
    else:
        write_table(out, ANSWERS, [asdict(one) for one in answers])
        write_table(out, PROMPTS, prompts)
        write_table(out, MEASURES, list(long_rows(results)))
    write_results(out, results, data_table(results) if results["mode"] == "data" else
                  table(results))  # fmt: skip


def long_rows(results: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """One row for each system, group of prompts and measure."""
    for system, found in results["systems"].items():
        parts = {("all", "all"): found["all"]}
        for group, values in found["by"].items():
            parts |= {(group, value): row for value, row in values.items()}
        for (group, value), row in parts.items():
            for name, told in row.items():
                head = {"system": system, "group": group, "group_value": value, "measure": name}
                yield {**head, **told}


def table(results: Mapping[str, Any]) -> str:
    """The results as Markdown."""
    config = results["config"]
    parts = [
        "# Toxicity of answers",
        f"Attribute `{results['attribute']}` by {results['scorer']}, threshold "
        f"{results['threshold']:g}; {results['n_prompts']:,} prompts. In brackets: "
        f"{config['level']:.0%} intervals over {config['resamples']:,} resamples of prompts.",
        "Every measure is a number per prompt, averaged over prompts. `expected maximum@k`: the "
        "highest of k answers, over all subsets of k; `probability@k`: at least one of k at the "
        "threshold or above; `mean` and `share`: the same for k = 1.",
        *_systems(results),
        "## Outcomes",
        BOUNDS,
        markdown(("", *(name.replace("_", " ") for name in COUNTS)),
                 [(system, *(f"{found['counts'][name]:,}" for name in COUNTS))
                  for system, found in results["systems"].items()]),
        *_differences(results),
        *_prompt_part(results),
        *_pooled(results),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _systems(results: Mapping[str, Any]) -> Iterator[str]:
    head = ("", "prompts", "too few", "value", "sd", "if missing 0", "if missing 1")
    for system, found in results["systems"].items():
        yield f"## {system}"
        yield markdown(head, [_measured(title(n), row) for n, row in found["all"].items()])
        for group, values in found["by"].items():
            if len(values) < 2:
                continue
            rows = [
                _measured(f"{value}: {title(name)}", row)
                for value, measured in values.items()
                for name, row in measured.items()
            ]
            yield f"By {group}:"
            yield markdown(head, rows)


def _measured(name: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    bounds = [f"{row[end]:.3f}" for end in ("if_missing_0", "if_missing_1")]
    return (
        name, f"{row['n']:,}", f"{row['n_too_few']:,}", shown(row), f"{row['sd']:.3f}", *bounds
    )  # fmt: skip


def title(name: str) -> str:
    """A measure in words."""
    return name.replace("_", " ")


def _differences(results: Mapping[str, Any]) -> Iterator[str]:
    if not results["differences"]:
        return
    yield "## Differences on the same prompts"
    yield (
        "First less second; p by turning over the signs of the paired differences, corrected over "
        "all pairs of a measure (Holm). `at least`, `at most`: with everything missing of one "
        "model taken as 0 and of the other as 1."
    )
    rows = [
        (title(name), f"{row['first']} − {row['second']}", f"{row['n']:,}", shown(row),
         f"{row['p_holm']:.4f}", f"{row['lowest']:.3f}", f"{row['highest']:.3f}")
        for name, some in results["differences"].items()
        for row in some
    ]  # fmt: skip
    yield markdown(("", "models", "prompts", "difference", "p", "at least", "at most"), rows)


def _prompt_part(results: Mapping[str, Any]) -> Iterator[str]:
    found = results.get("prompt_scores")
    if found is None:
        return
    yield "## The prompts' own scores"
    yield (
        f"{found['n']:,} prompts, {found['n_without']:,} without a score; {found['n_toxic']:,} "
        f"toxic, {found['n_non_toxic']:,} not: {shown(found['share_toxic'])} toxic. Mean "
        f"{shown(found['mean'])}, standard deviation {found['sd']:.3f}."
    )
    for system, row in results["prompt_and_answer"].items():
        yield f"Correlation of a prompt's score with its answers' mean, {system}: {shown(row)}."


def _pooled(results: Mapping[str, Any]) -> Iterator[str]:
    yield "## The pool of all answers"
    yield (
        "k answers drawn from all of them, whatever the prompt: expected maximum (standard "
        "deviation over subsets) and probability of at least one at the threshold."
    )
    rows = [
        (system, part, f"{found['n']:,}", k,
         f"{row['expected_maximum']:.3f} ({row['sd']:.3f})", f"{row['probability']:.3f}")
        for system, parts in results["pooled"].items()
        for part, found in parts.items()
        for k, row in found["k"].items()
    ]  # fmt: skip
    yield markdown(("", "prompts", "answers", "k", "expected maximum", "probability"), rows)


def terminal(results: Mapping[str, Any]) -> Iterator[Any]:
    """What a terminal shows of answers."""
    from rich.table import Column, Table

    yield (
        f"{results['attribute']} by {results['scorer']}: {results['n_prompts']:,} prompts, "
        f"threshold {results['threshold']:g}"
    )
    systems = results["systems"]
    head = ("", "", "estimate", "prompts")
    found = Table(*(Column(name, no_wrap=True) for name in head))
    for system, row in systems.items():
        for place, (name, told) in enumerate(row["all"].items()):
            first = "" if place else system
            found.add_row(first, title(name), shown(told), f"{told['n']:,}")
    yield found
    missing = sum(row["counts"]["unscored"] for row in systems.values())
    if missing:
        yield f"{missing:,} answers have no score: README.md has bounds with them as 0 and as 1"


def _curve(results: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for row in results["all"]["curve"]:
        flat = {n: v for n, v in row.items() if not isinstance(v, Mapping)}
        for name, value in row.items():
            if isinstance(value, Mapping):
                flat |= {name: value["value"], f"{name}_low": value["low"],
                         f"{name}_high": value["high"]}  # fmt: skip
        rows.append(flat)
    return rows


def _correlations(results: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"first": pair["first"], "second": pair["second"], "coefficient": kind, **pair[kind]}
        for pair in results["correlations"]["pairs"]
        for kind in ("spearman", "pearson")
    ]


def data_table(results: Mapping[str, Any]) -> str:
    """The results of ``mode: data`` as Markdown."""
    found, config = results["all"], results["config"]
    head = ("threshold", "found", "precision", "recall", "F1")
    parts = [
        "# A classifier against people's labels",
        f"Score `{results['score']}` ({results['scorer']}) against label `{results['label']}`, "
        f"toxic from {config['data']['positive_from']:g}: {found['n']:,} texts with both, "
        f"{found['n_positive']:,} toxic, {found['n_clusters']:,} clusters; "
        f"{found['n_without_label']:,} have no label and {found['n_without_score']:,} no score and "
        f"are left out. {config['level']:.0%} intervals over {config['resamples']:,} resamples of "
        "clusters.",
        f"AUC {shown(found['auc'])}; calibration error {found['calibration']['error']:.3f}, Brier "
        f"{found['calibration']['brier']:.3f}.",
        markdown(head, [_threshold(row) for row in found["curve"]]),
        "## Calibration",
        markdown(("score", "texts", "mean score", "share toxic"),
                 [(f"{row['from']:.1f} to {row['to']:.1f}", f"{row['n']:,}",
                   f"{row['mean_score']:.3f}", shown(row))
                  for row in found["calibration"]["bins"]]),
        *_languages(results),
        "## Correlations",
        "Every label and every score, over the texts that have both; intervals on Fisher's scale "
        "with cluster-robust errors.",
        markdown(("", "", "texts", "Spearman", "Pearson"),
                 [(pair["first"], pair["second"], f"{pair['spearman']['n']:,}",
                   shown(pair["spearman"]), shown(pair["pearson"]))
                  for pair in results["correlations"]["pairs"]]),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _threshold(row: Mapping[str, Any]) -> tuple[str, ...]:
    found = f"{row['tp'] + row['fp']:,}"
    measured = [shown(row[name]) for name in ("precision", "recall", "f1")]
    return (f"{row['threshold']:g}", found, *measured)


def _languages(results: Mapping[str, Any]) -> Iterator[str]:
    rows = [
        (name, f"{row['n']:,}", f"{row['n_positive']:,}", shown(row["auc"]),
         *_threshold(row["at_threshold"])[2:])
        for name, row in results["by"]["language"].items()
    ]  # fmt: skip
    if rows:
        yield "## By language"
        yield markdown(("", "texts", "toxic", "AUC", "precision", "recall", "F1"), rows)


def data_lines(results: Mapping[str, Any]) -> Iterator[Any]:
    """What a terminal shows of ``mode: data``."""
    from rich.table import Table

    found = results["all"]
    yield (
        f"{results['score']} against people's {results['label']}: {found['n']:,} texts, "
        f"{found['n_positive']:,} toxic; AUC {shown(found['auc'])}"
    )
    table = Table("threshold", "found", "precision", "recall", "F1")
    for row in found["curve"]:
        if row["threshold"] in (0.1, 0.3, 0.5, 0.7, 0.9) or row is found["at_threshold"]:
            table.add_row(*_threshold(row))
    yield table
