"""Tasks for other harnesses: lm-evaluation-harness and Inspect, from what we evaluate with.

In: an instrument, a refusal set, prompts, a release's pairs. Out: folders that stand alone: data as
JSON lines, task files, and the very code with which we score (`carried`), copied as it is. Nothing
here imports either harness.
"""

from manyvoices.evaluate.export.config import ExportConfig as Config
from manyvoices.evaluate.export.running import lines, run

__all__ = ["Config", "lines", "run"]
