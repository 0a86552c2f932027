"""One queue of what needs a person's decision, with context, reason and undo.

Arrives with the issue on conversation trees.
"""
