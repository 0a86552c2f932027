"""Reading sampling reports: OASST's own, ours, anybody's; every fault of a file at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from manyvoices.evaluate.generating import OUTCOMES
from manyvoices.evaluate.sampling.records import SamplingReport
from manyvoices.schema.errors import DataError, Fault

MAX_FAULTS = 100
_MORE = ("outcomes", "languages", "finish_reasons", "failures")


def read_report(path: Path | str) -> SamplingReport:
    """One report of a file.

    Raises:
        DataError: With every fault (the first 100 listed), each by its place in the document.
        OSError: The file cannot be read.
    """
    path = Path(path)
    raw = path.read_bytes()
    try:
        document = msgspec.json.decode(raw)
    except msgspec.DecodeError as error:
        wanted = "one JSON document: model_name, date, args, prompts"
        raise DataError([Fault(str(path), _line(raw, error), "", str(error), wanted)]) from None
    faults = _Faults(str(path))
    _check(document, faults)
    faults.raise_if_any()
    return msgspec.convert(document, SamplingReport)


class _Faults:
    """Collects what is wrong with a document."""

    def __init__(self, file: str) -> None:
        self.file, self.found = file, list[Fault]()

    def add(self, where: str, value: Any, expected: str) -> None:
        self.found.append(Fault(self.file, None, where, _named(value), expected))

    def raise_if_any(self) -> None:
        if self.found:
            raise DataError(self.found[:MAX_FAULTS], n_more=max(0, len(self.found) - MAX_FAULTS))


def _check(document: Any, faults: _Faults) -> None:
    if not isinstance(document, dict):
        faults.add("", document, "an object with model_name, date, args and prompts")
        return
    _field(document, "model_name", "", faults, _is_text, "the model's name, a text")
    _field(document, "date", "", faults, _is_text, "the date of the run, a text")
    _field(document, "args", "", faults, _is_object, "an object")
    if "manyvoices" in document:
        _field(document, "manyvoices", "", faults, _is_object, "an object")
    wanted = "a list of at least one prompt"
    if _field(document, "prompts", "", faults, _is_filled, wanted):
        for i, one in enumerate(document["prompts"]):
            _prompt(one, f"prompts[{i}]", faults)


def _prompt(one: Any, where: str, faults: _Faults) -> None:
    if not isinstance(one, dict):
        faults.add(where, one, "an object with prompt and results")
        return
    _field(one, "prompt", where, faults, _is_text, "the prompt, a text")
    if "manyvoices" in one:
        _decoded(one["manyvoices"], f"{where}.manyvoices", faults)
    if not _field(one, "results", where, faults, _is_filled, "a list of at least one result"):
        return
    names: set[str] = set()
    for i, result in enumerate(one["results"]):
        _result(result, f"{where}.results[{i}]", names, faults)


def _result(one: Any, where: str, names: set[str], faults: _Faults) -> None:
    if not isinstance(one, dict):
        faults.add(where, one, "an object with sampling_config, sampling_params and outputs")
        return
    if _field(one, "sampling_config", where, faults, _is_text, "the sampling's name, a text"):
        if one["sampling_config"] in names:
            place = f"{where}.sampling_config"
            faults.add(place, one["sampling_config"], "each sampling once for a prompt")
        names.add(one["sampling_config"])
    _field(one, "sampling_params", where, faults, _is_object, "an object")
    if not _field(one, "outputs", where, faults, lambda v: isinstance(v, list), "a list of texts"):
        return
    for i, text in enumerate(one["outputs"]):
        if not isinstance(text, str):
            faults.add(f"{where}.outputs[{i}]", text, "a text; an empty one where there was none")
    if one.get("manyvoices") is not None:
        _more(one["manyvoices"], len(one["outputs"]), f"{where}.manyvoices", faults)


def _more(more: Any, n: int, where: str, faults: _Faults) -> None:
    if not isinstance(more, dict) or "outcomes" not in more:
        faults.add(where, more, "an object with outcomes")
        return
    for name in _MORE:
        column = more.get(name, [])
        if not isinstance(column, list) or (column and len(column) != n) or (
            name == "outcomes" and len(column) != n
        ):  # fmt: skip
            faults.add(f"{where}.{name}", column, f"a list of {n}, one for each output")
            continue
        for i, value in enumerate(column):
            if name == "outcomes" and value not in OUTCOMES:
                faults.add(f"{where}.{name}[{i}]", value, f"one of {', '.join(OUTCOMES)}")
            elif name != "outcomes" and not (value is None or isinstance(value, str)):
                faults.add(f"{where}.{name}[{i}]", value, "a text or null")


def _decoded(more: Any, where: str, faults: _Faults) -> None:
    from manyvoices.evaluate.sampling.records import PromptMore

    try:
        msgspec.convert(more, PromptMore)
    except msgspec.ValidationError as error:
        faults.add(where, str(error), "an object with id, and category, language, earlier")


def _field(
    record: Mapping[str, Any],
    name: str,
    where: str,
    faults: _Faults,
    fits: Callable[[Any], bool],
    expected: str,
) -> bool:
    place = f"{where}.{name}" if where else name
    if name not in record:
        faults.found.append(Fault(faults.file, None, place, "no such key", expected))
        return False
    if not fits(record[name]):
        faults.add(place, record[name], expected)
        return False
    return True


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_filled(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def _named(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 80 else f"{text[:76]}..."


def _line(raw: bytes, error: msgspec.DecodeError) -> int | None:
    """The line of a syntax error, from the byte that the decoder names."""
    words = str(error).rstrip(")").split()
    if words and words[-1].isdigit():
        return raw[: int(words[-1])].count(b"\n") + 1
    return None
