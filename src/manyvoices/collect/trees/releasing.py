"""The trees in a release: ``oasst/`` as published, and whole trees in ``native/trees.jsonl``."""

from __future__ import annotations

from pathlib import Path

from manyvoices.collect.people.consents import Allowed
from manyvoices.collect.records import People
from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.exporting import Exported, export_trees
from manyvoices.collect.trees.models import Tree
from manyvoices.collect.trees.records import Outlet
from manyvoices.collect.trees.selection import Selection
from manyvoices.curate.privacy import Pseudonyms

EVERYTHING = Selection(states=(), deleted="with", rejected="with", undecided="with")
"""Native files hold every tree and message that may leave, whatever became of it."""


def has_trees(study: Study) -> bool:
    """Whether a study grew any."""
    return Tree.objects.filter(study=study).exists()


def release_trees(
    study: Study, folder: Path, people: People, allowed: Allowed, names: Pseudonyms, dates: str
) -> Exported:
    """Write a release's trees; names and clocks are those of its other files.

    ``native/trees.jsonl`` holds every tree in every state; ``oasst/`` those that are ready, with
    what was accepted in them.
    """
    everything = Outlet(study, people, allowed, EVERYTHING, names, dates)
    ready = Outlet(study, people, allowed, Selection(), names, dates)
    done = export_trees(everything, folder / "native", ("native",))
    (folder / "native" / "native.jsonl").rename(folder / "native" / "trees.jsonl")
    published = export_trees(ready, folder / "oasst", ("trees", "messages", "threads"))
    done.files = {"native/trees": done.n_trees}
    done.files |= {f"oasst/{name.partition('.')[0]}": n for name, n in published.files.items()}
    return done
