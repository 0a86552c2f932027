"""``manyvoices evaluate refusals``: what models refuse, rightly and wrongly, and who says so.

In: prompts that should be answered and prompts that should not, with replies or models to ask. Out:
refusal on unsafe and over-refusal on safe prompts, by type and in pairs of models, with intervals;
how far rules, a judging model and people agree. Three ways of judging: `rules`, `judge`, `people`.
"""

from manyvoices.evaluate.refusals.config import RefusalsConfig as Config
from manyvoices.evaluate.refusals.run import lines, run

__all__ = ["Config", "lines", "run"]
