"""The studies that this server holds, each version of a protocol kept as it was run."""
