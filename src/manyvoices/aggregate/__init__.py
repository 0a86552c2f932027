"""From many judgements to one order, with the uncertainty that many people bring.

In: battles and ballots. Out: frozen results (`Ratings`, `BootstrapRatings`, `Consensus`).
Stands on NumPy and SciPy alone, so that ``pip install manyvoices`` is enough to rank models or
count ballots. May import: schema (for its errors); of the rooms between, nothing.
"""
