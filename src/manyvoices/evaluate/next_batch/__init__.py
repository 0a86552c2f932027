"""What to ask next: from what a study has found to the ``next_batch.jsonl`` that it takes up.

In: a release (comparisons, openings), a file of comparisons or of battles; what other evaluations
found, where given. Out: `design.comparisons.batch.Ask` lines with a reason and its evidence,
README.md in sentences, results.json. The reasons are modules: `uncertainty`, `disagreement` (with
`doubts` of other evaluations), `coverage`, `failures`, `exploring`; `sharing` divides the budget.
"""

from __future__ import annotations

from manyvoices.evaluate.next_batch.config import NextConfig
from manyvoices.evaluate.next_batch.running import NextResult, lines, run

Config = NextConfig

__all__ = ["Config", "NextConfig", "NextResult", "lines", "run"]
