"""Crowd-written message trees: tasks with leases, labels, rankings, consensus.

In: requests of contributors and of programs, the sweeper's clock. Out: rows, and decisions made by
`manyvoices.design.trees`. Reads in `queries` and `handout`, writes in `operations` and `sweeping`.
"""
