"""Answers to research questions about a release, as frozen results without any drawing.

In: a release and the estimates of `manyvoices.aggregate`. Out: frozen dataclasses that `report`
renders. May import: aggregate, curate, llm, design, io, schema.
"""
