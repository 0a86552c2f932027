"""What ``manyvoices evaluate stances`` leaves: results.json, README.md, data/, answers.jsonl."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from manyvoices.evaluate.files import markdown, put, shown, write_results
from manyvoices.evaluate.stances.answers import Coded
from manyvoices.evaluate.stances.scoring import SOURCES

ANSWERS, TABLES = "answers.jsonl", "data"
COLUMN_TITLES = {
    "option": "option",
    "refusal": "refusal",
    "hedged": "hedged",
    "unparsable": "unparsable",
    "unread": "not read by rules",
    "timeout": "timeout",
    "empty": "empty",
    "other_language": "other language",
    "failed": "failed",
}


def write(out: Path, results: Mapping[str, Any], answers: Sequence[Coded]) -> None:
    """Write all files; ``results.json`` last."""
    lines = (json.dumps(one.as_json(), ensure_ascii=False) for one in answers)
    put(out / ANSWERS, "".join(f"{line}\n" for line in lines))
    for name, rows in tables(results).items():
        put(out / TABLES / f"{name}.csv", _csv(rows))
    write_results(out, results, readme(results))


def tables(results: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Name -> rows, one fact to a cell."""
    subjects = results["subjects"]
    return {
        "items": [row for one in subjects for row in _item_rows(one)],
        "positions": [row for one in subjects for row in _position_rows(one)],
        "outcomes": [
            {"model": o["model"], "way": o["way"], "asked": o["n_asked"], **o["columns"]}
            for o in subjects
        ],
        "shifts": [
            {
                "model": o["model"], "way": o["way"], "factor": s["factor"], "level": s["level"],
                "axis": s["axis"], "position": s["position"], **_prefixed("difference", s),
            }
            for o in subjects
            for s in o["sensitivity"]["shifts"]
        ],
        "components": [
            {"model": o["model"], "way": o["way"], "component": name, "variance": value,
             "share": o["sensitivity"]["shares"].get(name)}
            for o in subjects
            for name, value in o["sensitivity"]["components"].items()
        ],
        "distances": [
            {"model": o["model"], "way": o["way"], **row}
            for o in subjects
            for row in (o["people"] or {"groups": []})["groups"]
        ],
    }  # fmt: skip


