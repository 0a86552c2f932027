"""A study in one piece: what each file says is put in the place where the study names the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from manyvoices.design.checks import Finding
from manyvoices.design.questions import found_text
from manyvoices.design.sources import Loc
from manyvoices.design.stages import STAGE_KINDS
from manyvoices.design.study_files import TEXT_FILE, StudyFiles, split_open
from manyvoices.design.wording import did_you_mean, one_of


def read_whole(files: StudyFiles, name: str) -> Any:
    """The file `name` with every file that it names read into its place; None where broken.

    What is wrong is noted in `files`.
    """
    data = files.parse(name, files.read_text(name, ()), ())
    if not isinstance(data, dict):
        if not files.faults:
            files.add(Finding((), found_text(data), "a mapping (manyvoices: 1, id: ...)"))
        return None
    if isinstance(stages := data.get("stages"), tuple):
        data["stages"] = tuple(_stage(files, s, ("stages", i)) for i, s in enumerate(stages))
    _include(data, "models", ("models",), files.yaml_named("models"))
    if isinstance(recruitment := data.get("recruitment"), dict):
        _include(recruitment, "cells", ("recruitment", "cells"), files.table)
    if isinstance(languages := data.get("translations"), dict):
        for language in languages:
            _translation(files, languages, language, ("translations", language))
    return data


def _stage(files: StudyFiles, entry: Any, loc: Loc) -> Any:
    """``{survey: {...}}`` as ``{kind: survey, ...}``, its files read; None where broken."""
    if not isinstance(entry, dict) or len(entry) != 1:
        found = found_text(entry) if not isinstance(entry, dict) else f"{len(entry)} keys"
        files.fail(Finding(loc, found, f"one key: {', '.join(STAGE_KINDS)}"))
        return None
    ((kind, body),) = entry.items()
    inner = (*loc, kind)
    if kind not in STAGE_KINDS:
        hint = did_you_mean(kind, STAGE_KINDS)
        files.fail(Finding(inner, f"a stage {kind}", one_of(STAGE_KINDS), hint), loc)
        return None
    if not isinstance(body, dict) or "kind" in body:
        found = found_text(body) if not isinstance(body, dict) else "the key kind"
        files.fail(Finding(inner, found, "a mapping (key: value)"), loc)
        return None
    _stage_files(files, kind, body, inner)
    return {"kind": kind, **body}


def _stage_files(files: StudyFiles, kind: str, body: dict[str, Any], loc: Loc) -> None:
    if kind == "consent":
        _include(body, "text", (*loc, "text"), files.text)
    elif kind == "survey":
        _include(body, "questions", (*loc, "questions"), files.yaml_named("pages"))
    elif kind == "tree_tasks":
        _include(body, "guidelines", (*loc, "guidelines"), files.text)
        _include(body, "quiz", (*loc, "quiz"), files.yaml_named("quiz"))
        _include(body, "own_labels", (*loc, "own_labels"), files.yaml_named("own_labels"))
    elif kind == "comparisons":
        _comparison_files(files, body, loc)
    else:
        _conversation_files(files, body, loc)


def _conversation_files(files: StudyFiles, body: dict[str, Any], loc: Loc) -> None:
    _batch(files, body, loc)
    if isinstance(feedback := body.get("feedback"), dict):
        for part in ("performance", "choice"):
            place = (*loc, "feedback", part)
            _include(feedback, part, place, files.yaml_named(part))
        _include(feedback, "open", (*loc, "feedback", "open"), files.open_question)


def _comparison_files(files: StudyFiles, body: dict[str, Any], loc: Loc) -> None:
    _include(body, "guidance", (*loc, "guidance"), files.text)
    _include(body, "prompts", (*loc, "prompts"), files.records("prompts"))
    _include(body, "outputs", (*loc, "outputs"), files.records("outputs"))
    _batch(files, body, loc)


def _batch(files: StudyFiles, body: dict[str, Any], loc: Loc) -> None:
    if isinstance(assignment := body.get("assignment"), dict):
        _include(assignment, "batch", (*loc, "assignment", "batch"), files.records("batch"))


def _include(parent: dict[str, Any], key: str, loc: Loc, read: Callable[[str, Loc], Any]) -> None:
    """Where `parent[key]` is a text, let `read` put what it stands for in its place."""
    if isinstance(name := parent.get(key), str):
        parent[key] = read(name, loc)


def _translation(files: StudyFiles, languages: dict[str, Any], language: str, loc: Loc) -> None:
    """One language's texts, the text files that they name read."""
    _include(languages, language, loc, files.yaml_named(language))
    words = languages[language]
    if not isinstance(words, dict) or loc in files.broken:
        return
    resolved: dict[Any, Any] = {}
    for key, value in words.items():
        there = (*loc, key)
        text = files.text(value, there) if isinstance(value, str) else value
        if not isinstance(key, str) or not TEXT_FILE.fullmatch(key):
            resolved[key] = text
        elif (source := files.read_text(key, there)) is not None and isinstance(text, str):
            resolved[source] = text
            for before, after in zip(split_open(source), split_open(text), strict=True):
                if before:
                    resolved.setdefault(before, after)
                    files.places[(*loc, before)] = files.places.get(there, (str(files.folder), 1))
    languages[language] = resolved
