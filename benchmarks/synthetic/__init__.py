"""A PRISM-shaped release made from PRISM's published marginals; no text of a real person in it."""