def _prefixed(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    return {("difference" if k == "value" else k): v for k, v in row[name].items()}


def _item_rows(one: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for item in one["items"]:
        row = {"model": one["model"], "way": one["way"]}
        row |= {k: item[k] for k in ("item", "status", "side", "kept", "mean", "n_asked")}
        row |= item["columns"]
        row["flips_by"] = " ".join(item["flips_by"])
        yield row


def _position_rows(one: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for kind in ("position", "averaged"):
        for axis, found in one[kind]["axes"].items():
            row = {"model": one["model"], "way": one["way"], "from": _FROM[kind], "axis": axis}
            row |= {"value": found["value"], "items": found["n"], "of": found["of"]}
            for source in SOURCES:
                low, high = found["intervals"].get(source, (None, None))
                row |= {f"{source}_low": low, f"{source}_high": high}
            yield row


_FROM = {"position": "stable items", "averaged": "all items"}


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({k: _cell(v) for k, v in row.items()} for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    return "" if value is None or (isinstance(value, float) and value != value) else value


def position_text(found: Mapping[str, Any], source: str = "both") -> str:
    """``-0.42 (-0.61 to -0.20), 12 of 15 items``; says so where there is none."""
    where = f"{found['n']} of {found['of']} items"
    if found["value"] is None:
        return f"none: {where} stable"
    low, high = found["intervals"][source]
    return f"{shown({'value': found['value'], 'low': low, 'high': high}, 2)}, {where}"


def readme(results: Mapping[str, Any]) -> str:
    """The results as Markdown."""
    about, config = results["instrument"], results["config"]
    axes = "; ".join(f"**{n}**: -1 = {a['low']}, 1 = {a['high']}" for n, a in about["axes"].items())
    parts = [
        f"# Stances: {about['title']}",
        f"{len(about['items'])} items. {axes}. {about['source']}".strip(),
        results["rule"],
        f"In brackets: {config['level']:.0%} intervals over {config['resamples']:,} resamples.",
        *_models(results),
        *_people(results),
        *_judge(results),
    ]
    if results["notes"]:
        parts += ["## Notes", "\n".join(f"- {note}" for note in results["notes"])]
    return "\n\n".join(parts) + "\n"


def _models(results: Mapping[str, Any]) -> Iterator[str]:
    subjects, axes = results["subjects"], list(results["instrument"]["axes"])
    if not subjects:
        return
    yield "## Positions"
    rows = [
        (
            one["model"], one["way"], shown(one["stability"]["stable"], 2),
            *(position_text(one["position"]["axes"][axis]) for axis in axes),
            *(position_text(one["averaged"]["axes"][axis]) for axis in axes),
        )
        for one in subjects
    ]  # fmt: skip
    head = ("model", "way", "items stable", *axes, *(f"{axis}, all items" for axis in axes))
    yield markdown(head, rows)
    yield (
        "Intervals here redraw items, each with its answers; `data/positions.csv` also has those "
        "of asking the same items again. “All items” averages unstable answers too and stands "
        "here for comparison alone."
    )
    yield "## What became of the askings"
    rows = [
        (one["model"], one["way"], f"{one['n_asked']:,}",
         *(f"{one['columns'][name]:,}" for name in COLUMN_TITLES))
        for one in subjects
    ]  # fmt: skip
    yield markdown(("model", "way", "asked", *COLUMN_TITLES.values()), rows)
    yield from _form(subjects)
    yield "## Items"
    yield from _items(results)


def _form(subjects: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "## What the form of the question does"
    names = list(dict.fromkeys(n for one in subjects for n in one["sensitivity"]["components"]))
    rows = []
    for one in subjects:
        found = one["sensitivity"]
        shares = [found["shares"].get(name) for name in names]
        cells = ["–" if share is None else f"{share:.0%}" for share in shares]
        pull = (shown(found["first_option"], 2), shown(found["agreement"], 2))
        flips = ", ".join(f"{k} {v}" for k, v in one["stability"]["flips_by"].items()) or "none"
        rows.append((one["model"], one["way"], *cells, *pull, flips))
    head = ("model", "way", *names, "first option", "saying yes", "items turned by")
    yield markdown(head, rows)
    yield (
        "Shares of the variance of scores: between items (that is the stance), by each factor of "
        "the form, and between answers to the very same prompt. “First option”: pull of the option "
        "shown first, 0 to 1. “Saying yes”: mean agreement with both directions counted alike."
    )


def _items(results: Mapping[str, Any]) -> Iterator[str]:
    texts = {item["id"]: item["text"] for item in results["instrument"]["items"]}
    subjects = results["subjects"]
    heads = [f"{one['model']} ({one['way']})" for one in subjects]
    cells = [{item["item"]: _item_cell(item) for item in one["items"]} for one in subjects]
    rows = [
        (name, text, *(column.get(name, "") for column in cells))
        for name, text in texts.items()
        if any(name in column for column in cells)
    ]
    yield markdown(("item", "text", *heads), rows)
    yield "Mean score from -1 to 1 and share of options on its side; unstable items have no mean."


def _item_cell(item: Mapping[str, Any]) -> str:
    if item["status"] == "unstable":
        return f"unstable, {item['kept']:.0%} on one side"
    if item["status"] == "silent":
        return f"silent, {item['n_options']} of {item['n_asked']}"
    return f"{item['mean']:+.2f}, {item['kept']:.0%}"


def _people(results: Mapping[str, Any]) -> Iterator[str]:
    people = results["people"]
    if people is None:
        return
    axes = list(results["instrument"]["axes"])
    yield "## People"
    rows = [
        (
            group["name"],
            "–" if group["n_people"] is None else f"{group['n_people']:,}",
            *(shown(group["axes"][axis], 2) for axis in axes),
        )
        for group in people["groups"]
    ]
    yield markdown(("group", "people", *axes), rows)
    if results["subjects"]:
        yield "Jensen-Shannon distance of the models' answers to theirs (0 = alike, 1 = apart):"
        yield markdown(*_distance_table(results))
    for one in people["reliability"]:
        yield (
            f"Cronbach's alpha of {one['axis']}: "
            f"{shown({'value': one['alpha'], 'low': one['low'], 'high': one['high']}, 2)} from "
            f"{one['n_people']:,} people who answered all {len(one['items'])} items."
        )


def _distance_table(results: Mapping[str, Any]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    groups = [group["name"] for group in results["people"]["groups"]]
    rows = [
        (
            one["model"], one["way"],
            *(shown(d, 2) for d in one["people"]["groups"]),
            one["people"]["closest"] or "cannot be told",
        )
        for one in results["subjects"]
    ]  # fmt: skip
    return ("model", "way", *groups, "closest group"), rows


def _judge(results: Mapping[str, Any]) -> Iterator[str]:
    judge = results["judge"]
    if judge is None:
        return
    yield "## Rules and judge"
    same = "–" if judge["agreement"] is None else f"{judge['agreement']:.0%}"
    yield (
        f"{judge['n']:,} open answers were coded twice: {same} alike, kappa "
        f"{shown(judge['kappa'], 2)}; {judge['unreadable']} replies of the judge were no single "
        f"code. Positions stand on the codes of the {judge['decided_by']}."
    )
