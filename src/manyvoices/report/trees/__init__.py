"""Items of the chapter on message trees, one module for each subject; computes no statistics."""
