"""Results as tables, figures and one self-contained HTML file. Computes no statistics.

In: frozen results of analyse and aggregate. Out: HTML, SVG, PNG. May import: train, evaluate and
below; never collect.
"""
