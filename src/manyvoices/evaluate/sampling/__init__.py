"""``manyvoices evaluate sampling``: prompts x ways of sampling x models, in OASST's form.

In: prompts and models to ask, or reports that are there. Out: one report per model, statistics
with intervals over prompts, and the files of a study that lets people compare the outputs.
"""

from __future__ import annotations

from manyvoices.evaluate.sampling.config import SamplingConfig
from manyvoices.evaluate.sampling.reading import read_report
from manyvoices.evaluate.sampling.records import SamplingReport
from manyvoices.evaluate.sampling.running import SamplingOutcome, lines, run

Config = SamplingConfig

__all__ = [
    "Config",
    "SamplingConfig",
    "SamplingOutcome",
    "SamplingReport",
    "lines",
    "read_report",
    "run",
]
