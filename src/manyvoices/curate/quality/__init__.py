"""Quality checks of people and of a whole study, as pure functions over records.

They are PRISM's (``run_worker_checks.py``, ``run_study_checks.py``), each with its reason in words,
and put right where they could not work:

- *Too fast* was "below the mean less three standard deviations", which is below zero as soon as the
  spread exceeds a third of the mean, so it never fired. Here times are compared on their logarithm
  with the median and the median absolute deviation.
- *Untouched sliders* were counted as values of exactly 50 in columns that did not exist, so the
  count was always 0. Here untouched is null, and null is counted.
- *A phone* was a reason to ask for a return. Sliders work by touch here, so it is none.
- *Pilot quotas* were compared with ``Series is True``, always false. Quotas are counted here.

Nothing is rejected by machine: a person's signals lead to a suggestion with its reasons.

In: records of people, a study. Out: signals, suggestions. May import: schema, io, design, curate.
"""

from __future__ import annotations

from manyvoices.curate.quality.people import check_people, is_approved, suggest, text_length
from manyvoices.curate.quality.records import (
    PersonQuality,
    PersonRecords,
    Severity,
    Signal,
    Submission,
    Suggestion,
    Talk,
    talk_of,
)
from manyvoices.curate.quality.usual import LEAST_TO_COMPARE, least_usual

__all__ = [
    "LEAST_TO_COMPARE",
    "PersonQuality",
    "PersonRecords",
    "Severity",
    "Signal",
    "Submission",
    "Suggestion",
    "Talk",
    "check_people",
    "is_approved",
    "least_usual",
    "suggest",
    "talk_of",
    "text_length",
]
