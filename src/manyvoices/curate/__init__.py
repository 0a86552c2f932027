"""From what was collected to what may be published: flags, checks, subsets, documents.

In: records of a release. Out: the same with metadata, and the documents beside it.
May import: llm, design, io, schema. Never Django, torch or a provider's SDK.
"""
