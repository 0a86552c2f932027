"""Load a study: read ``study.yaml`` and the files that it names, and report every fault at once.

Three steps. `sources` turns each file into data with line numbers. The files that a study names
are put in the places where they are named, so that one validation sees everything. Pydantic
(form) and `checks` (sense) then say what is wrong, and each finding is led back to its file and
line.
"""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from manyvoices.design.checks import Finding, check_study
from manyvoices.design.protocol import Study, StudyFile
from manyvoices.design.sources import ReadText, read_from_folder
from manyvoices.design.study_assembling import read_whole
from manyvoices.design.study_files import StudyFiles
from manyvoices.design.translations import check_translations
from manyvoices.design.wording import put_in_words, repeats_others
from manyvoices.schema.errors import StudyError


def load_study(path: str | Path) -> Study:
    """Load a study from its ``study.yaml`` (or from the folder that holds one).

    Raises `StudyError` with every fault found, each with its file and line, and OSError where
    `path` itself cannot be read.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "study.yaml"
    if not path.exists():
        expected = "found nothing, expected a study.yaml or its folder; manyvoices init makes one"
        raise FileNotFoundError(errno.ENOENT, expected, str(path))
    return _load(path.name, read_from_folder(path.parent), path.parent)


def read_study(files: Mapping[str, str], name: str | None = None) -> Study:
    """Load a study from texts (``Study.source_files``) instead of a folder; same faults.

    `name` says which text is the study; by default the first.
    """

    def read(wanted: str) -> str:
        if wanted not in files:
            raise FileNotFoundError(wanted)
        return files[wanted]

    return _load(name if name is not None else next(iter(files)), read, Path())


def _load(name: str, read: ReadText, folder: Path) -> Study:
    files = StudyFiles(read=read, folder=folder)
    data = read_whole(files, name)
    written: StudyFile | None = None
    if isinstance(data, dict):
        written = _validated(files, data)
        for finding in check_study(data):
            files.add(finding)
        if written is not None:
            for finding in check_translations(written):
                files.add(finding)
    if files.faults or written is None:
        raise StudyError(files.sorted_faults())
    fields = {key: getattr(written, key) for key in StudyFile.model_fields}
    digest = hashlib.sha256(_canonical(data).encode()).hexdigest()
    return Study.model_construct(**fields, digest=digest, source_files=files.texts)


def _validated(files: StudyFiles, data: dict[str, Any]) -> StudyFile | None:
    try:
        return StudyFile.model_validate(data)
    except ValidationError as error:
        for detail in error.errors():
            finding = Finding(*put_in_words(detail, StudyFile))
            if not repeats_others(detail) and not files.is_broken(finding.loc):
                files.add(finding)
        return None


def _canonical(data: Any) -> str:
    return json.dumps(data, sort_keys=True, ensure_ascii=False, default=str)
