"""Commands, one module each; the files in ``tools/`` are wrappers of a few lines."""
