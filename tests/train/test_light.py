"""The training package without torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.train.made import example_tree

from manyvoices.io.oasst import write_trees


def test_importing_the_package_its_views_and_its_configuration_imports_no_torch() -> None:
    modules = "manyvoices.train, manyvoices.train.views, manyvoices.train.config"
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_torch_the_missing_extra_is_named() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from manyvoices.schema.errors import MissingExtraError\n"
        "from manyvoices.train.config import ModelConfig, TinyConfig\n"
        "from manyvoices.train.models import load_model\n"
        "try: load_model(ModelConfig(tiny=TinyConfig()))\n"
        "except MissingExtraError as error: sys.exit(error.extra != 'train')\n"
        "sys.exit(2)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_views_are_read_without_torch(tmp_path: Path) -> None:
    write_trees([example_tree()], tmp_path / "t.jsonl")
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from manyvoices.train.config import DataConfig\n"
        "from manyvoices.train.views import read_views\n"
        "views = read_views(DataConfig(path=sys.argv[1]))\n"
        "sys.exit(len(views.pairs()) != 3)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "t.jsonl")]
    assert subprocess.run(command, check=False).returncode == 0
