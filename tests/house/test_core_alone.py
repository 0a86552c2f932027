"""The core works where only the core is installed: no Django, no torch, no plotting, no frames."""

from __future__ import annotations

import subprocess
import sys

BLOCKER = '''
import sys

class Absent:
    """Stands first in line and says of each blocked package that it is not installed."""

    names = set("""
        django ninja torch transformers aiohttp gunicorn psycopg nh3 markdown_it whitenoise
        matplotlib polars pandas pyarrow great_tables jinja2 cmcrameri numba click
        sklearn umap hdbscan sentence_transformers
    """.split())

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
'''


def run_alone(program: str) -> subprocess.CompletedProcess[str]:
    """Run `program` in a fresh interpreter in which the packages of all extras are absent."""
    return subprocess.run(
        [sys.executable, "-c", BLOCKER + program], capture_output=True, text=True, check=False
    )


def test_the_blocker_blocks() -> None:
    done = run_alone("import django")
    assert done.returncode == 1
    assert "No module named 'django'" in done.stderr


def test_the_core_rooms_import_and_rank_without_any_extra() -> None:
    done = run_alone(
        """
import manyvoices
from manyvoices import aggregate, curate, design, io, schema

pairs = ["ab", "ab", "bc", "bc", "ca"]
rows = [schema.Battle(model_a=a, model_b=b, outcome=schema.Outcome.A) for a, b in pairs]
ratings = aggregate.fit(aggregate.Battles.from_rows(rows), "bradley_terry")
assert set(ratings.models) == {"a", "b", "c"}
assert not Absent.names & {name.partition(".")[0] for name in sys.modules}
print("ranked", len(ratings.models))
"""
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "ranked 3\n"


def test_the_list_of_verbs_is_shown_without_any_extra() -> None:
    done = run_alone(
        """
sys.argv = ["manyvoices", "--help"]
from manyvoices.cli import main
main()
"""
    )
    assert done.returncode == 0, done.stderr
    assert "rehearse" in done.stdout


def test_a_verb_whose_extra_is_absent_says_which_to_install() -> None:
    done = run_alone(
        """
import types
from manyvoices import cli

def serve():
    import django

sys.modules["manyvoices.cli.serve"] = types.SimpleNamespace(serve=serve)
cli.main(["serve"])
"""
    )
    assert done.returncode == 1
    assert done.stderr == (
        "manyvoices serve (django) needs a part that is not installed: "
        "pip install 'manyvoices[server]'\n"
    )
