"""A preference study against a baseline: planned, simulated, analysed, and a judging model held
against people.

In: `schema.Comparison` records of a release, or battles files. Out: plain results, and files.
`simulating` makes studies whose truth is known; `planning` sizes one; ``run`` (of `preference` and
`plan`) is what ``manyvoices evaluate`` calls.
"""
