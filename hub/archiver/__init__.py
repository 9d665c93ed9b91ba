"""Writes closed findings to the archive before they expire."""
