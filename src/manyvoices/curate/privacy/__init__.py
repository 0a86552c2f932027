"""What is taken out of native records before they are published: ids, dates, rare combinations.

In: streams of `manyvoices.schema` records and settings. Out: the same records changed, and a report
of what was changed. Pure: the key and the settings are passed in. May import: io, schema.
"""

from __future__ import annotations

from manyvoices.curate.privacy.anonymity import Anonymity, Rules, measure
from manyvoices.curate.privacy.anonymity_report import (
    REPORT,
    anonymity_markdown,
    anonymity_settings,
)
from manyvoices.curate.privacy.coarsening import describe_rules, known_questions, read_coarsening
from manyvoices.curate.privacy.dates import COARSENESS, check_coarseness
from manyvoices.curate.privacy.pseudonyms import MODES, Pseudonyms, release_key
from manyvoices.curate.privacy.records import Privacy

__all__ = [
    "COARSENESS",
    "MODES",
    "REPORT",
    "Anonymity",
    "Privacy",
    "Pseudonyms",
    "Rules",
    "anonymity_markdown",
    "anonymity_settings",
    "check_coarseness",
    "describe_rules",
    "known_questions",
    "measure",
    "read_coarsening",
    "release_key",
]
