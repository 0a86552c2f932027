"""How does the choice of whom to ask decide everybody's welfare?

In: a release or a table of ratings, and a plan (populations, sampling schemes) as data.
Out: `WelfareResult`. Source: PRISM (arXiv 2404.16019), section 3.3 and appendix U.
"""

from manyvoices.analyse.welfare.experiment import people_of, run_experiment, study_welfare
from manyvoices.analyse.welfare.plan import (
    Population,
    Region,
    Scheme,
    WelfarePlan,
    load_plan,
    plan_for,
)
from manyvoices.analyse.welfare.rated import ratings_welfare
from manyvoices.analyse.welfare.result import WelfareResult
from manyvoices.analyse.welfare.tables import WelfareTable, table_of_ratings, welfare_tables

__all__ = [
    "Population",
    "Region",
    "Scheme",
    "WelfarePlan",
    "WelfareResult",
    "WelfareTable",
    "load_plan",
    "people_of",
    "plan_for",
    "ratings_welfare",
    "run_experiment",
    "study_welfare",
    "table_of_ratings",
    "welfare_tables",
]
