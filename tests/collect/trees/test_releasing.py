"""Trees in a release: under the same names as everything else in it, and only what may leave."""

from __future__ import annotations

import json
from pathlib import Path

from tests.collect.trees.growing import NOW, let_grow, people

from manyvoices.collect.people.models import Participant
from manyvoices.collect.release import write_release
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.io import read_trees
from manyvoices.io.manifest import verify_manifest
from manyvoices.io.oasst_flat import below
from manyvoices.io.validation import validate

KEY = b"k" * 32


def test_a_release_holds_trees_under_the_names_of_its_participants(
    orchard: StudyVersion, tmp_path: Path
) -> None:
    crowd = people(orchard, 8)
    let_grow(crowd, rounds=90)
    gone = crowd[0]
    Participant.objects.filter(pk=gone.pk).update(withdrawn_at=NOW)
    out = tmp_path / "release"
    release = write_release(
        study_id="orchard", out=out, formats=("native", "oasst"), pseudonyms="fresh", key=KEY,
        dates="month", now=NOW,
    )  # fmt: skip
    assert not verify_manifest(out)
    assert not validate(out).faults
    names = {
        json.loads(line)["participant_id"] for line in (out / "native/participants.jsonl").open()
    }
    assert len(names) == 7
    trees = list(read_trees(out / "oasst" / "trees.jsonl"))
    messages = [m for tree in trees for m, _ in below(tree.prompt)]
    assert messages
    assert {m.user_id for m in messages} <= names
    whole = [json.loads(line) for line in (out / "native" / "trees.jsonl").open()]
    reviewers = {r["participant_id"] for tree in whole for r in tree["reviews"]}
    assert reviewers
    assert reviewers <= names
    assert release.counts["native/trees"] == len(whole)
    assert release.counts["oasst/trees"] == len(trees)
    everything = "".join(p.read_text() for p in out.rglob("*") if p.is_file())
    assert str(gone.pk) not in everything


def test_the_same_release_again_has_the_same_bytes(orchard: StudyVersion, tmp_path: Path) -> None:
    let_grow(people(orchard, 6), rounds=40)
    for name in ("a", "b"):
        write_release(
            study_id="orchard", out=tmp_path / name, formats=("native", "oasst"),
            pseudonyms="stable", key=KEY, now=NOW,
        )  # fmt: skip
    for path in (tmp_path / "a").rglob("*.jsonl"):
        again = tmp_path / "b" / path.relative_to(tmp_path / "a")
        assert path.read_bytes() == again.read_bytes()
