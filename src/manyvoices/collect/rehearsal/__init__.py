"""Bots that play a study through HTTP before people do, with preferences planted on purpose.

In: a study and a running server. Out: rows marked as simulated, and a record of what was planted,
so that the analysis can be seen to recover it.
"""
