"""The words of the house as records: people, conversations, trees, battles, ballots, releases.

In: decoded JSON. Out: frozen, typed, versioned msgspec structs and the errors every room raises.
May import: nothing of manyvoices; msgspec only.
"""
