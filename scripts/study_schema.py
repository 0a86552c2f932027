"""Write docs/study.schema.json, by which editors complete and check a study.yaml.

A test in tests/design holds the file against the code.
"""

from __future__ import annotations

import json
from pathlib import Path

from manyvoices.design.json_schema import study_json_schema

TARGET = Path(__file__).resolve().parents[1] / "docs" / "study.schema.json"

if __name__ == "__main__":
    text = json.dumps(study_json_schema(), indent=2, ensure_ascii=False) + "\n"
    TARGET.write_text(text, encoding="utf-8")
