"""Checks of a user's copy of a corpus: what is missing, damaged, doubled or mixed up."""
