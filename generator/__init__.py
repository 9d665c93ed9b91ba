"""Writes the templates and the functions' packages, and rolls them out."""
