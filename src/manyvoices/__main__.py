"""``python -m manyvoices`` is the same program as the ``manyvoices`` command."""

from manyvoices.cli import main

if __name__ == "__main__":
    main()
