"""What ``manyvoices evaluate reward`` leaves: results.json, README.md, groups.jsonl, data.json."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from manyvoices.evaluate.files import as_json, markdown, put, shown
from manyvoices.evaluate.groups import DATA_SET
from manyvoices.evaluate.over_optimisation import rows
from manyvoices.train.manifest import Manifest
from manyvoices.train.views import ReplyGroup

RESULTS, TABLE, ROWS, DATA = "results.json", "README.md", "groups.jsonl", "data.json"

TITLES = {
    "all_pairs": "all pairs",
    "best_worst": "best above last",
    "top_1": "first is best",
    "tau_b": "tau-b",
    "log_loss": "log loss",
    "brier": "Brier",
    "calibration_error": "calibration error",
    "calibration_by_chance": "the same, if all were true",
}
CHOOSERS = ("model", "longer", "random", "best", "gain", "over longer")


def write(
    out: Path,
    results: Mapping[str, Any],
    groups: Sequence[tuple[ReplyGroup, tuple[float, ...]]],
    manifests: Mapping[str, Manifest],
) -> None:
    """Write all four; each is replaced at once, ``results.json`` last."""
    out.mkdir(parents=True, exist_ok=True)
    put(out / DATA, as_json({name: one.as_json() for name, one in manifests.items()}))
    lines = (json.dumps(row(*one), ensure_ascii=False, default=str) for one in groups)
    put(out / ROWS, "".join(f"{line}\n" for line in lines))
    put(out / TABLE, table(results))
    put(out / RESULTS, as_json(results))


def row(group: ReplyGroup, scores: tuple[float, ...]) -> dict[str, Any]:
    """One group without its texts, which stay where they were consented to."""
    return {
        "data_set": group.groups[DATA_SET],
        "tree_id": group.tree_id,
        "language": group.language,
        "rater": group.rater,
        "groups": {name: value for name, value in group.groups.items() if name != DATA_SET},
        "node_ids": list(group.node_ids),
        "ranks": list(group.ranks),
        "rater_scores": None if group.scores is None else list(group.scores),
        "characters": [len(reply) for reply in group.replies],
        "scores": list(scores),
    }


def table(results: Mapping[str, Any]) -> str:
    """The results as Markdown."""
    config, model = results["config"], results["model"]
    level = f"{config['level']:.0%}"
    what = "people" if config["cluster"] == "rater" else "trees"
    parts = [
        "# What the reward model gets right",
        f"`{config['model']['path']}` on {model['n_groups']:,} groups of replies of "
        f"{model['n_clusters']:,} {what} ({config['part']}). In brackets: {level} intervals over "
        f"{config['resamples']:,} resamples of whole {what}.",
        _overall(results),
        "`longer` says that the longer reply is better; `random` is what random choice gives on "
        "average. Log loss 0.693 and Brier 0.25 say nothing about a pair. Chance alone makes a "
        "calibration error, the larger the fewer pairs: the line below it is what a model would "
        "show whose probabilities are all true.",
        *_by(results),
        *_best_of(results),
        *_over_optimisation(results),
        *_notes(results),
    ]
    return "\n\n".join(parts) + "\n"


def _overall(results: Mapping[str, Any]) -> str:
    who = ("model", "longer", "random")
    rows = [
        (title, *(shown(results[one].get(name)) for one in who)) for name, title in TITLES.items()
    ]
    return markdown(("", *who), rows)


def _by(results: Mapping[str, Any]) -> Iterator[str]:
    head = ("", "groups", "pairs", "all pairs", "longer", "first is best", "tau-b")
    for name, values in results["model"]["by"].items():
        rows = [
            (
                value,
                f"{found['n_groups']:,}",
                f"{found['all_pairs']['n']:,}",
                shown(found["all_pairs"]),
                shown(results["longer"]["by"][name][value]["all_pairs"]),
                shown(found["top_1"]),
                shown(found["tau_b"]),
            )
            for value, found in values.items()
        ]
        if rows:
            yield f"## By {name}"
            yield markdown(head, rows)


def _best_of(results: Mapping[str, Any]) -> Iterator[str]:
    if not results["best_of"]:
        return
    yield "## Best of n"
    yield (
        "What is picked among n random replies of a group, by people's order: `place` (1 is best), "
        "`beaten` (share of the group's other replies that are worse) and `score` (the raters' "
        "scale). `best` knows the order; `gain` is model over random and `over longer` model over "
        "the longer reply, both positive where the model does better. Groups differ between n."
    )
    rows = [
        (n, name, f"{row['model']['n']:,}", *(shown(row[who]) for who in CHOOSERS))
        for n, measures in results["best_of"].items()
        for name, row in measures.items()
    ]
    yield markdown(("n", "", "groups", *CHOOSERS), rows)


def _over_optimisation(results: Mapping[str, Any]) -> Iterator[str]:
    if (found := results.get("over_optimisation")) is None:
        return
    yield "## Over-optimisation"
    yield (
        f"The output that the model likes best among n, on {found['n_prompts']:,} prompts "
        f"({found['prompts_left_out']:,} with fewer outputs left out), scored by the model itself "
        "(proxy) and by the gold model: above random choice, in standard deviations of the outputs "
        "of a prompt. KL: how far best-of-n is from the policy, at most."
    )
    yield markdown(("n", "KL", "proxy", "gold"), rows(found))
    yield (
        f"The gold score is highest at n = {found['peak']}; from there to all outputs it changes "
        f"by {shown(found['after_peak'])}."
    )


def _notes(results: Mapping[str, Any]) -> Iterator[str]:
    notes = list(results["notes"])
    if results["ties_left_out"]:
        notes.append(f"{results['ties_left_out']} groups hold only tied replies and are left out")
    if notes:
        yield "## Notes"
        yield "\n".join(f"- {note}" for note in notes)
