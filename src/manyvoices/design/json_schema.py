"""The JSON Schema of ``study.yaml``, so that editors complete keys and underline mistakes.

Generated from the pydantic models, so that it cannot say anything else than `load_study` does;
what needs more than one place (references, counts) only `load_study` sees.
"""

from __future__ import annotations

from typing import Any

from manyvoices.design.protocol import StudyFile
from manyvoices.design.stages import STAGE_KINDS

_STAGES = {
    "consent": "ConsentStage",
    "survey": "SurveyStage",
    "conversations": "ConversationsStage",
    "comparisons": "ComparisonsStage",
    "tree_tasks": "TreeTasksStage",
}


def study_json_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of a study as it is written, file names included."""
    schema = StudyFile.model_json_schema(by_alias=True)
    definitions = schema["$defs"]
    for name in _STAGES.values():
        stage = definitions[name]
        del stage["properties"]["kind"]
        stage["required"] = [key for key in stage.get("required", []) if key != "kind"]
    schema["properties"]["stages"]["items"] = {"oneOf": [_entry(kind) for kind in STAGE_KINDS]}
    _allow_files(schema)
    _allow_shorthands(definitions)
    _allow_lines(definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A manyvoices study",
        **{key: value for key, value in schema.items() if key != "title"},
    }


def _entry(kind: str) -> dict[str, Any]:
    """A stage as it is written: one key, which names its kind."""
    return {
        "type": "object",
        "properties": {kind: {"$ref": f"#/$defs/{_STAGES[kind]}"}},
        "required": [kind],
        "additionalProperties": False,
    }


def _allow_files(schema: dict[str, Any]) -> None:
    definitions = schema["$defs"]
    _or_yaml_file(schema["properties"], "models")
    _or_yaml_file(definitions["SurveyStage"]["properties"], "questions")
    feedback = definitions["Feedback"]["properties"]
    _or_yaml_file(feedback, "performance")
    _or_yaml_file(feedback, "choice")
    recruitment = definitions["Recruitment"]["properties"]
    table = {"type": "string", "pattern": r"\.csv$", "description": "A CSV file beside the study"}
    cells = recruitment["cells"]
    recruitment["cells"] = {"anyOf": [table, {k: v for k, v in cells.items() if k != "default"}]}
    text = {"type": "string", "description": "A .md file, or the question itself"}
    feedback["open"] = {"anyOf": [text, feedback["open"]]}
    definitions["ConsentStage"]["properties"]["text"]["description"] = "A .md file, or Markdown"


def _allow_lines(definitions: dict[str, Any]) -> None:
    """Prompt sets, outputs and batches come as files."""
    stage = definitions["ComparisonsStage"]["properties"]
    about = "A JSON Lines or YAML file beside the study"
    pattern = r"\.(jsonl|ya?ml)$"
    for properties, key in (
        (stage, "prompts"),
        (stage, "outputs"),
        (definitions["Assignment"]["properties"], "batch"),
        (definitions["OpeningAssignment"]["properties"], "batch"),
    ):
        inline = dict(properties[key])
        default = {"default": inline.pop("default")} if "default" in inline else {}
        file = {"type": "string", "pattern": pattern, "description": about}
        properties[key] = {"anyOf": [file, inline], **default}


def _or_yaml_file(properties: dict[str, Any], key: str) -> None:
    file = {"type": "string", "pattern": r"\.ya?ml$", "description": "A YAML file beside the study"}
    inline = dict(properties[key])
    default = {"default": inline.pop("default")} if "default" in inline else {}
    properties[key] = {"anyOf": [file, inline], **default}


def _allow_shorthands(definitions: dict[str, Any]) -> None:
    """A number for a conversation type's rule, a text for an option."""
    types = definitions["ConversationsStage"]["properties"]["types"]
    count = {"type": "integer", "minimum": 1, "maximum": 100}
    types["additionalProperties"] = {"anyOf": [count, types["additionalProperties"]]}
    written = {"options": ("Single", "Multiple", "Matrix", "Ranking"), "points": ("Likert",)}
    for key, kind in ((key, kind) for key, kinds in written.items() for kind in kinds):
        options = definitions[kind]["properties"][key]
        options["items"] = {"anyOf": [{"type": "string"}, options["items"]]}
