"""Real threads that start together, for tests of what happens at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import connections

R = TypeVar("R")


def together(functions: Sequence[Callable[[], R]]) -> list[R | Exception]:
    """Run each function in a thread of its own; what each gave or raised, as they ended."""
    results: list[R | Exception] = []
    barrier = threading.Barrier(len(functions))

    def work(function: Callable[[], R]) -> None:
        try:
            barrier.wait()
            results.append(function())
        except Exception as error:
            results.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def at_once(functions: Sequence[Callable[[], R]]) -> list[R]:
    """As `together`, where nothing may be raised: the first error ends the test."""
    results: list[R] = []
    for result in together(functions):
        if isinstance(result, Exception):
            raise result
        results.append(result)
    return results
