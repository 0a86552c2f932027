"""The comparisons stage of preference studies: blind pairs of stored or live answers.

Arrives with the evaluation issue.
"""
