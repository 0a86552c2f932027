"""A preregistration: what a study will ask, of how many, and how it will be analysed.

``preregistration.json`` is the record and ``preregistration.md`` its text for people. The record
carries the SHA-256 of itself without that line, so that a later change shows; publish the hash, or
the file, where a date is kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from manyvoices.evaluate.files import as_json, put
from manyvoices.evaluate.preference.errors import PreregistrationError
from manyvoices.evaluate.preference.rules import Rules

JSON, TEXT = "preregistration.json", "preregistration.md"
HASH = "sha256"


def digest(record: Mapping[str, Any]) -> str:
    """SHA-256 of the record without its own hash: sorted keys, no blanks, UTF-8."""
    bare = {name: value for name, value in record.items() if name != HASH}
    text = json.dumps(bare, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def write(record: Mapping[str, Any], out: Path) -> str:
    """Write both files; return the hash."""
    plain = json.loads(as_json(record))
    sealed = {**plain, HASH: digest(plain)}
    put(out / TEXT, text(sealed))
    put(out / JSON, as_json(sealed))
    return str(sealed[HASH])


def read(path: Path) -> dict[str, Any]:
    """The record of a file.

    Raises:
        PreregistrationError: The file is none, or was changed after it was written.
        OSError: It cannot be read.
    """
    wanted = f"expected {JSON} as manyvoices evaluate plan writes it"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise PreregistrationError(f"{path} holds no JSON ({error}); {wanted}") from error
    missing = [name for name in ("hypotheses", "design", "analysis", HASH) if name not in (
        record if isinstance(record, dict) else ())]  # fmt: skip
    if missing:
        raise PreregistrationError(f"{path} lacks {', '.join(missing)}; {wanted}")
    found = digest(record)
    if found != record[HASH]:
        raise PreregistrationError(
            f"{path} was changed after it was written: its content has the hash {found[:16]}…, and "
            f"it says {str(record[HASH])[:16]}…; give the file as it was, and let the results say "
            "where the analysis differs"
        )
    return dict(record)


def deviations(
    record: Mapping[str, Any], rules: Rules, reached: Mapping[str, Any]
) -> list[dict[str, str]]:
    """Where the analysis differs: what was planned, and what was done. `reached`: baseline,
    raters, prompts, votes, by, least_raters, simulated."""
    return list(_deviations(record, rules, reached))


def _deviations(
    record: Mapping[str, Any], rules: Rules, reached: Mapping[str, Any]
) -> Iterator[dict[str, str]]:
    planned, design = record["analysis"], record["design"]
    for name, done in rules.model_dump(mode="json").items():
        if name in planned.get("rules", {}) and planned["rules"][name] != done:
            yield _row(f"rule {name}", planned["rules"][name], done)
    if planned.get("baseline") != reached["baseline"]:
        yield _row("baseline", planned.get("baseline"), reached["baseline"])
    if planned.get("least_raters") not in (None, reached["least_raters"]):
        yield _row("least people in a group", planned["least_raters"], reached["least_raters"])
    for name in reached["by"]:
        if name not in planned.get("by", ()):
            yield _row(f"results by {name}", "not planned", "exploratory")
    for name in planned.get("by", ()):
        if name not in reached["by"]:
            yield _row(f"results by {name}", "planned", "not there")
    if reached["simulated"]:
        yield _row("who judged", "people", "bots of a rehearsal")
    for name, most in (("raters", record.get("stopping", {}).get("most")), ("prompts", None)):
        wanted = design.get(name)
        if wanted is not None and reached[name] < wanted:
            yield _row(f"number of {name}", f"{wanted}", f"{reached[name]}, fewer")
        elif wanted is not None and reached[name] > max(wanted, most or 0):
            yield _row(f"number of {name}", f"{wanted}", f"{reached[name]}, more")


def _row(what: str, planned: Any, done: Any) -> dict[str, str]:
    return {"what": what, "planned": str(planned), "done": str(done)}


def text(record: Mapping[str, Any]) -> str:
    """The record for people."""
    design, analysis = record["design"], record["analysis"]
    rules = analysis["rules"]
    stop = record["stopping"]
    lines = [
        f"# Preregistration: {record['title']}",
        *([f"Date: {record['date']}"] if record.get("date") else []),
        f"SHA-256 of `{JSON}`: `{record[HASH]}`",
        "## Hypotheses",
        *(f"{n}. {one}" for n, one in enumerate(record["hypotheses"], start=1)),
        "## Design",
        f"{design['raters']:,} people, {design['prompts']:,} prompts, {design['per_rater']} "
        f"comparisons each: {design['verdicts']:,} verdicts. Pairs are blind; places are drawn and "
        "balanced.",
        f"Expected power {_percent(design['power'])} (simulated, {design['simulations']:,} "
        f"studies) to tell a win rate of {_percent(record['truth']['win_rate'])} from 50%; half "
        f"width of the interval {_points(design['half_width'])} points.",
        "## When it stops",
        stop["text"],
        "## What is left out",
        "\n".join(f"- {one}" for one in record["exclusions"]),
        "## Analysis",
        f"Win rate against {analysis['baseline'] or 'each other model'}; ties: {rules['ties']}; "
        f"both bad: {rules['all_bad']}; votes set aside: {rules['set_aside']}. Interval "
        f"{rules['interval']} at {_percent(rules['level'])}, clustered by people and prompts. "
        f"Results by {', '.join(analysis['by']) or 'nothing else'}, p-values corrected by "
        f"{rules['correction']} within each; anything else is exploratory.",
        *([record["notes"]] if record.get("notes") else []),
    ]
    return "\n\n".join(lines) + "\n"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.4g}%"


def _points(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"
