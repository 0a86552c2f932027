"""How long a step took and how much memory the process held at most meanwhile."""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class Watch:
    """Starts when it is made. Linux forgets an earlier peak when asked to; elsewhere, and where
    that is not allowed, the peak is that of the process since its start."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        with contextlib.suppress(OSError):
            _RESET.write_text("5")  # proc(5): sets the peak to what is held now

    @property
    def seconds(self) -> float:
        """Wall time since the start."""
        return time.perf_counter() - self._started

    @property
    def peak_bytes(self) -> int:
        """Resident memory at its highest; 0 where the system does not say."""
        with contextlib.suppress(OSError):
            for line in _STATUS.read_text().splitlines():
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
        return _by_getrusage()


def _by_getrusage() -> int:
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
