"""Every read of the console, by topic. Each takes a number of queries that does not grow with rows.

`simulated` is a key of every count: simulated people never stand in the same number as people.
Nothing here reads a participant's drafts, resume key or external identifier.
"""
