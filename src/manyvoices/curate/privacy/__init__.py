"""What is taken out of native records before they are published: ids, dates, rare combinations.

In: streams of `manyvoices.schema` records and settings. Out: the same records changed, and a report
of what was changed. Pure: the key and the settings are passed in. May import: io, schema.
"""

from __future__ import annotations
