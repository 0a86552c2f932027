"""Readers and writers: the native format, PRISM, OASST, arenas, TRL, HH, ratings; manifests.

In: paths (``.gz`` too). Out: streams of `manyvoices.schema` records, or files. Faults of a file are
reported together as ``file:line: path: found, expected``. May import: schema.
"""

from __future__ import annotations

from manyvoices.io.arena import read_battles, write_battles
from manyvoices.io.converting_files import Conversion, convert
from manyvoices.io.faults import MAX_FAULTS, FaultGroup, FaultLog
from manyvoices.io.formats import FORMATS, detect_format
from manyvoices.io.hh import read_hh, write_hh
from manyvoices.io.manifest import read_manifest, verify_manifest, write_manifest
from manyvoices.io.native import (
    NativeRelease,
    NativeWriter,
    read_native,
    write_native,
    write_study_files,
)
from manyvoices.io.native_comparisons import read_comparisons, write_comparisons
from manyvoices.io.native_trees import read_grown, write_grown
from manyvoices.io.oasst import read_messages, read_trees, write_messages, write_trees
from manyvoices.io.oasst_flat import read_flat, write_flat
from manyvoices.io.oasst_threads import read_threads, write_threads
from manyvoices.io.prism import (
    PrismRelease,
    read_prism,
    read_prism_conversations,
    write_prism_conversations,
)
from manyvoices.io.prism_export import PrismRecords, PrismWritten, prism_records, write_prism
from manyvoices.io.prism_wide import read_wide, write_wide
from manyvoices.io.rated import read_rated, write_rated
from manyvoices.io.rated_columns import RatedColumns
from manyvoices.io.trl import (
    read_dialogues,
    read_labelled,
    read_pairs,
    write_dialogues,
    write_labelled,
    write_pairs,
)
from manyvoices.io.validation import ValidationReport, validate

__all__ = [
    "FORMATS",
    "MAX_FAULTS",
    "Conversion",
    "FaultGroup",
    "FaultLog",
    "NativeRelease",
    "NativeWriter",
    "PrismRecords",
    "PrismRelease",
    "PrismWritten",
    "RatedColumns",
    "ValidationReport",
    "convert",
    "detect_format",
    "prism_records",
    "read_battles",
    "read_comparisons",
    "read_dialogues",
    "read_flat",
    "read_grown",
    "read_hh",
    "read_labelled",
    "read_manifest",
    "read_messages",
    "read_native",
    "read_pairs",
    "read_prism",
    "read_prism_conversations",
    "read_rated",
    "read_threads",
    "read_trees",
    "read_wide",
    "validate",
    "verify_manifest",
    "write_battles",
    "write_comparisons",
    "write_dialogues",
    "write_flat",
    "write_grown",
    "write_hh",
    "write_labelled",
    "write_manifest",
    "write_messages",
    "write_native",
    "write_pairs",
    "write_prism",
    "write_prism_conversations",
    "write_rated",
    "write_study_files",
    "write_threads",
    "write_trees",
    "write_wide",
]
