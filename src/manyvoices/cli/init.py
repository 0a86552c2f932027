"""``manyvoices init``: a new study, copied from one that works."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from manyvoices.cli.common import console, verb
from manyvoices.design.json_schema import study_json_schema
from manyvoices.design.templates import template_names, template_path
from manyvoices.schema.errors import Fault, StudyError
from manyvoices.schema.wording import plural

SCHEMA_FILE = "study.schema.json"
MODELINE = f"# yaml-language-server: $schema={SCHEMA_FILE}\n"


@verb
def init(
    folder: Annotated[Path, typer.Argument(help="Folder of the new study; made if missing.")],
    template: Annotated[str, typer.Option(help="Study to begin from.")] = "demo",
) -> None:
    """Start a new study from a template."""
    written = write_template(template, folder)
    console.print(
        f"Wrote {plural(len(written), 'file')} to {folder}:", markup=False, highlight=False
    )
    for name in written:
        console.print(f"  {name}", markup=False, highlight=False)
    console.print(f"Next: manyvoices check {folder / 'study.yaml'}", markup=False, highlight=False)


def write_template(template: str, folder: Path) -> list[str]:
    """Copy a template and the editor's schema into `folder`; the names written.

    Raises `StudyError` where there is no such template or a file would be overwritten; then
    nothing is written.
    """
    if template not in template_names():
        raise _fault(folder, f"the template {template}", f"one of {', '.join(template_names())}")
    texts = {
        path.name: path.read_text(encoding="utf-8")
        for path in sorted(template_path(template).iterdir())
        if path.is_file()
    }
    texts["study.yaml"] = MODELINE + texts["study.yaml"]
    texts[SCHEMA_FILE] = json.dumps(study_json_schema(), indent=2, ensure_ascii=False) + "\n"
    if taken := [name for name in texts if (folder / name).exists()]:
        raise _fault(folder, ", ".join(taken), "a folder without these files")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return list(texts)


def _fault(folder: Path, found: str, expected: str) -> StudyError:
    return StudyError([Fault(str(folder), None, "", found, expected)])
