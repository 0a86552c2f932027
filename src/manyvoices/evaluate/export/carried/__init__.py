"""What is copied into exported tasks: standard library alone, so that it runs in any harness."""
