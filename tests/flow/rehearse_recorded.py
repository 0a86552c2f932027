"""``manyvoices rehearse`` in a process of its own that also notes what its bots filled in.

python rehearse_recorded.py STUDY.yaml DATABASE_URL PARTICIPANTS SEED OUT.json
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

from manyvoices.collect.rehearsal import rehearse, visiting


def main(study: str, db: str, participants: str, seed: str, out: str) -> None:
    """Rehearse, and write the outcome and what each bot sent last from each page."""
    sent: dict[int, dict[str, list[tuple[str, str]]]] = defaultdict(dict)
    fill = visiting.fill

    def noted(form: Any, page: Any, path: str, memory: Any, **options: Any) -> Any:
        filled = fill(form, page, path, memory, **options)
        sent[memory.bot.number][path] = filled
        return filled

    visiting.fill = noted
    outcome = rehearse(Path(study), participants=int(participants), seed=int(seed), db=db)
    Path(out).write_text(json.dumps({"outcome": asdict(outcome), "sent": sent}))


if __name__ == "__main__":
    main(*sys.argv[1:])
