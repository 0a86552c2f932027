"""Models as a study sees them: the `Responder` port, its providers, and scripted personas.

In: a chat request. Out: a reply with its evidence (latency, finish reason, tokens), or a
`ResponderError` that names the kind of failure. May import: design, io, schema.
"""
