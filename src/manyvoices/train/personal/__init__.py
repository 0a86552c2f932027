"""Reward models that know whose preferences they are, on frozen features.

In: rankings with their raters, features of the replies, and what the raters said of themselves.
Out: a pooled head and a personal one beside it, where people disagree, and rewards that are fair to
groups. NumPy and SciPy alone, but for features that a decoder gives. Imports nothing when imported.

From the bottom up: ``choices`` (what people said) -> ``laplace`` (the likelihood) -> ``fitting`` ->
``choosing`` (penalties and directions) -> ``lowrank`` (a head put to use) -> ``evaluate``,
``disagreement``, ``fairness`` -> ``training`` (a whole run).
"""
