"""What is kept to judge the quality of work on trees: signatures of texts, gold, repeated reviews.

The rules stand in `manyvoices.collect.trees.near_texts`, `.gold` and `.reliability`.
"""
