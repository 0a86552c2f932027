"""What a model is worth, and to whom: preference studies, reward accuracy, toxicity, stances.

In: outputs, ratings or checkpoints. Out: estimates with intervals. May import: analyse and below.
The evaluations arrive with the evaluation issue.
"""
