"""What a report's analyses cost, one module per room; run by ``python -m benchmarks.analysis``.

A room is a module with ``main_rows(*, scale: float = 1.0) -> list[Row]``.
"""
