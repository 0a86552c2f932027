"""Each defect that was found in Open-Assistant has a test that names it.

The numbers are those of the facts, sections 3.4 (reproduced on the running reference, in its order)
and 2.3 (weak points of export and import, in their order).
"""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[2]
NAMED = re.compile(r"Defects? (\d\.\d-\d(?: and \d\.\d-\d)*)")
DEFECTS = {
    "3.4-1": "the stalled tree",
    "3.4-2": "stuck in RANKING",
    "3.4-3": "not_rankable ignored",
    "3.4-4": "over-assignment",
    "3.4-5": "the lottery's winner invisible",
    "3.4-6": "anonymised ids inconsistent",
    "2.3-1": "an anonymiser without a key",
    "2.3-2": "three ids for one tree",
    "2.3-3": "means alone, reports averaged in",
    "2.3-4": "orphans in silence, one statement for each tree",
    "2.3-5": "an import that drops ranks, labels, depth and events",
}


def test_every_defect_of_the_reference_is_named_by_a_test_and_no_other_is() -> None:
    texts = "".join(path.read_text("utf-8") for path in sorted(TESTS.rglob("test_*.py")))
    named = {number for found in NAMED.findall(texts) for number in found.split(" and ")}
    assert named == set(DEFECTS)
