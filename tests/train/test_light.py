"""The training package without torch."""

from __future__ import annotations

import subprocess
import sys


def test_importing_the_package_its_views_and_its_configuration_imports_no_torch() -> None:
    modules = "manyvoices.train, manyvoices.train.views, manyvoices.train.config"
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
