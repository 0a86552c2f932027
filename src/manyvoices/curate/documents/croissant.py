"""Croissant metadata (mlcommons.org/croissant/1.0): files with hashes, and their fields by type, so
that tools open the release without a script of ours.

Croissant 1.0 has no type for a mapping with free keys, and `mlcroissant` cannot hand one over: a
nested column is declared key by key, and what is nested deeper is named as only in the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from manyvoices.curate.documents.about import Context
from manyvoices.curate.documents.card import config_name, hub_licence
from manyvoices.curate.documents.codebook import data_files
from manyvoices.curate.documents.codebook_entries import Codebook, Entry
from manyvoices.curate.documents.prism_columns import OPENED
from manyvoices.io.manifest import sha256

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    **{
        name: f"cr:{name}"
        for name in (
            *("citeAs", "column", "extract", "field", "fileProperty", "fileObject", "fileSet"),
            *("format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField"),
            *(
                "equivalentProperty",
                "path",
                "recordSet",
                "references",
                "regex",
                "repeated",
                "replace",
                "samplingRate",
            ),
            *("separator", "source", "subField", "transform"),
        )
    },
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
}
_TYPES = {"int": "sc:Integer", "float": "sc:Float"}
_OPEN = ("dict", "nested dict", "any")
"""Types whose values are mappings; mlcroissant reads these only key by key."""
_LISTS = ("order", "tied", "models", "reasons", "quarantined")
"""Columns that are lists of texts."""
_NESTED = ("native/trees",)
"""Files whose records nest without end, which Croissant has no words for; the codebook has."""
_HISTORY = (
    *("turn", "role", "content", "model_provider", "model_name", "score", "if_chosen"),
    "within_turn_id",
)


def croissant(context: Context, codebook: Codebook, folder: Path) -> str:
    """The metadata as JSON-LD."""
    described = codebook.files()
    files = [
        (path, file)
        for form in ("native", "prism")
        for path in data_files(folder, form)
        if (file := path.relative_to(folder).as_posix()) in described
        and described[file][0].n
        and file.partition(".")[0] not in _NESTED
    ]
    about = context.about
    document = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": about.release_id or about.title or folder.resolve().name,
        "description": _description(context),
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "license": hub_licence(context)[0],
        "url": f"urn:manyvoices:release:{about.release_id or 'unnamed'}",
        "version": _version(context),
        "datePublished": f"{context.now:%Y-%m-%d}",
        "citeAs": "TO BE WRITTEN",
        "creator": {"@type": "sc:Organization", "name": "TO BE WRITTEN"},
        "distribution": [_file(path, file) for path, file in files],
        "recordSet": [_records(file, described[file]) for _, file in files],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _description(context: Context) -> str:
    study = context.study
    words = " ".join(study.description.split()) if study is not None else ""
    return " ".join(part for part in (context.about.title, words) if part) or "A release."


def _version(context: Context) -> str:
    """Croissant wants a version of three numbers: the day of the release."""
    return f"{context.now.year}.{context.now.month}.{context.now.day}"


def _file(path: Path, file: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": file,
        "name": file,
        "contentUrl": file,
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": "application/jsonlines",
        "sha256": sha256(path),
    }


def _records(file: str, entries: list[Entry]) -> dict[str, Any]:
    name = config_name(file)
    columns = [entry for entry in entries if _is_column(entry, file)]
    fields = {entry.variable: _field(name, file, entry, entries) for entry in columns}
    left_out = [variable for variable, field in fields.items() if field is None]
    also = f" Only in the file itself: {', '.join(left_out)}." if left_out else ""
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": f"Rows of {file}.{also}",
        "field": [field for field in fields.values() if field is not None],
    }


def _field(name: str, file: str, entry: Entry, entries: list[Entry]) -> dict[str, Any] | None:
    """A column as a field; a mapping or a list of records as a field of fields. None where
    Croissant has no words for it."""
    base = _base(f"{name}/{entry.variable}", entry.label)
    # An answer's value is text, number, list or mapping: key by key the most would be lost.
    inside = [] if entry.type == "any" else list(_inside(entry, entries))
    if inside:
        subfields = [_subfield(base["@id"], file, entry.variable, *one) for one in inside]
        repeated = {"repeated": True} if _is_list(entry) else {}
        return base | repeated | {"subField": subfields}
    if _is_list(entry):
        plain = entry.variable in _LISTS
        listed = base | {"repeated": True, "dataType": "sc:Text"} | _source(file, entry.variable)
        return listed if plain else None
    if entry.type in _OPEN:
        return None
    return base | {"dataType": _type(entry)} | _source(file, entry.variable)


def _inside(entry: Entry, entries: list[Entry]) -> Iterator[tuple[str, str, str]]:
    """(key, description, JSON path) of everything of a nested column that can be reached."""
    if entry.variable == "conversation_history":
        yield from ((key, "", f"$.{key}") for key in _HISTORY)
    elif entry.variable in OPENED:
        for other in entries:
            key = other.variable.removeprefix(f"{entry.variable}_")
            if key != other.variable:
                yield key, other.label, f"$.'{key}'"
    elif entry.variable in ("turns", "exchanges"):
        for other in entries:
            path = other.variable.removeprefix(f"{entry.variable}[].")
            if path != other.variable and "[" not in path and other.type not in (*_OPEN, "list"):
                yield path.replace(".", "_"), other.label, f"$.{path}"
    else:
        parts: Any = entry.distribution.get("parts", {})
        for key, part in parts.items():
            if "'" not in key and "parts" not in part:
                yield key, part.get("label", ""), f"$.'{key}'"


def _subfield(parent: str, file: str, column: str, key: str, label: str, path: str) -> Any:
    source = _source(file, column)
    source["source"]["transform"] = {"jsonPath": path}
    return _base(f"{parent}/{quote(key)}", label or key) | {"dataType": "sc:Text"} | source


def _base(name: str, description: str) -> dict[str, Any]:
    return {"@type": "cr:Field", "@id": name, "name": name, "description": description}


def _source(file: str, column: str) -> dict[str, Any]:
    return {"source": {"fileObject": {"@id": file}, "extract": {"column": column}}}


def _is_list(entry: Entry) -> bool:
    return entry.type == "list" or entry.variable == "conversation_history"


def _is_column(entry: Entry, file: str) -> bool:
    """Whether a variable is a column of its file, not a key or path in one."""
    opened = any(
        entry.variable.startswith(f"{name}_") and file.endswith("survey.jsonl") for name in OPENED
    )
    return not opened and "." not in entry.variable and "[" not in entry.variable


def _type(entry: Entry) -> str:
    """A column with missing values is text: pandas, which reads the file, has no null integer."""
    if entry.type == "datetime":
        return "sc:DateTime"
    if entry.n_missing:
        return "sc:Text"
    if entry.type == "binary" and set(entry.distribution) <= {"True", "False"}:
        return "sc:Boolean"
    return _TYPES.get(entry.type, "sc:Text")
