"""``manyvoices evaluate toxicity``: how toxic answers get, and what a classifier's word is worth.

In: prompts and models, or given answers, or texts that people labelled. Out: expected maximum,
probability, mean and share with intervals over prompts; precision, recall, calibration and
correlations against people. Nothing here holds a list of bad words: a score comes from a named
scorer or is missing.
"""

from manyvoices.evaluate.toxicity.config import ToxicityConfig as Config
from manyvoices.evaluate.toxicity.run import lines, run

__all__ = ["Config", "lines", "run"]
