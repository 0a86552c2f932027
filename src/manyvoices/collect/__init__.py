"""The Django project that meets people: consent, surveys, conversations, and the researcher's view.

In: a study and a database URL. Out: rows, and a release through `manyvoices.io`. Rules are not
decided here: views load facts, call `manyvoices.design`, save in one transaction. Never imports
train, evaluate or analyse.
"""
