"""The figures and chapters of a preference study's page; computes no statistics."""
