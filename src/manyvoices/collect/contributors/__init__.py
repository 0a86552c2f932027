"""What a contributor of trees has chosen and shown: their data languages, their quizzes.

In: forms of the pages in `manyvoices.collect.trees`. Out: which tasks they are offered.
"""
