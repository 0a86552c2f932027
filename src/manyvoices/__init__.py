"""manyvoices: human feedback on language models, from many people.

Importing this package is cheap: it pulls in neither Django nor torch. Each room is imported
by name (``from manyvoices import aggregate``), and a room says in its own docstring why it
exists, what goes in, what comes out and which rooms it may import.
"""

__version__ = "0.1.0"

__all__ = ["__version__"]
