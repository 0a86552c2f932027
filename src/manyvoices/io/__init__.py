"""Readers and writers: the native format, PRISM, OASST, arena battles; manifests with hashes.

In: paths (``.gz`` too). Out: streams of `manyvoices.schema` records, or files. Faults of a file are
reported together as ``file:line: path: found, expected``. May import: schema.
"""
