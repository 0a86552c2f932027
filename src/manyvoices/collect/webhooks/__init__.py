"""Telling other programs what happens in a study: signed requests to addresses of its owners.

In: what other rooms say happened (`trees.happenings`, rows of theirs that are stored). Out: a row
for each event and address, stored in the transaction of the event itself, and a job by which the
runner sends it. Nothing here holds a text: what a request says beyond ids is read when it is sent.
"""
