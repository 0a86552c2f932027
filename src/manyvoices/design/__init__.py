"""What a study is and the rules by which it runs, as pure functions of facts.

In: ``study.yaml`` and its texts; facts about a participant or conversation; a seeded generator.
Out: frozen specifications and decisions (draw, lock, continue, finish). No clock, no database, no
network: time and randomness are passed in. May import: io, schema.
"""
