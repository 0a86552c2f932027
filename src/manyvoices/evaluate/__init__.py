"""What a model is worth, and to whom: preference studies, reward accuracy, toxicity, stances.

In: outputs, ratings or checkpoints. Out: estimates with intervals. May import: train and below, so
that a model is judged on the very data, splits and measures that it was trained with.
`reward` is ``manyvoices evaluate reward``; the other evaluations arrive with the evaluation issue.
"""
