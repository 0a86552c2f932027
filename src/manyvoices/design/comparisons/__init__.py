"""The rules of comparisons: what a stage asks, which models stand side by side next, and why."""
