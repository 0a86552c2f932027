"""What ``manyvoices evaluate refusals`` leaves: README.md, tables, results.json last. No texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from manyvoices.evaluate.files import markdown, shown, write_results
from manyvoices.evaluate.refusals.labels import title
from manyvoices.evaluate.refusals.rates import COUNTS, MEASURES
from manyvoices.evaluate.refusals.rules import LABELS
from manyvoices.evaluate.table_out import write_table

HEAD = ("", "prompts", "no verdict", "refusal", "full refusal", "if missing 0", "if missing 1")


def write(out: Path, results: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Tables as CSV and Parquet, then README.md, then results.json."""
    write_table(out, "replies", rows)
    write_table(out, "rates", list(long_rows(results)))
    write_results(out, results, table(results))


def long_rows(results: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """One row for each system, part and measure."""
    for system, found in results["systems"].items():
        for part in ("safety", "type", "language"):
            for value, row in found[f"by_{part}"].items():
                for name in MEASURES:
                    head = {"system": system, "part": part, "value_of_part": value}
                    yield {**head, "measure": name, **row[name]}


def table(results: Mapping[str, Any]) -> str:
    """The results as Markdown."""
    config = results["config"]
    parts = [
        "# What is refused",
        f"{results['n_replies']:,} replies to {results['n_prompts']:,} prompts, judged by "
        f"{results['decided_by']}; safe and unsafe by {results['labelled_by']}. In brackets: "
        f"{config['level']:.0%} intervals, Wilson's for one reply to a prompt, else over "
        f"{config['resamples']:,} resamples of prompts.",
        "Refusal on safe prompts is over-refusal. `refusal` is full or partial. The last two "
        "columns are `refusal` with every reply that has no verdict taken as an answer, and as a "
        "refusal.",
        *not_read(results),
        *_systems(results),
        "## Outcomes",
        markdown(("", *(title(name) for name in COUNTS)),
                 [(system, *(f"{found['counts'][name]:,}" for name in COUNTS))
                  for system, found in results["systems"].items()]),
        *_differences(results),
        *_ways(results),
        *_people(results),
        *_judge(results),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def not_read(results: Mapping[str, Any]) -> Iterator[str]:
    """A sentence on replies that the rules did not read; nothing where they read all."""
    found = results.get("not_read_by_rules") or {}
    if found:
        languages = ", ".join(f"{name} ({n:,})" for name, n in found.items())
        yield (
            "The rules have no patterns for some languages, and did not read the replies in them: "
            f"{languages}. To the rules these are neither compliance nor refusal; `patterns` adds "
            "a language, and a judge or people read any."
        )


def _systems(results: Mapping[str, Any]) -> Iterator[str]:
    for system, found in results["systems"].items():
        yield f"## {system}"
        yield markdown(HEAD, [_row(name, row) for name, row in found["by_safety"].items()])
        yield "By type:"
        rows = [
            _row(f"{name} ({', '.join(row['safety'])})", row)
            for name, row in found["by_type"].items()
        ]
        yield markdown(HEAD, rows)
        if len(found["by_language"]) > 1:
            yield "By language:"
            yield markdown(HEAD, [_row(name, row) for name, row in found["by_language"].items()])


def _row(name: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    both, full = row["refusal"], row["full_refusal"]
    bounds = [f"{both[end]:.3f}" for end in ("if_missing_0", "if_missing_1")]
    return (
        name, f"{both['n']:,}", f"{both['n_no_verdict']:,}", shown(both), shown(full), *bounds
    )  # fmt: skip


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
        (safety, title(name), f"{row['first']} − {row['second']}", f"{row['n']:,}", shown(row),
         f"{row['p_holm']:.4f}", f"{row['lowest']:.3f}", f"{row['highest']:.3f}")
        for safety, measures in results["differences"].items()
        for name, some in measures.items()
        for row in some
    ]  # fmt: skip
    yield markdown(("", "", "models", "prompts", "difference", "p", "at least", "at most"), rows)


def _ways(results: Mapping[str, Any]) -> Iterator[str]:
    for way, found in results["ways"].items():
        yield f"## The {way} against {results['compared_with']}"
        yield (
            f"{found['n']:,} replies: accuracy {shown(found['accuracy'])}, of refusal (full or "
            f"partial) against compliance {shown(found['accuracy_two'])}; Cohen's kappa "
            f"{shown(found['kappa'])}. Rows: what {results['compared_with']} say; columns: what "
            f"the {way} say{'s' if way == 'judge' else ''}."
        )
        head = ("", *(title(name) for name in LABELS), "precision", "recall")
        rows = [
            (title(name), *(f"{found['confusion'][name][other]:,}" for other in LABELS),
             shown(found["by_label"][name]["precision"]), shown(found["by_label"][name]["recall"]))
            for name in LABELS
        ]  # fmt: skip
        yield markdown(head, rows)


def _people(results: Mapping[str, Any]) -> Iterator[str]:
    found = results.get("people")
    if found is None:
        return
    yield "## People"
    yield (
        f"{found['n_replies']:,} replies labelled by {', '.join(found['annotators'])}; "
        f"{found['n_decided']:,} decided ({found['n_settled']:,} of them settled afterwards), "
        f"{found['n_undecided']:,} undecided, {found['n_unknown']:,} labels for replies that are "
        "not here."
    )
    rows = [
        (f"{pair['first']}, {pair['second']}", f"{pair['n']:,}", shown(pair["same"]),
         shown(pair["kappa"]))
        for pair in found["pairs"]
    ]  # fmt: skip
    yield markdown(("", "replies", "the same", "Cohen's kappa"), rows)
    yield (
        f"Krippendorff's alpha {shown(found['alpha_nominal'])}, ordinal "
        f"{shown(found['alpha_ordinal'])}."
    )


def _judge(results: Mapping[str, Any]) -> Iterator[str]:
    found = results.get("judge")
    if found is None:
        return
    said = ", ".join(f"{name.replace('_', ' ')} {n:,}" for name, n in found["counts"].items())
    yield "## The judge's answers"
    yield f"{found['model']}: {said}; {found['n_draws']:,} replies with a draw."


def terminal(results: Mapping[str, Any]) -> Iterator[Any]:
    """What a terminal shows."""
    from rich.table import Table

    yield (
        f"{results['n_replies']:,} replies to {results['n_prompts']:,} prompts, judged by "
        f"{results['decided_by']}"
    )
    found = Table("", "unsafe: refusal", "safe: refusal (over-refusal)", "no verdict")
    for system, row in results["systems"].items():
        safety = row["by_safety"]
        cells = [shown(safety.get(name, {}).get("refusal")) for name in ("unsafe", "safe")]
        found.add_row(system, *cells, f"{row['counts']['no_verdict']:,}")
    yield found
    yield from not_read(results)
    for way, told in results["ways"].items():
        yield (
            f"{way} against {results['compared_with']}: accuracy {shown(told['accuracy'])}, kappa "
            f"{shown(told['kappa'])} ({told['n']:,} replies)"
        )
    if people := results.get("people"):
        for pair in people["pairs"]:
            yield (
                f"{pair['first']} and {pair['second']}: the same {shown(pair['same'])}, kappa "
                f"{shown(pair['kappa'])}"
            )
    yield from (f"review: {path}" for path in results["reviews"])
