"""A survey of a study from or to SurveyJS's JSON: the conversion of `convert` that is no data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from manyvoices.cli.common import console, print_json
from manyvoices.design.questions import Page
from manyvoices.design.surveyjs import Converted, from_surveyjs, to_surveyjs
from manyvoices.io.writing import write_text
from manyvoices.schema.errors import Fault, StudyError

FORMS = ("surveyjs", "survey")


def convert_survey(source: Path, target: Path, from_: str, to: str, *, as_json: bool) -> None:
    """Write the survey `source`, which is in the form `from_`, to `target` in the form `to`."""
    if {from_, to} != set(FORMS):
        raise _fault(
            source, f"--from {from_} --to {to}", "surveyjs to survey, or survey to surveyjs"
        )
    done = _read_surveyjs(source) if from_ == "surveyjs" else to_surveyjs(_read_survey(source))
    write_text(_written(done.survey, to), target)
    if as_json:
        rows = [row._asdict() for row in done.not_carried]
        print_json({"target": str(target), "not_carried": rows})
        return
    console.print(f"Wrote {target}.", markup=False, highlight=False)
    if done.not_carried:
        console.print("Not carried:", markup=False, highlight=False)
    for row in done.not_carried:
        console.print(f"  {row.where}: {row.what} ({row.why})", markup=False, highlight=False)


def _written(survey: dict[str, Any], form: str) -> str:
    if form == "surveyjs":
        return json.dumps(survey, indent=2, ensure_ascii=False) + "\n"
    return yaml.safe_dump(survey, allow_unicode=True, sort_keys=False, width=100)


def _read_surveyjs(path: Path) -> Converted:
    try:
        survey = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _fault(path, str(error), "a SurveyJS survey as JSON") from error
    if not isinstance(survey, dict) or not ("pages" in survey or "elements" in survey):
        raise _fault(path, "no pages and no elements", "a SurveyJS survey")
    return from_surveyjs(survey)


def _read_survey(path: Path) -> tuple[Page, ...]:
    try:
        survey = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise _fault(path, str(error), "a survey.yaml") from error
    if not isinstance(survey, dict) or "pages" not in survey:
        raise _fault(path, "no pages", "a survey.yaml")
    faults = []
    pages = []
    for number, page in enumerate(survey["pages"]):
        try:
            pages.append(Page.model_validate(_frozen(page)))
        except ValueError as error:
            faults.append(Fault(str(path), None, f"pages[{number}]", str(error), "a sound page"))
    if faults:
        raise StudyError(faults)
    return tuple(pages)


def _frozen(value: Any) -> Any:
    """Lists as tuples, as the loader of studies has them."""
    if isinstance(value, dict):
        return {key: _frozen(part) for key, part in value.items()}
    return tuple(_frozen(part) for part in value) if isinstance(value, list) else value


def _fault(path: Path, found: str, expected: str) -> StudyError:
    return StudyError([Fault(str(path), None, "", found, expected)])
