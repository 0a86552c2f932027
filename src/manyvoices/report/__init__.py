"""Results as tables, figures and one self-contained HTML file. Computes no statistics.

In: frozen results of analyse and aggregate. Out: HTML, SVG, PNG. May import: train, evaluate and
below; never collect.
"""

from __future__ import annotations

from manyvoices.report.page import Report, build_report
from manyvoices.report.provenance import Provenance, provenance

__all__ = ["Provenance", "Report", "build_report", "provenance"]
