"""Crowd-written message trees: tasks, leases, labels, rankings.

Arrives with the issue on conversation trees; ``manyvoices.schema`` and ``manyvoices.io`` already
read and write its records.
"""
