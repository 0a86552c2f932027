"""The model card: ``README.md`` beside the weights, with the front matter that the hub reads.

Everything in it is read from the run: its configuration, ``data.json`` (what was read, what was
left out, what people consented to) and its metrics. What the run does not know, the card says it
does not know; it makes no claim of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from manyvoices.train.config import RunConfig, as_plain
from manyvoices.train.errors import CheckpointFailed
from manyvoices.train.kinds import Kind
from manyvoices.train.plan import model_name
from manyvoices.train.results import RunResult

DATA = "data.json"
NAME = "README.md"
UNKNOWN = "not stated"


def write_card(kind: Kind, config: RunConfig, result: RunResult) -> Path:
    """Write the card into the model's folder (or the run's, where there is no model); its path.

    Raises:
        CheckpointFailed: It could not be written.
    """
    path = (result.model or result.out) / NAME
    text = model_card(kind, config, result, _data(config.out))
    try:
        path.unlink(missing_ok=True)  # the file may be shared with a checkpoint
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CheckpointFailed(str(path), error, None) from error
    return path


def _data(out: Path) -> Mapping[str, Any]:
    path = out / DATA
    if not path.exists():
        return {}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def model_card(kind: Kind, config: RunConfig, result: RunResult, data: Mapping[str, Any]) -> str:
    """The card as Markdown.

    Args:
        data: What `Manifest.as_json` gives; empty where a run keeps none.
    """
    front = yaml.safe_dump(_front(kind, config, data), sort_keys=False, allow_unicode=True)
    parts = [
        f"---\n{front}---",
        f"# {kind.title[0].upper()}{kind.title[1:]}",
        f"Made by `manyvoices train {kind.name}` from {model_name(config)}.",
        _data_part(config, data),
        _metrics_part(config, result.metrics),
        _limits_part(config, data),
        _config_part(config),
    ]
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def _front(kind: Kind, config: RunConfig, data: Mapping[str, Any]) -> dict[str, Any]:
    languages = [name for name in data.get("languages", {}) if name != UNKNOWN]
    # Personal heads are arrays of ours; all others are folders that transformers loads.
    library = "manyvoices" if kind.name == "personal" else "transformers"
    front: dict[str, Any] = {"library_name": library, "pipeline_tag": kind.task}
    if languages:
        front["language"] = sorted({name.split("-")[0] for name in languages})
    if config.model.hub is not None:
        front["base_model"] = config.model.hub
    front["tags"] = ["manyvoices", kind.name]
    return front


def _data_part(config: RunConfig, data: Mapping[str, Any]) -> str:
    if not data:
        return "## Data\n\nThis run kept no account of its data."
    lines = ["## Data", "", f"Hash of what was read and how: `{data['data_hash']}`", ""]
    rows = [_source_row(source) for source in data["sources"]]
    lines += _table(("file or release", "form", "release", "consent to", "licence", "trees"), rows)
    lines += ["", "What was read, both sides together:", ""]
    lines += _table(("", "number"), [(k.replace("_", " "), f"{n:,}") for k, n in _kept(data)])
    languages = data.get("languages") or {}
    if languages:
        shown = ", ".join(f"{name} {n:,}" for name, n in languages.items())
        lines += ["", f"Languages (trees): {shown}."]
    lines += ["", _split_line(config), "", *_dropped(data)]
    return "\n".join(lines)


def _kept(data: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    yield from data.get("kept", {}).items()


def _source_row(source: Mapping[str, Any]) -> tuple[str, ...]:
    release = source.get("release") or {}
    named = " ".join(str(release[k]) for k in ("release_id", "version") if release.get(k))
    licences = release.get("licences") or {}
    licence = ", ".join(f"{k}: {v}" for k, v in licences.items() if v)
    return (
        f"`{Path(source['path']).name}` (sha256 `{source['sha256'][:16]}…`)",
        source["format"],
        named or UNKNOWN,
        source["consent"],
        licence or UNKNOWN,
        f"{source['n_trees']:,}",
    )


def _split_line(config: RunConfig) -> str:
    split = config.data.split
    if split.share == 0:
        return "Nothing was held out."
    unit = "trees (by opening message)" if split.by == "tree" else "people who rated"
    return f"Held out: {split.share:.0%} of the {unit}, chosen by their text and seed {split.seed}."


def _dropped(data: Mapping[str, Any]) -> list[str]:
    dropped = data.get("dropped") or {}
    if not dropped:
        return ["Nothing was left out when reading."]
    return ["Left out when reading:", "", *(f"- {n:,} {why}" for why, n in dropped.items())]


def _metrics_part(config: RunConfig, metrics: Mapping[str, object]) -> str:
    """Training as a sentence, evaluation as a table; of two measures the one with an interval."""
    lines = ["## Metrics", "", _training_line(metrics)]
    rows = list(evaluated(metrics))
    if not rows:
        return "\n".join([*lines, "", "Nothing was evaluated."])
    if any(row[2] for row in rows):
        lines += ["", _interval_line(config)]
    return "\n".join([*lines, "", *_table(("held out", "value", "interval", "n"), rows)])


def _training_line(metrics: Mapping[str, Any]) -> str:
    said = [f"{n} {_number(metrics[n])}" for n in ("loss", "lr") if _is_number(metrics.get(n))]
    steps = metrics.get("step")
    after = f"after {steps:,} updates" if isinstance(steps, int) else "at the end of training"
    return f"Last of training, {after}: {', '.join(said)}." if said else f"Measured {after}."


def _interval_line(config: RunConfig) -> str:
    evaluation: Any = getattr(config, "evaluation", None)
    level, cluster = (getattr(evaluation, n, None) for n in ("level", "cluster"))
    if level is None:
        return "Intervals are those of the run's own evaluation."
    drawn = f", whole {cluster}s drawn again with replacement" if cluster else ""
    return f"Intervals: bootstrap, {level:.0%}{drawn}."


def evaluated(metrics: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """(measure, value, interval, n) of everything that evaluation measured, each once."""
    whole = {name for name, value in metrics.items() if isinstance(value, Mapping)}
    quick = {
        name.removeprefix("eval_"): value
        for name, value in metrics.items()
        if name.startswith("eval_") and name.removeprefix("eval_") not in metrics
    }
    yield from _rows(quick)
    yield from _rows({name: metrics[name] for name in metrics if name in whole})


def _rows(metrics: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str, str, str]]:
    for name, value in metrics.items():
        full = f"{above}{name}"
        if isinstance(value, Mapping) and "value" in value:
            low, high = value.get("low"), value.get("high")
            interval = f"{_number(low)} to {_number(high)}" if _is_number(low) else ""
            n = value.get("n")
            yield full, _number(value["value"]), interval, f"{n:,.0f}" if _is_number(n) else ""
        elif isinstance(value, Mapping):
            yield from _rows(value, f"{full}: ")
        elif _is_number(value):
            yield full, _number(value), "", ""


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == value


def _number(value: Any) -> str:
    if not _is_number(value):
        return "not measured"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def _limits_part(config: RunConfig, data: Mapping[str, Any]) -> str:
    limits = list(_limits(config, data))
    return "\n".join(["## Limitations", "", *(f"- {limit}" for limit in limits)])


def _limits(config: RunConfig, data: Mapping[str, Any]) -> Iterator[str]:
    """What follows from the facts of this run, one sentence each."""
    if config.model.tiny is not None:
        yield "It started from random weights: it is for tests and rehearsals, not for use."
    filters = config.data.filters
    if filters.allow_simulated:
        yield (
            "Rows that bots wrote in a rehearsal were allowed in the data "
            "(`data.filters.allow_simulated`): where there are any, their preferences are nobody's."
        )
    else:
        yield "Rows marked as simulated were not trained on."
    kept = data.get("kept", {})
    if data and not kept.get("raters"):
        yield "The data do not say who judged: whose preferences these are is not known."
    elif data:
        yield f"The preferences are those of {kept['raters']:,} people, and of nobody else."
    if any(source["consent"] == UNKNOWN for source in data.get("sources", ())):
        yield "Some of the data do not state what the people in them consented to."
    if config.data.split.share == 0:
        yield "Nothing was held out, so that no number here says how it does on other data."
    else:
        yield "What was measured was measured on held-out parts of the same data, and nowhere else."
    yield "This run did not measure whether its output is true, safe, or fair to any group."


def _config_part(config: RunConfig) -> str:
    text = yaml.safe_dump(as_plain(config), sort_keys=False, allow_unicode=True)
    return f"## Configuration\n\n```yaml\n{text}```"


def _table(head: tuple[str, ...], rows: list[Any]) -> list[str]:
    def line(cells: Any) -> str:
        return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"

    return [line(head), line("---" for _ in head), *(line(row) for row in rows)]
