"""Accounts of contributors: signing in, which records are whose, keys for programs, rate limits.

In: forms of the account's pages, requests that carry a key. Out: Django's users, linked to at most
one participant in each study. A study can be taken part in without any of it.
"""
